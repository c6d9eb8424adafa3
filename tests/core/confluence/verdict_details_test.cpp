// The cookies of a proven session, and how long an ailing server asks to be left alone.

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ctime>
#include <set>
#include <string>

#include "crowd_confluence/confluence/verdict.h"
#include "harness/answers.h"
#include "harness/printing.h"

using namespace crowd_confluence;
using namespace answers;

namespace {

std::string http_date(std::chrono::seconds from_now) {
  const std::time_t when = std::time(nullptr) + from_now.count();
  std::tm utc{};
  gmtime_r(&when, &utc);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return text;
}

std::multiset<std::string> merged(std::string_view previous, const Headers& headers) {
  const Verdict verdict = judge(response(200, headers, kKnown), confluence(), kToken, previous);
  BOOST_TEST(verdict.result == Result::session);
  return cookies_of(verdict.session);
}

using Cookies = std::multiset<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(verdict_details)

BOOST_AUTO_TEST_SUITE(session_cookies)

BOOST_AUTO_TEST_CASE(only_session_cookies_are_taken) {
  BOOST_TEST(merged({}, {kSessionCookie,
                         {"Set-Cookie", "crowd.token_key=" + std::string(kToken) + "; Path=/"},
                         {"Set-Cookie", "seraph.confluence=x"},
                         {"Set-Cookie", "jsessionid=x"},
                         {"Set-Cookie", "AWSALB=1"},
                         {"Set-Cookie", "AWSALBCORS=2; SameSite=None; Secure"},
                         {"Set-Cookie", "BIGipServerpool=3.4"},
                         {"Set-Cookie", "atlassian.xsrf.token=a|b|lin"}}) ==
             (Cookies{"JSESSIONID=A1", "AWSALB=1", "AWSALBCORS=2", "BIGipServerpool=3.4",
                      "atlassian.xsrf.token=a|b|lin"}));
}

BOOST_AUTO_TEST_CASE(the_cookies_are_a_cookie_header) {
  const Verdict verdict = judged(200, {kSessionCookie, {"Set-Cookie", "ROUTEID=.n1"}}, kKnown);
  const std::string cookies(verdict.session.cookies());
  BOOST_TEST((cookies == "JSESSIONID=A1; ROUTEID=.n1" || cookies == "ROUTEID=.n1; JSESSIONID=A1"));
}

BOOST_AUTO_TEST_CASE(the_last_of_several_counts) {
  BOOST_TEST(merged({}, {{"Set-Cookie", "JSESSIONID=1"}, {"Set-Cookie", "JSESSIONID=2"}}) ==
             Cookies{"JSESSIONID=2"});
  BOOST_TEST(merged({}, {{"Set-Cookie", "JSESSIONID=\"\"; Max-Age=0"},
                         {"Set-Cookie", "JSESSIONID=2"}}) == Cookies{"JSESSIONID=2"});
  BOOST_TEST(merged({}, {{"Set-Cookie",
                          "JSESSIONID=; Expires=Thu, 01-Jan-1970 00:00:10 GMT, JSESSIONID=2"}}) ==
             Cookies{"JSESSIONID=2"});
}

BOOST_AUTO_TEST_CASE(set_and_then_removed_is_gone) {
  check_refusal(judged(200, {kSessionCookie, {"Set-Cookie", "JSESSIONID=; Max-Age=0"}}, kKnown),
                Result::unavailable, Reason::no_session_cookie);
  check_refusal(judge(response(200, {{"Set-Cookie", "JSESSIONID=\"\"; Path=/"}}, kKnown),
                      confluence(), kToken, "JSESSIONID=A0"),
                Result::unavailable, Reason::no_session_cookie);
}

BOOST_AUTO_TEST_CASE(a_removal_with_another_path_or_domain_is_another_cookies) {
  const std::pair<const char*, const char*> others[] = {
      {"JSESSIONID=S2; Path=/confluence", "JSESSIONID=; Max-Age=0; Path=/"},
      {"JSESSIONID=S2; Path=/confluence", "JSESSIONID=x; Max-Age=0; Path=/Confluence"},
      {"JSESSIONID=S2; Path=/", "JSESSIONID=\"\"; Domain=example.com; Path=/"},
      {"JSESSIONID=S2; Path=/; Domain=example.com", "JSESSIONID=; Path=/"},
      {"JSESSIONID=S2", "JSESSIONID=; Max-Age=0; Path=/"},
  };
  for (const auto& [set, removal] : others) {
    BOOST_TEST_CONTEXT(set << " and " << removal) {
      BOOST_TEST(merged({}, {{"Set-Cookie", set}, {"Set-Cookie", removal}}) ==
                 Cookies{"JSESSIONID=S2"});
      BOOST_TEST(merged("JSESSIONID=A0", {{"Set-Cookie", removal}, {"Set-Cookie", set}}) ==
                 Cookies{"JSESSIONID=S2"});
    }
  }
  const std::pair<const char*, const char*> same[] = {
      {"JSESSIONID=S2; Path=/confluence", "JSESSIONID=; Max-Age=0; path=\"/confluence\""},
      {"JSESSIONID=S2; Path=/; Domain=example.com", "JSESSIONID=; Path=/; Domain=.Example.com"},
      {"JSESSIONID=S2; Path=/x; Domain=example.com", "JSESSIONID=; Max-Age=0"},
  };
  for (const auto& [set, removal] : same) {
    BOOST_TEST_CONTEXT(set << " and " << removal) {
      check_refusal(judged(200, {{"Set-Cookie", set}, {"Set-Cookie", removal}}, kKnown),
                    Result::unavailable, Reason::no_session_cookie);
    }
  }
  // Of what was sent along nobody knows the path.
  check_refusal(judge(response(200, {{"Set-Cookie", "JSESSIONID=; Max-Age=0; Path=/x"}}, kKnown),
                      confluence(), kToken, "JSESSIONID=A0"),
                Result::unavailable, Reason::no_session_cookie);
  // A later one takes the place of an earlier one, whatever its path.
  BOOST_TEST(merged({}, {{"Set-Cookie", "JSESSIONID=1; Path=/a"},
                         {"Set-Cookie", "JSESSIONID=2; Path=/b"},
                         {"Set-Cookie", "JSESSIONID=; Max-Age=0; Path=/a"}}) ==
             Cookies{"JSESSIONID=2"});
}

BOOST_AUTO_TEST_CASE(a_balancers_cookie_that_is_left_out_is_named) {
  const auto left_out = [](const char* line) {
    const Verdict verdict = judged(200, {kSessionCookie, {"Set-Cookie", line}}, kKnown);
    BOOST_TEST(verdict.result == Result::session);
    return verdict.left_out_balancer;
  };
  BOOST_TEST(left_out("wiki-sticky=n1; Path=/") == "wiki-sticky");
  BOOST_TEST(left_out("a=b; Path=/, NSC_wiki=n1") == "NSC_wiki");
  for (const char* line :
       {"ROUTEID=.n1", "AWSALBCORS=x", "wiki-sticky=; Max-Age=0", "seraph.confluence=x",
        "confluence.browse.space.cookie=x", "jsessionid=x", "wiki sticky=x"})
    BOOST_TEST(left_out(line) == "", line);
  BOOST_TEST(judged(200, {kSessionCookie, {"Set-Cookie", "lb=1"}}, kAnonymous).left_out_balancer ==
             "");
}

BOOST_AUTO_TEST_CASE(of_too_many_the_required_one_stays) {
  Headers headers;
  for (int i = 0; i < 100; ++i)
    headers.push_back({"Set-Cookie", "AWSALB" + std::to_string(i) + "=1"});
  headers.push_back(kSessionCookie);
  const Cookies last = merged({}, headers);
  BOOST_TEST(last.size() == 32U);
  BOOST_TEST(last.count("JSESSIONID=A1") == 1U);
  std::swap(headers.front(), headers.back());
  const Cookies first = merged("ROUTEID=.n1", headers);
  BOOST_TEST(first.size() == 32U);
  BOOST_TEST(first.count("JSESSIONID=A1") == 1U);
  BOOST_TEST(first.count("ROUTEID=.n1") == 1U);

  ConfluenceSettings settings = confluence();
  settings.session_cookies = CookieNames();
  BOOST_TEST(settings.session_cookies.add("AWSALB*").has_value());
  BOOST_TEST(
      cookies_of(judge(response(200, headers, kKnown), settings, kToken, {}).session).size() ==
      32U);
}

BOOST_AUTO_TEST_CASE(what_was_sent_along_stays) {
  BOOST_TEST(merged("JSESSIONID=A0; ROUTEID=.n1", {}) == (Cookies{"JSESSIONID=A0", "ROUTEID=.n1"}));
  BOOST_TEST(merged("JSESSIONID=A0; ROUTEID=.n1", {kSessionCookie}) ==
             (Cookies{"JSESSIONID=A1", "ROUTEID=.n1"}));
  BOOST_TEST(merged("JSESSIONID=A0", {{"Set-Cookie", "ROUTEID=.n2"}}) ==
             (Cookies{"JSESSIONID=A0", "ROUTEID=.n2"}));
  BOOST_TEST(merged("JSESSIONID=A0; ROUTEID=.n1", {{"Set-Cookie", "ROUTEID=; Max-Age=0"}}) ==
             Cookies{"JSESSIONID=A0"});
  BOOST_TEST(merged("JSESSIONID=A0; AWSALB=1; AWSALBCORS=1",
                    {{"Set-Cookie", "AWSALB=2"}, {"Set-Cookie", "AWSALBCORS=2"}}) ==
             (Cookies{"JSESSIONID=A0", "AWSALB=2", "AWSALBCORS=2"}));
}

BOOST_AUTO_TEST_CASE(a_refusal_has_no_session_whatever_was_sent_along) {
  check_refusal(judge(response(200, {}, kAnonymous), confluence(), kToken, "JSESSIONID=A0"),
                Result::rejected, Reason::anonymous);
  check_refusal(judge(response(503, {}), confluence(), kToken, "JSESSIONID=A0"),
                Result::unavailable, Reason::server_error);
}

BOOST_AUTO_TEST_CASE(a_dead_session_cookie_says_nothing_of_the_token) {
  // The session that was sent along has ended in between; the token may be as good as ever.
  const std::string body =
      R"({"message":"os_authType was 'any' and an invalid cookie was sent.","status-code":401})";
  BOOST_TEST(judge(response(401, {}, body), confluence(), kToken, "JSESSIONID=A0").result ==
             Result::unavailable);
}

BOOST_AUTO_TEST_CASE(quoted_values_stay_usable) {
  BOOST_TEST(merged({}, {{"Set-Cookie", "JSESSIONID=\"A1.node1\"; Version=1; Path=\"/\""}}) ==
             Cookies{"JSESSIONID=\"A1.node1\""});
}

BOOST_AUTO_TEST_CASE(session_cookies_can_be_others) {
  ConfluenceSettings settings = confluence();
  settings.session_cookies = CookieNames();
  BOOST_TEST(settings.session_cookies.add("WIKISESSION").has_value());
  BOOST_TEST(settings.session_cookies.add("lb-*").has_value());
  const auto says = [&](const Headers& headers) {
    return judge(response(200, headers, kKnown), settings, kToken, {});
  };
  check_refusal(says({kSessionCookie}), Result::unavailable, Reason::no_session_cookie);
  BOOST_TEST(cookies_of(says({kSessionCookie,
                              {"Set-Cookie", "WIKISESSION=9"},
                              {"Set-Cookie", "lb-a=1"},
                              {"Set-Cookie", "lb=1"}})
                            .session) == (Cookies{"WIKISESSION=9", "lb-a=1"}));
}

BOOST_AUTO_TEST_CASE(invalid_values_never_get_in) {
  for (const char* value : {"A B", "A\x01", "A\\B", "\"A", "\xc3\xa4", "A\r\nX-Evil: 1"}) {
    check_refusal(
        judged(200, {{"Set-Cookie", "JSESSIONID=" + std::string(value) + "; Path=/"}}, kKnown),
        Result::unavailable, Reason::no_session_cookie);
    BOOST_TEST(merged({}, {kSessionCookie, {"Set-Cookie", "ROUTEID=" + std::string(value)}}) ==
               Cookies{"JSESSIONID=A1"});
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_too_large) {
  const std::string large(Session::kCapacity, 'x');
  check_refusal(judged(200, {{"Set-Cookie", "JSESSIONID=" + large}}, kKnown), Result::unavailable,
                Reason::too_large);
  check_refusal(judged(200, {kSessionCookie, {"Set-Cookie", "AWSALB=" + large}}, kKnown),
                Result::unavailable, Reason::too_large);
  const Verdict name =
      judged(200, {kSessionCookie}, R"({"type":"known","username":")" + large + R"("})");
  BOOST_TEST(name.result == Result::unavailable);
  BOOST_TEST(name.session.empty());
}

BOOST_AUTO_TEST_CASE(a_session_that_just_fits_is_taken) {
  const std::size_t room = Session::kCapacity - std::string_view("aliceJSESSIONID=").size();
  const Verdict fits =
      judged(200, {{"Set-Cookie", "JSESSIONID=" + std::string(room, 'x')}}, kKnown);
  check_session(fits, Reason::known, "alice");
  const Verdict too_large =
      judged(200, {{"Set-Cookie", "JSESSIONID=" + std::string(room + 1, 'x')}}, kKnown);
  check_refusal(too_large, Result::unavailable, Reason::too_large);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(what_happened)

BOOST_AUTO_TEST_CASE(is_one_users_trouble_perhaps_with_a_500_only) {
  for (const int status : {200, 302, 401, 403, 404, 429, 501, 502, 503, 504})
    BOOST_TEST(!judged(status, {}).may_concern_one_user, status);
  BOOST_TEST(judged(500, {}).may_concern_one_user);
}

BOOST_AUTO_TEST_CASE(is_told_with_an_encoding_that_nobody_asked_for) {
  BOOST_TEST(judged(200, {{"Content-Encoding", "gzip"}}, "\x1f\x8b").detail ==
             "HTTP status 200, encoded as gzip");
  BOOST_TEST(judged(200, {{"Content-Encoding", "line\r\nbreak"}}, "x").detail == "HTTP status 200");
  BOOST_TEST(judged(404, {}).detail == "HTTP status 404");
}

BOOST_AUTO_TEST_CASE(is_told_with_the_type_of_the_content) {
  BOOST_TEST(judged(404, {{"Content-Type", "text/html;charset=UTF-8"}}, "<html>").detail ==
             "HTTP status 404, text/html");
  BOOST_TEST(judged(200, {{"Content-Type", "text/html"}, {"Content-Encoding", "br"}}).detail ==
             "HTTP status 200, text/html, encoded as br");
  for (const char* type : {"", "text", "text/", "/html", "te\r\nxt/html", "text/ht ml", ";",
                           "text/html, text/plain", "\x1b[2J/html"})
    BOOST_TEST(judged(404, {{"Content-Type", type}}).detail == "HTTP status 404", type);
  BOOST_TEST(judged(404, {{"Content-Type", "text/" + std::string(9'000, 'x')}}).detail ==
             "HTTP status 404");
}

BOOST_AUTO_TEST_CASE(is_told_with_the_place_a_redirect_leads_to) {
  const std::pair<const char*, const char*> places[] = {
      {"https://sso.example.net/login?next=secret", "https://sso.example.net/login"},
      {"https://sso.example.net:8443", "https://sso.example.net:8443/"},
      {"https://bob:secret@sso.example.net/#secret", "https://sso.example.net/"},
      {"//sso.example.net/x;jsessionid=secret", "https://sso.example.net/x"},
      {"/johnson/errors.action", "https://wiki.example.com/johnson/errors.action"},
  };
  for (const auto& [location, place] : places) {
    for (const int status : {301, 302, 303, 307, 308})
      BOOST_TEST(judged(status, {{"Location", location}}).detail ==
                 "HTTP status " + std::to_string(status) + " to " + place);
  }
  for (const char* location : {"", "mailto:x@y", "\x01", "http:", "/\\sso.example.net/x"})
    BOOST_TEST(judged(302, {{"Location", location}}).detail == "HTTP status 302 to no usable URL",
               location);
  BOOST_TEST(judged(302, {}).detail == "HTTP status 302");
  BOOST_TEST(judged(200, {{"Location", "/x"}}).detail == "HTTP status 200");
  const std::string token(kToken);
  BOOST_TEST(judged(302, {{"Location", "/x/" + token + "/y"}}).detail ==
             "HTTP status 302 to https://wiki.example.com/...");
  BOOST_TEST(judged(302, {{"Location", "/" + std::string(60'000, 'x')}}).detail.size() < 300U);
  BOOST_TEST(judged(302, {{"Location", "http://" + std::string(60'000, 'x')}}).detail.size() <
             500U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(retry_after)

BOOST_AUTO_TEST_CASE(seconds_are_read) {
  for (const int status : {429, 503}) {
    const Verdict verdict = judged(status, {{"Retry-After", "30"}});
    BOOST_TEST_REQUIRE(verdict.retry_after.has_value());
    BOOST_TEST(verdict.retry_after->count() == 30);
  }
  BOOST_TEST(judged(429, {{"retry-after", "86400"}}).retry_after.value().count() == 86'400);
}

BOOST_AUTO_TEST_CASE(nothing_asked_is_nothing_said) {
  BOOST_TEST(!judged(429, {}).retry_after.has_value());
  BOOST_TEST(!judged(200, {kSessionCookie}, kKnown).retry_after.has_value());
  // Rate limiting sends it on every answer.
  const Verdict ordinary = judged(200, {kSessionCookie, {"Retry-After", "0"}}, kKnown);
  BOOST_TEST(ordinary.result == Result::session);
  BOOST_TEST(ordinary.retry_after.value_or(std::chrono::seconds(0)).count() == 0);
}

BOOST_AUTO_TEST_CASE(a_date_is_read) {
  const Verdict verdict = judged(503, {{"Date", http_date(std::chrono::seconds(0))},
                                       {"Retry-After", http_date(std::chrono::seconds(600))}});
  BOOST_TEST_REQUIRE(verdict.retry_after.has_value());
  BOOST_TEST(verdict.retry_after->count() > 590);
  BOOST_TEST(verdict.retry_after->count() <= 600);
}

BOOST_AUTO_TEST_CASE(a_date_in_the_past_is_no_wait) {
  const Verdict verdict = judged(503, {{"Date", http_date(std::chrono::seconds(0))},
                                       {"Retry-After", "Thu, 01 Jan 1970 00:00:00 GMT"}});
  BOOST_TEST(verdict.retry_after.value_or(std::chrono::seconds(0)).count() == 0);
}

BOOST_AUTO_TEST_CASE(nonsense_is_left_out) {
  for (const std::string& value :
       {std::string("9223372036854775807"), std::string("18446744073709551616"),
        std::string("99999999999999999999999999999"), std::string("86401"), std::string("-5"),
        std::string(""), std::string("junk"), std::string("30s"), std::string("1e3"),
        std::string("3.5"), std::string("0x10"), std::string("30, 40"), std::string("--30"),
        std::string("Wed, 21 Oct 2099 07:28:00 GMT"), std::string("Foo, 99 Bar 2099 99:99:99 GMT"),
        std::string(100'000, '9')}) {
    const Verdict verdict = judged(429, {{"Retry-After", value}});
    BOOST_TEST(verdict.reason == Reason::rate_limited);
    BOOST_TEST(!verdict.retry_after.has_value(), value.substr(0, 40) << " gave a time");
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
