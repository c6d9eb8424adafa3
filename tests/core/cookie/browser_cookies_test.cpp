#include "crowd_confluence/cookie/browser_cookies.h"

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "crowd_confluence/cookie/cookie_names.h"
#include "harness/processes.h"
#include "support/cookie_readers.h"

using namespace crowd_confluence;

namespace {

struct Reserved {
  std::string token = "crowd.token_key";
  const CookieNames* session = &CookieNames::defaults();
  std::string prefix;
};

struct Passed {
  std::string cookies;
  std::optional<std::string> token;
};

constexpr std::size_t kGuard = 16;
constexpr char kMark = '\x5a';

/// It tells when somebody wrote behind its end.
char* allocate(void* buffer, std::size_t size) {
  auto& text = *static_cast<std::string*>(buffer);
  BOOST_TEST(text.empty());
  text.assign(size + kGuard, kMark);
  return text.data();
}

Passed let_pass(const std::string& header, const Reserved& reserved = {}) {
  const ReservedCookies names(reserved.token, reserved.session, reserved.prefix);
  std::string buffer;
  BrowserCookies cookies(names, allocate, &buffer);
  Passed passed{std::string(cookies.let_pass(header.c_str())), {}};
  BOOST_TEST((buffer.empty() || buffer.substr(header.size()) == std::string(kGuard, kMark)),
             "written behind the buffer");
  if (cookies.token()) passed.token = std::string(*cookies.token());
  return passed;
}

void check_all_dropped(const std::vector<std::string>& headers, const Reserved& reserved = {}) {
  for (const std::string& header : headers) {
    BOOST_TEST(let_pass(header, reserved).cookies == "", header);
    BOOST_TEST(let_pass("a=b; " + header + "; c=d", reserved).cookies == "a=b; c=d", header);
  }
}

void check_kept(const std::vector<std::string>& headers, const Reserved& reserved = {}) {
  for (const std::string& header : headers)
    BOOST_TEST(let_pass(header, reserved).cookies == header);
}

std::string random_text(std::mt19937& random, const std::vector<std::string>& pieces,
                        std::size_t most) {
  std::string text;
  for (std::size_t count = random() % (most + 1); count != 0; --count)
    text += pieces[random() % pieces.size()];
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(browser_cookies)

BOOST_AUTO_TEST_CASE(names_are_dropped_in_every_spelling) {
  check_all_dropped({"JSESSIONID=x",
                     "jsessionid=x",
                     "JSESSIONID",
                     "jSessionId",
                     "JSESSIONID=",
                     "%4ASESSIONID=x",
                     "%4a%53%45%53%53%49%4f%4e%49%44=x",
                     "%4ASESSIONID",
                     "%u004aSESSIONID=x",
                     "JSESSIONI%44=x",
                     "%20JSESSIONID=x",
                     "+JSESSIONID=x",
                     "JSESSIONID[0]=x",
                     "JSESSIONID[]=x",
                     "JSESSIONID[a][b]=x",
                     "JSESSIONID[=x",
                     "JSESSIONID%5B0%5D=x",
                     "JSESSIONID%00=x",
                     "JSESSIONID%00more=x",
                     "jsessionid[0]",
                     "JSESSIONID =x",
                     "JSESSIONID\t= x",
                     "\xa0JSESSIONID=x",
                     "JSESSIONID\x85=x",
                     "\"JSESSIONID\"=x",
                     "(JSESSIONID)=x"});
  check_all_dropped({"atlassian_xsrf_token=x", "Atlassian.XSRF_token=x", "atlassian xsrf token=x",
                     "atlassian[xsrf.token=x", "atlassian+xsrf+token=x", "atlassian%2Exsrf.token=x",
                     "atlassian%20xsrf_token", "__VCAP_ID  =x", "..VCAP.ID..=x", "__vcap[id__=x",
                     "AWSALBx=1", "awsalb_x[1]=1", "aws%41lb=1", "BIGipServer~a~b=1", "bigipserver",
                     "ROUTEID[x]"});
}

BOOST_AUTO_TEST_CASE(wherever_an_application_may_see_one) {
  for (const char* header :
       {"a=b JSESSIONID=x", "a=b\tJSESSIONID=x", "a JSESSIONID=x", "a=b\"JSESSIONID=x",
        "\xa0JSESSIONID=x", "\x85JSESSIONID=x", "JSESSIONID\xa0=x", "JSESSIONID \t=x",
        "\"JSESSIONID\"=x", "a=b\\JSESSIONID=x", "[JSESSIONID]=x", "a=b\x01JSESSIONID=x",
        "a==JSESSIONID=x", "JSESSIONID==JSESSIONID=x"})
    BOOST_TEST(let_pass(header).cookies == "", header);
  BOOST_TEST(let_pass("a=b,JSESSIONID=x").cookies == "a=b");
  BOOST_TEST(let_pass("a=b,JSESSIONID").cookies == "a=b");
  BOOST_TEST(let_pass("a=\"b;JSESSIONID=x\"; c=d").cookies == "a=\"b; c=d");
  BOOST_TEST(let_pass("JSESSIONID[a,b]=x; c=d").cookies == "b]=x; c=d");
}

BOOST_AUTO_TEST_CASE(other_cookies_stay_octet_by_octet) {
  check_kept({"",
              " ",
              ";",
              ";;, ,",
              "a=b",
              " a = b ;; c=d, ",
              "theme=\"dark\"; =odd; lonely; ses=1",
              "XJSESSIONID=1; JSESSIONIDX=1; JSESSIONID.app=1; JSESSIONID2",
              "theme=JSESSIONID",
              "theme=JSESSIONID; x=crowd.token_key",
              "a=b JSESSIONID",
              "my+JSESSIONID=1",
              "my%2FJSESSIONID=1",
              "last=/page;id=crowd",
              "SESSIONID[JSESSION]=1",
              "AWSAL=1",
              "prefs={\"a\":1,\"b\":[2,3]}; note=hello, JSESSIONID is a name",
              "x=%4ASESSIONID; y=%7B%22a%22%3A1%7D",
              "=",
              "==",
              "=,=;=",
              "crowd.token_key2=1",
              "caf\xc3\xa9=\xff; \x01\x02"});
}

BOOST_AUTO_TEST_CASE(neighbours_keep_what_stands_between_them) {
  BOOST_TEST(let_pass(R"(prefs={"a":1,"b":2}; JSESSIONID=x; z="a;;b")").cookies ==
             R"(prefs={"a":1,"b":2}; z="a;;b")");
  BOOST_TEST(let_pass(R"(JSESSIONID=x;q="x ; y"  ;r = s)").cookies == R"(q="x ; y"  ;r = s)");
  BOOST_TEST(let_pass(R"(q="x ,, y"; jsessionid=1,2; r=s)").cookies == R"(q="x ,, y"; r=s)");
  BOOST_TEST(let_pass(" a=b ,\tJSESSIONID=x;; c=d ; jsessionid").cookies == "a=b;; c=d");
}

// Nothing that stood behind a dropped cookie becomes a part of the value before it.
BOOST_AUTO_TEST_CASE(a_value_does_not_grow) {
  BOOST_TEST(let_pass("t=1; JSESSIONID=x, a=b; c=d").cookies == "t=1; a=b; c=d");
  BOOST_TEST(let_pass("t=1;JSESSIONID=x,JSESSIONID=y , a=b").cookies == "t=1 ; a=b");
  BOOST_TEST(let_pass("t=1, JSESSIONID=x, a=b").cookies == "t=1, a=b");
  BOOST_TEST(let_pass("t=1, JSESSIONID=x; a=b").cookies == "t=1; a=b");
}

BOOST_AUTO_TEST_CASE(a_prefix_is_a_part_of_the_name) {
  const Reserved reserved{"crowd.token_key", &CookieNames::defaults(), "confluence."};
  check_all_dropped({"confluence.JSESSIONID=x", "confluence_JSESSIONID=x", "Confluence_jsessionid",
                     "confluence[JSESSIONID=x", "confluence[JSESSIONID", "confluence JSESSIONID=x",
                     "confluence%2eJSESSIONID=x", "confluence_JSESSIONID[0]=x",
                     "%63onfluence+JSESSIONID=x", "confluence_awsalbcors=x", "crowd_token_key=x"},
                    reserved);
  check_kept({"JSESSIONID=x; AWSALB=y; jsessionid", "confluence=x", "confluence.=x",
              "confluence.JSESSIONID2=x", "xconfluence.JSESSIONID=x"},
             reserved);
  const Reserved short_prefix{"crowd.token_key", &CookieNames::defaults(), "_"};
  check_all_dropped({"_JSESSIONID=x", ".jsessionid=x", "_awsalb"}, short_prefix);
  check_kept({"JSESSIONID=x; _ga=1; __utma=2"}, short_prefix);
}

BOOST_AUTO_TEST_CASE(without_session_cookies_only_the_token_is_reserved) {
  const Reserved reserved{"crowd.token_key", nullptr, ""};
  check_kept({"JSESSIONID=x; AWSALB=y; jsessionid"}, reserved);
  check_all_dropped({"crowd_token_key=x", "Crowd.Token_Key=x", "crowd.token_key",
                     "crowd token_key=x", "crowd%2Etoken_key=x", "%63rowd.token_key=x",
                     "crowd.token_key[]=x", "crowd+token+key=x", "CROWD[TOKEN_KEY=x"},
                    reserved);
}

BOOST_AUTO_TEST_CASE(of_the_tokens_the_first_that_is_spelt_as_configured_passes) {
  struct Case {
    std::string header;
    std::string passed;
    std::optional<std::string> token;
  };
  const std::vector<Case> cases = {
      {"crowd.token_key=1", "crowd.token_key=1", "1"},
      {" crowd.token_key\t= \"1\" ; a=b", " crowd.token_key\t= \"1\" ; a=b", "\"1\""},
      {"crowd_token_key=bob; crowd.token_key=alice", "crowd.token_key=alice", "alice"},
      {"crowd.token_key=alice; crowd_token_key=bob; a=b", "crowd.token_key=alice; a=b", "alice"},
      {"Crowd.Token_Key=bob; crowd.token_key=alice", "crowd.token_key=alice", "alice"},
      {"crowd.token_key=1; crowd.token_key=2; crowd.token_key=3", "crowd.token_key=1", "1"},
      {"crowd.token_key; crowd.token_key=alice", "crowd.token_key=alice", "alice"},
      {"crowd.token_key=; crowd.token_key=alice", "crowd.token_key=", ""},
      {"a=b crowd.token_key=1", "", std::nullopt},
      {"\"crowd.token_key\"=1", "", std::nullopt},
      {"xcrowd.token_key=1", "xcrowd.token_key=1", std::nullopt},
      {"crowd.token_key", "", std::nullopt},
      {"", "", std::nullopt}};
  for (const auto& [header, passed, token] : cases) {
    const Passed seen = let_pass(header);
    BOOST_TEST(seen.cookies == passed, header << " passed as " << seen.cookies);
    BOOST_TEST((seen.token == token), header);
  }
}

BOOST_AUTO_TEST_CASE(several_headers_are_one_request) {
  const ReservedCookies names("t", &CookieNames::defaults(), "");
  std::string buffer;
  BrowserCookies cookies(names, allocate, &buffer);
  BOOST_TEST(cookies.let_pass("a=1; t=x") == "a=1; t=x");
  BOOST_TEST(cookies.let_pass("t=y; b=2") == "b=2");
  BOOST_TEST(cookies.token().value_or("") == "x");
}

BOOST_AUTO_TEST_CASE(odd_names_of_ones_own_are_reserved_too) {
  CookieNames session;
  BOOST_TEST_REQUIRE(session.add("a%41+b").has_value());
  BOOST_TEST_REQUIRE(session.add("S").has_value());
  const Reserved reserved{"t%20k", &session, ""};
  check_all_dropped({"a%41+b=1", "A%41+B", "S=1", "s", "S[0]=1"}, reserved);
  BOOST_TEST(let_pass("t%20k=1", reserved).token.value_or("") == "1");
}

// A cookie that some reader finds under a reserved name must not be found in what passes, and what
// no reader finds there is not missing.
BOOST_AUTO_TEST_CASE(no_reader_finds_a_reserved_cookie) {
  const std::vector<std::string> common = {"JSESSIONID",
                                           "jsessionid",
                                           "J",
                                           "SESSIONID",
                                           "%4A",
                                           "%4a",
                                           "%u004A",
                                           "crowd",
                                           "token",
                                           "key",
                                           "token_key",
                                           "crowd.token_key",
                                           "crowd_token_key",
                                           ".",
                                           "_",
                                           "[",
                                           "]",
                                           "[0]",
                                           "%5B",
                                           "%00",
                                           "%20",
                                           "+",
                                           "%2E",
                                           "=",
                                           "=",
                                           "=",
                                           ";",
                                           "; ",
                                           ",",
                                           ", ",
                                           " ",
                                           "\t",
                                           "\"",
                                           "\\",
                                           "\xa0",
                                           "(",
                                           "}",
                                           "a",
                                           "x=y",
                                           "$",
                                           "confluence",
                                           "; AWSALB",
                                           "%"};
  std::mt19937 random(2165);
  for (const std::string prefix : {"", "confluence.", "_"})
    for (const bool passes_cookies : {true, false}) {
      const Reserved reserved{"crowd.token_key",
                              passes_cookies ? &CookieNames::defaults() : nullptr, prefix};
      std::vector<std::string> pieces = common;
      for (int i = 0; i < 4; ++i) pieces.push_back(prefix + "JSESSIONID");
      std::size_t found = 0;
      for (int round = 0; round < (processes::kSanitized ? 500 : 5'000); ++round) {
        const std::string header = "a=b" + random_text(random, pieces, 14);
        const Passed passed = let_pass(header, reserved);
        for (const test_support::CookieReader& reader : test_support::cookie_readers()) {
          BOOST_TEST_CONTEXT(reader.name << " reads " << passed.cookies << ", sent as " << header) {
            const std::vector<std::string> tokens = reader.find(passed.cookies, reserved.token);
            BOOST_TEST(tokens.size() <= (passed.token ? 1U : 0U));
            for (const std::string session : {"JSESSIONID", "AWSALB", "atlassian.xsrf.token"}) {
              if (passes_cookies) BOOST_TEST(reader.find(passed.cookies, prefix + session).empty());
              found += reader.find(header, prefix + session).size();
            }
          }
        }
      }
      BOOST_TEST(found > (processes::kSanitized ? 10U : 100U));
    }
}

BOOST_AUTO_TEST_CASE(reading_takes_no_longer_for_odd_headers) {
  // Were it quadratic, the test would not end.
  for (const char* piece :
       {"=", " ", "\xa0", "\xa0=", "a", ";", ",", "AWSALB ", "JSESSIONID ", "AWSALB=", "%", "%4A",
        "[", "JSESSIONID[", "crowd.token_key ", "\"", "__", "JS;", "JSESSIONIDX=1;"}) {
    std::string header;
    while (header.size() < (1U << 19U)) header += piece;
    BOOST_TEST(let_pass(header).cookies.size() <= header.size());
    BOOST_TEST(let_pass(header + "=").cookies.size() <= header.size() + 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
