// What a broken or lying server can put into an answer.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

#include "crowd_confluence/confluence/verdict.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "crowd_confluence/http/client.h"
#include "harness/answers.h"
#include "harness/printing.h"

using namespace crowd_confluence;
using namespace answers;

namespace {

Verdict body(std::string text) {
  return judged(200, {kSessionCookie}, std::move(text));
}

void check_says_nothing(const Verdict& verdict) {
  BOOST_TEST(verdict.result == Result::unavailable);
  BOOST_TEST(verdict.reason == Reason::unexpected_answer);
  BOOST_TEST(verdict.session.empty());
}

bool is_reason_of(Reason reason, Result result) {
  switch (result) {
    case Result::session:
      return reason <= Reason::seraph;
    case Result::missing:
      return false;
    case Result::rejected:
      return reason >= Reason::anonymous && reason <= Reason::not_permitted;
    case Result::unavailable:
      return reason >= Reason::timeout;
  }
  return false;
}

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verdict_hostile)

BOOST_AUTO_TEST_CASE(deep_json_is_not_followed) {
  for (const std::size_t depth : {1'000U, 100'000U}) {
    check_says_nothing(body(std::string(depth, '[')));
    check_says_nothing(body(std::string(depth, '[') + std::string(depth, ']')));
    std::string objects;
    for (std::size_t i = 0; i < depth; ++i) objects += "{\"a\":";
    check_says_nothing(body(objects));
    check_says_nothing(body("{\"type\":\"known\",\"a\":" + objects));
  }
}

BOOST_AUTO_TEST_CASE(large_json_is_read) {
  const std::string padding(HttpClient::kMaxBodyBytes - kKnown.size(), ' ');
  BOOST_TEST(body(padding + kKnown).result == Result::session);
  std::string members;
  while (members.size() < HttpClient::kMaxBodyBytes / 2) {
    members += "\"k" + std::to_string(members.size()) + "\":[1,2,{}],";
  }
  BOOST_TEST(body("{" + members + "\"type\":\"known\",\"username\":\"alice\"}").result ==
             Result::session);
  BOOST_TEST(body("{" + members + "\"type\":\"anonymous\"}").result == Result::rejected);
}

BOOST_AUTO_TEST_CASE(broken_json_proves_nothing) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "{\"type\"",
                           "{\"type\":\"known\"",
                           "{\"type\":\"known\",}",
                           "{\"type\":\"known\"} x",
                           "{\"type\":\"known\"}{\"type\":\"anonymous\"}",
                           "{'type':'known'}",
                           "{type:known}",
                           "\"type\":\"known\"",
                           "type=known",
                           "known",
                           "{\"type\":\"known}",
                           "{\"type\":\"known\" \"username\":\"alice\"}",
                           "/* */{\"type\":\"known\"}",
                           "{\"type\":\"kn\nown\"}",
                           "{\"type\":\"\\x6bnown\"}",
                           "{\"type\":\"anonymous\"",
                           "nul",
                           "-",
                           "1e",
                           "\"\\u12\""}) {
    BOOST_TEST_CONTEXT(text) {
      check_says_nothing(body(text));
    }
  }
  check_says_nothing(body(std::string("{\"type\":\"known\"}\0", 17)));
  check_says_nothing(body(std::string("\0{\"type\":\"known\"}", 17)));
}

BOOST_AUTO_TEST_CASE(without_the_field_nothing_is_said) {
  for (const char* text : {"null", "true", "1", "\"known\"", "[]", "{}", "[\"type\",\"known\"]",
                           "[{\"type\":\"known\"}]", "{\"type\":null}", "{\"type\":[\"known\"]}",
                           "{\"type\":{\"known\":true}}", "{\"type\":{\"type\":\"known\"}}",
                           "{\"a\":{\"type\":\"known\"}}", "{\"Type\":\"known\"}",
                           "{\"type \":\"known\"}", "{\"type\\u0000\":\"known\"}"}) {
    BOOST_TEST_CONTEXT(text) {
      check_says_nothing(body(text));
    }
  }
}

BOOST_AUTO_TEST_CASE(only_the_very_value_is_a_proof) {
  for (const char* value : {"true", "1", "\"Known\"", "\"KNOWN\"", "\"known \"", "\" known\"",
                            "\"unknown\"", "\"\"", "\"known\\u0000\"", "\"k\\u006eow\""}) {
    const Verdict verdict = body("{\"username\":\"alice\",\"type\":" + std::string(value) + "}");
    BOOST_TEST(verdict.result != Result::session, value);
    BOOST_TEST(verdict.session.empty(), value);
  }
}

BOOST_AUTO_TEST_CASE(a_name_of_a_wrong_type_is_no_name) {
  for (const char* name : {"null", "1", "true", "[\"alice\"]", "{\"alice\":1}"}) {
    const Verdict verdict = body("{\"type\":\"known\",\"username\":" + std::string(name) + "}");
    BOOST_TEST(verdict.session.user() == "", name);
  }
}

BOOST_AUTO_TEST_CASE(a_later_anonymous_undoes_known) {
  BOOST_TEST(body(R"({"type":"known","username":"alice","type":"anonymous"})").result !=
             Result::session);
}

BOOST_AUTO_TEST_CASE(the_last_of_two_names_counts_or_none) {
  const Verdict verdict = body(R"({"type":"known","username":"alice","username":"bob"})");
  BOOST_TEST(verdict.session.user() != "alice");
}

BOOST_AUTO_TEST_CASE(invalid_utf8_proves_nothing) {
  for (const char* bytes : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
    check_says_nothing(body("{\"type\":\"known\",\"username\":\"" + std::string(bytes) + "\"}"));
    check_says_nothing(body("{\"type\":\"known\",\"x\":\"" + std::string(bytes) + "\"}"));
  }
  check_says_nothing(body("{\"type\":\"known\",\"username\":\"\\ud800\"}"));
}

BOOST_AUTO_TEST_CASE(a_name_with_control_characters_is_nobodys) {
  // Neither may they enter a variable or a header, nor may leaving them out make another name.
  for (const char* name : {"alice\\r\\nX-Evil: 1", "alice\\n", "\\u0000alice", "ali\\u0000ce",
                           "alice\\u007f", "\\talice", "alice\\u001b[2J"}) {
    const Verdict verdict = body("{\"type\":\"known\",\"username\":\"" + std::string(name) + "\"}");
    BOOST_TEST(verdict.session.user() == "", name);
  }
  for (const std::string& name : {std::string("ali\tce"), std::string("alice\x7f"),
                                  std::string("ali\0ce", 6), std::string("alice\r\nX: y")}) {
    const Verdict verdict =
        judged(200, {kSessionCookie, {"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", name}});
    BOOST_TEST(verdict.session.user() == "");
  }
}

BOOST_AUTO_TEST_CASE(details_are_fit_for_a_log_and_tell_no_secret) {
  const std::string token(kToken);
  const std::vector<Verdict> verdicts{
      judged(302, {{"Location", "https://x.example/" + token + "?JSESSIONID=s3cret"},
                   {"Set-Cookie", "JSESSIONID=s3cret"}}),
      judged(302, {{"Location", "/x\r\nevil\x1b[2J;jsessionid=s3cret"}}),
      judged(500, {{"Set-Cookie", "JSESSIONID=s3cret"}}, token + " s3cret\r\nevil"),
      judged(200, {{"Set-Cookie", "JSESSIONID=s3cret s3cret"}}, kKnown),
      judged(200, {{"Set-Cookie", "JSESSIONID=s3cret"}}, "<html>" + token + " s3cret"),
      judged(403, {}, token + " s3cret"),
      judged(429, {{"Retry-After", "s3cret\r\n"}}),
  };
  for (const Verdict& verdict : verdicts) {
    BOOST_TEST(verdict.result == Result::unavailable);
    BOOST_TEST(verdict.detail.find(kToken) == std::string::npos, verdict.detail);
    BOOST_TEST(verdict.detail.find("s3cret") == std::string::npos, verdict.detail);
    BOOST_TEST(!has_controls(verdict.detail));
    BOOST_TEST(verdict.detail.size() < 1000U);
  }
}

BOOST_AUTO_TEST_CASE(whatever_comes_the_verdict_is_whole) {
  const std::vector<std::string> bodies{"", kKnown, kAnonymous, "{}", "<html>", "[[[", "null"};
  const std::vector<std::pair<std::string, std::string>> headers{
      kSessionCookie,
      {"Set-Cookie", "JSESSIONID=; Max-Age=0"},
      {"Set-Cookie", "JSESSIONID=a b"},
      {"Set-Cookie", "ROUTEID=.n1, AWSALB=x; Secure"},
      {"Set-Cookie", "crowd.token_key=" + std::string(kToken)},
      {"X-Seraph-LoginReason", "OK"},
      {"X-Seraph-LoginReason", "OUT"},
      {"X-Seraph-LoginReason", "AUTHENTICATION_DENIED"},
      {"X-AUSERNAME", "alice"},
      {"X-AUSERNAME", "anonymous"},
      {"Location", "/login.action"},
      {"Location", "/elsewhere"},
      {"Retry-After", "5"},
      {"WWW-Authenticate", "Basic realm=x"},
      {"", ""},
  };
  const std::vector<int> statuses{0, 200, 201, 204, 302, 307, 400, 401, 403, 404, 429, 500, 503};
  const std::vector<std::string> previous{"", "JSESSIONID=A0", "ROUTEID=.n0; JSESSIONID=A0"};
  std::mt19937 random(2);
  const auto any = [&random](const auto& of) { return of[random() % of.size()]; };
  std::size_t sessions = 0;
  for (int round = 0; round < 20'000; ++round) {
    Headers chosen;
    for (std::size_t count = random() % 5; count > 0; --count) chosen.push_back(any(headers));
    const HttpResponse answer = response(any(statuses), chosen, any(bodies));
    const Verdict verdict = judge(answer, confluence(), kToken, any(previous));

    BOOST_TEST_REQUIRE(is_reason_of(verdict.reason, verdict.result));
    BOOST_TEST_REQUIRE(verdict.session.empty() == (verdict.result != Result::session));
    if (verdict.result != Result::session) continue;
    ++sessions;
    bool has_required = false;
    for (CookieScanner scanner(verdict.session.cookies()); scanner.next();) {
      const Cookie cookie = scanner.cookie();
      has_required = has_required || cookie.name == "JSESSIONID";
      BOOST_TEST_REQUIRE(is_cookie_name(cookie.name));
      BOOST_TEST_REQUIRE(is_cookie_value(cookie.value));
      BOOST_TEST_REQUIRE(CookieNames::defaults().contains(cookie.name));
    }
    BOOST_TEST_REQUIRE(has_required);
    const bool seraph_ok = std::any_of(chosen.begin(), chosen.end(),
                                       [](const auto& header) { return header.second == "OK"; });
    BOOST_TEST_REQUIRE((answer.body == kKnown || seraph_ok));
  }
  BOOST_TEST(sessions > 100U);
}

BOOST_AUTO_TEST_SUITE_END()
