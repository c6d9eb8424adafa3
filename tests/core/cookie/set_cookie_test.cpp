#include "crowd_confluence/cookie/set_cookie.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "crowd_confluence/cookie/cookie_header.h"
#include "crowd_confluence/cookie/cookie_names.h"
#include "harness/recording.h"

using namespace crowd_confluence;
namespace data = boost::unit_test::data;

namespace {

/// The only cookie of the line.
SetCookie parse_one(std::string_view line) {
  const std::vector<SetCookie> cookies = parse_set_cookie(line);
  BOOST_TEST_REQUIRE(cookies.size() == 1U, "line: " << line);
  return cookies.front();
}

void check_names(std::string_view line, const std::vector<std::string>& expected) {
  std::vector<std::string> names;
  for (const SetCookie& cookie : parse_set_cookie(line)) names.emplace_back(cookie.name);
  BOOST_TEST_CONTEXT("line: " << line) {
    BOOST_TEST(names == expected, boost::test_tools::per_element());
  }
}

const char* const kRemovals[] = {
    "t=",
    "t=; Path=/",
    "t=\"\"",
    "t=\"\"; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/",
    "t=x; Max-Age=0",
    "t=x; max-age=0",
    "t=x;MAX-AGE = 0 ;Path=/",
    "t=x; Max-Age=00",
    "t=x; Max-Age=-1",
    "t=x; Max-Age=-99999999999999999999999",
    "t=\"x\"; Version=1; Max-Age=\"0\"; Path=\"/\"",
    "t=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "t=x; expires=Thu, 01-Jan-1970 00:00:10 GMT; path=/",
    "t=x; Expires=Thursday, 01-Jan-70 00:00:10 GMT",
    "t=x; Expires=Thu, 01-Jan-70 00:00:00 GMT; Path=/",
    "t=x; Expires=Friday, 31-Dec-99 23:59:59 GMT",
    "t=x; Expires=Thu Jan  1 00:00:00 1970",
    "t=x; Expires=\"Thu, 01 Jan 1970 00:00:00 GMT\"; Path=/",
    "t=x;expires=Fri, 31-Dec-1999 23:59:59 GMT",
    "t=x; Path=/; Secure; HttpOnly; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "t=; Max-Age=3600",
    "t=x; Max-Age=0; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
    "t=x; Expires=Thu, 01 Jan 2099 00:00:00 GMT; Max-Age=-1",
    "t=x; Max-Age=3600; Max-Age=0",
    "t=x; Max-Age=0; Max-Age=junk",
    "t=x; Max-Age=junk; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "t=x; Expires=Thu, 01 Jan 2099 00:00:00 GMT; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "t=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=junk",
};

const char* const kNoRemovals[] = {
    "t=x",
    "t=0",
    "t=1970",
    "t=x; Max-Age=1",
    "t=x; Max-Age=3600",
    "t=x; Max-Age=99999999999999999999999999",
    "t=x; Max-Age=junk",
    "t=x; Max-Age=",
    "t=x; Max-Age",
    "t=x; Max-Age=-",
    "t=x; Max-Age=0x10",
    "t=x; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
    "t=x; Expires=Thu, 01-Jan-2099 00:00:10 GMT; Path=/",
    "t=x; Expires=Thursday, 01-Jan-37 00:00:10 GMT",
    "t=x; Expires=Thu Jan  1 00:00:00 2099",
    "t=x; Expires=Thu, 01 Jan 2099 19:70:19 GMT",
    "t=x; Expires=",
    "t=x; Expires",
    "t=x; Expires=junk",
    "t=x; Path=/1970",
    "t=x; Comment=1970; Path=/",
    "t=x; X-Max-Age=0",
    "t=x; Max-AgeX=0",
    "t=x; Domain=max-age=0",
    "t=x; Max-Age=+0",
    "t=x; Max-Age=0s",
    "t=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=3600",
    "t=x; max-age=\"3600\"; expires=Thu, 01-Jan-1970 00:00:10 GMT",
    "t=x; Max-Age=0; Max-Age=3600",
    "t=x; Max-Age=3600; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=junk",
    "t=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
};

const std::string kNoCookies[] = {
    "",
    " ",
    ";",
    ";;;",
    ",",
    ", ,;,",
    "t",
    "t; Path=/",
    "=x",
    "=x; Path=/",
    "HttpOnly",
    "a b=x",
    "\"t\"=x",
    "t;x=1",
    "t\r\n=x",
    "\xc3\xa4=x",
    "t=a b",
    "t=a\tb",
    "t=\x01",
    "t=a\x7f",
    "t=a\r\nX-Evil: 1",
    "t=a\nb",
    "t=a\\b",
    "t=a\"b",
    "t=\"a",
    "t=a\"",
    "t=\"a b\"",
    "t=\xc3\xa4",
    std::string("t=a\0b", 5),
    std::string("t\0=a", 4),
};

}  // namespace

BOOST_AUTO_TEST_SUITE(set_cookie)

BOOST_AUTO_TEST_CASE(reads_a_usual_line) {
  const SetCookie cookie = parse_one("JSESSIONID=916B87FE; Path=/; HttpOnly");
  BOOST_TEST(cookie.name == "JSESSIONID");
  BOOST_TEST(cookie.value == "916B87FE");
  BOOST_TEST(cookie.text == "JSESSIONID=916B87FE; Path=/; HttpOnly");
  BOOST_TEST(cookie.http_only);
  BOOST_TEST(!cookie.secure);
  BOOST_TEST(!cookie.removes);
}

BOOST_AUTO_TEST_CASE(a_cookie_alone_has_no_attributes) {
  const SetCookie cookie = parse_one("a=b");
  BOOST_TEST(cookie.name == "a");
  BOOST_TEST(cookie.value == "b");
  BOOST_TEST(!cookie.http_only);
  BOOST_TEST(!cookie.secure);
}

BOOST_AUTO_TEST_CASE(reads_lower_case_attributes_without_blanks) {
  for (const char* line :
       {"JSESSIONID=5483;path=/jira;Secure;HttpOnly", "JSESSIONID=5483;path=/jira;secure;httponly",
        "JSESSIONID=5483;SECURE;HTTPONLY;PATH=/jira", " JSESSIONID = 5483 ; secure ;\thttponly "}) {
    const SetCookie cookie = parse_one(line);
    BOOST_TEST(cookie.name == "JSESSIONID");
    BOOST_TEST(cookie.value == "5483");
    BOOST_TEST(cookie.http_only, line);
    BOOST_TEST(cookie.secure, line);
  }
}

BOOST_AUTO_TEST_CASE(attributes_are_recognised_by_their_whole_name) {
  for (const char* line : {"a=HttpOnly", "a=b; HttpOnlyX", "a=b; XHttpOnly", "a=b; Path=HttpOnly",
                           "a=b; Path=/;=HttpOnly", "HttpOnly=b", "Secure=b; Path=/Secure",
                           "a=Secure", "a=b; SecureX; XSecure"}) {
    const SetCookie cookie = parse_one(line);
    BOOST_TEST(!cookie.http_only, line);
    BOOST_TEST(!cookie.secure, line);
  }
}

BOOST_AUTO_TEST_CASE(a_value_of_a_flag_changes_nothing) {
  // RFC 6265 §5.2.5 and §5.2.6: regardless of the attribute's value.
  const SetCookie cookie = parse_one("a=b; HttpOnly=false; Secure=");
  BOOST_TEST(cookie.http_only);
  BOOST_TEST(cookie.secure);
}

BOOST_AUTO_TEST_CASE(reads_same_site_and_unknown_attributes) {
  const SetCookie cookie =
      parse_one("a=b; SameSite=None; Partitioned; Priority=High; Secure; Path=/");
  BOOST_TEST(cookie.secure);
  BOOST_TEST(!cookie.http_only);
  BOOST_TEST(cookie.text.ends_with("Path=/"));
}

BOOST_AUTO_TEST_CASE(reads_path_and_domain) {
  const SetCookie none = parse_one("a=b; Secure; Path; Domain=");
  BOOST_TEST(none.path == "");
  BOOST_TEST(none.domain == "");
  const SetCookie plain = parse_one("a=b; Path=/confluence; Domain=wiki.example.com");
  BOOST_TEST(plain.path == "/confluence");
  BOOST_TEST(plain.domain == "wiki.example.com");
  const SetCookie quoted = parse_one("a=\"b\"; Version=1;path=\"/\";DOMAIN = \".Example.com\"");
  BOOST_TEST(quoted.path == "/");
  BOOST_TEST(quoted.domain == "Example.com");
  BOOST_TEST(parse_one("a=b; Path=/x; Path=/y").path == "/y");
}

BOOST_AUTO_TEST_CASE(keeps_quotes_of_a_value) {
  const SetCookie cookie = parse_one("JSESSIONID=\"ABC.node1\"; Version=1; Path=\"/confluence\"");
  BOOST_TEST(cookie.name == "JSESSIONID");
  BOOST_TEST(cookie.value == "\"ABC.node1\"");
  BOOST_TEST(!cookie.removes);
}

BOOST_AUTO_TEST_CASE(keeps_values_of_servers_and_balancers) {
  for (const std::string value :
       {"1.node1", "a==", "YWJj/+8=", ".route.1", "B0Q8-ZMV7-4JWN-VC5R|36c7309174cb|lin",
        "BGY6-VHH5-ENZN-7HYQ_d362b2ffecd6_lin", "rd1o00000000000000000000ffff0a000001o8090",
        "0d7fb731-9b1c-4786-4432-d77c", "!#$%&'()*+-./:<=>?@[]^_`{|}~"}) {
    BOOST_TEST(parse_one("a=" + value + "; Path=/").value == value);
  }
  const std::string large(8192, 'x');
  BOOST_TEST(parse_one("a=" + large).value == large);
}

BOOST_DATA_TEST_CASE(sees_removals, data::make(kRemovals), line) {
  const SetCookie cookie = parse_one(line);
  BOOST_TEST(cookie.name == "t");
  BOOST_TEST(cookie.removes);
}

BOOST_DATA_TEST_CASE(takes_nothing_else_for_a_removal, data::make(kNoRemovals), line) {
  const SetCookie cookie = parse_one(line);
  BOOST_TEST(cookie.name == "t");
  BOOST_TEST(!cookie.removes);
}

BOOST_DATA_TEST_CASE(leaves_out_what_must_not_enter_a_header, data::make(kNoCookies), line) {
  for (const SetCookie& cookie : parse_set_cookie(line)) {
    BOOST_TEST(false, "found [" << cookie.name << "]=[" << cookie.value << "]");
  }
}

BOOST_AUTO_TEST_CASE(leaves_out_one_bad_cookie_of_several) {
  check_names("a=1; Path=/, b=x y; Path=/, c=3", {"a", "c"});
  check_names("=0, a=1", {"a"});
  check_names("a=1,,b=2,", {"a", "b"});
}

BOOST_AUTO_TEST_CASE(splits_a_line_with_all_that_is_in_it) {
  const std::string line = "a=1; Path=/, =2,, b=x y; Secure, junk ; HttpOnly, c d=3";
  std::vector<std::string> texts;
  for (const SetCookie& cookie : split_set_cookie(line)) texts.emplace_back(cookie.text);
  // Behind a comma that no name follows, the cookie goes on.
  const std::vector<std::string> expected = {"a=1; Path=/, =2",
                                             "b=x y; Secure, junk ; HttpOnly, c d=3"};
  BOOST_TEST(texts == expected, boost::test_tools::per_element());

  const std::vector<SetCookie> spoilt = split_set_cookie("b=x y; Secure; Max-Age=0");
  BOOST_TEST_REQUIRE(spoilt.size() == 1U);
  BOOST_TEST(spoilt[0].name == "b");
  BOOST_TEST(spoilt[0].value == "x y");
  BOOST_TEST((spoilt[0].secure && spoilt[0].removes));
  const std::vector<SetCookie> nameless = split_set_cookie("=x; Path=/");
  BOOST_TEST_REQUIRE(nameless.size() == 1U);
  BOOST_TEST((nameless[0].name.empty() && nameless[0].value == "x"));
  const std::vector<SetCookie> bare = split_set_cookie("x; Path=/");
  BOOST_TEST_REQUIRE(bare.size() == 1U);
  BOOST_TEST((bare[0].name.empty() && bare[0].text == "x; Path=/"));
  for (const char* empty : {"", " ", ",", ", ,"}) BOOST_TEST(split_set_cookie(empty).empty());
}

BOOST_AUTO_TEST_CASE(a_comma_of_a_date_separates_nothing) {
  for (const char* date : {"Thu, 01 Jan 2099 00:00:00 GMT", "Thu, 01-Jan-2099 00:00:00 GMT",
                           "Thursday, 01-Jan-37 00:00:00 GMT", "thu,01 jan 2099 00:00:00 gmt"}) {
    for (const char* name : {"Expires=", "expires=", "EXPIRES = "}) {
      const std::string attribute = std::string(name) + date;
      check_names("a=b; " + attribute, {"a"});
      check_names("a=b; " + attribute + "; Path=/; Secure", {"a"});
      BOOST_TEST(parse_one("a=b; " + attribute + "; Path=/; Secure").secure);
    }
  }
}

BOOST_AUTO_TEST_CASE(takes_folded_lines_apart) {
  const std::string line =
      "a=1; Path=/; HttpOnly, b=2; Expires=Thu, 01 Jan 2099 00:00:00 GMT; Secure,"
      "c=\"3\"; Version=1,d=4; Expires=Thu, 01-Jan-1970 00:00:10 GMT, e=5";
  const std::vector<SetCookie> cookies = parse_set_cookie(line);
  BOOST_TEST_REQUIRE(cookies.size() == 5U);
  BOOST_TEST((cookies[0].name == "a" && cookies[0].http_only && !cookies[0].secure));
  BOOST_TEST(cookies[0].text == "a=1; Path=/; HttpOnly");
  BOOST_TEST((cookies[1].name == "b" && !cookies[1].http_only && cookies[1].secure));
  BOOST_TEST(!cookies[1].removes);
  BOOST_TEST(cookies[1].text == "b=2; Expires=Thu, 01 Jan 2099 00:00:00 GMT; Secure");
  BOOST_TEST((cookies[2].name == "c" && cookies[2].value == "\"3\""));
  BOOST_TEST(cookies[2].text == "c=\"3\"; Version=1");
  BOOST_TEST((cookies[3].name == "d" && cookies[3].removes));
  BOOST_TEST((cookies[4].name == "e" && cookies[4].value == "5" && !cookies[4].removes));
}

BOOST_AUTO_TEST_CASE(gives_removed_and_set_in_order) {
  const std::vector<SetCookie> cookies = parse_set_cookie(
      "t=\"\"; Domain=.acme.example.net; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/; Secure, "
      "t=riDSAtGzQEjEk7BOg1sLkw00; Domain=.acme.example.net; Path=/; Secure; HttpOnly");
  BOOST_TEST_REQUIRE(cookies.size() == 2U);
  BOOST_TEST(cookies[0].removes);
  BOOST_TEST(!cookies[0].http_only);
  BOOST_TEST(!cookies[1].removes);
  BOOST_TEST(cookies[1].http_only);
  BOOST_TEST(cookies[1].value == "riDSAtGzQEjEk7BOg1sLkw00");
}

BOOST_AUTO_TEST_CASE(reads_every_recorded_line) {
  std::size_t lines = 0;
  for (const char* name :
       {"confluence-302-anonymous-denied-chunked-head", "confluence-302-anonymous-denied-nmap-1",
        "confluence-302-anonymous-denied-relative-location",
        "confluence-302-anonymous-denied-x-asen-1", "confluence-rest-200-authenticated-pat",
        "jira-200-soap-xsrf-lout-anonymous", "jira-200-xsrf-underscore-form",
        "jira-403-captcha-challenge", "jira-crowdsso-204-transitionjiraissue"}) {
    for (const HttpHeader& header : parse_response(read_recording(name)).headers) {
      if (header.name != "Set-Cookie" && header.name != "set-cookie") continue;
      ++lines;
      const SetCookie cookie = parse_one(header.value);
      BOOST_TEST(
          header.value.starts_with(std::string(cookie.name) + "=" + std::string(cookie.value)));
      BOOST_TEST(cookie.text == header.value);
      BOOST_TEST(cookie.removes == (cookie.value == "\"\""));
      BOOST_TEST(cookie.http_only == (header.value.find("HttpOnly") != std::string::npos));
      BOOST_TEST(cookie.secure == (header.value.find("Secure") != std::string::npos));
    }
  }
  BOOST_TEST(lines == 14U);
}

BOOST_AUTO_TEST_CASE(views_point_into_the_line) {
  const std::string line = " a = b ; Path=/ ,\tc=\"d\"; HttpOnly,junk";
  for (const SetCookie& cookie : parse_set_cookie(line)) {
    for (const std::string_view part : {cookie.name, cookie.value, cookie.text}) {
      BOOST_TEST(
          (part.data() >= line.data() && part.data() + part.size() <= line.data() + line.size()));
    }
  }
}

BOOST_AUTO_TEST_CASE(survives_large_lines) {
  BOOST_TEST(parse_set_cookie(std::string(1U << 20U, ',')).empty());
  BOOST_TEST(parse_set_cookie(std::string(1U << 20U, ';')).empty());
  BOOST_TEST(parse_set_cookie(std::string(1U << 20U, '=')).empty());
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "a=b; expires=Thu, 01 Jan 2099 00:00:00 GMT,";
  BOOST_TEST(parse_set_cookie(many).size() == 20'000U);
  (void)parse_set_cookie("a=b; " + std::string(1U << 20U, 'x') + "=" + std::string(1U << 20U, ','));
}

BOOST_AUTO_TEST_CASE(adds_what_protects_a_cookie) {
  const std::string line = "crowd.token_key=abc00; Path=/; Domain=.example.com";
  for (const bool secure : {false, true}) {
    const std::string result = protect_cookie(line, "crowd.token_key", secure);
    BOOST_TEST(result.starts_with(line), result);
    const SetCookie cookie = parse_one(result);
    BOOST_TEST(cookie.value == "abc00");
    BOOST_TEST(cookie.http_only);
    BOOST_TEST(cookie.secure == secure);
  }
}

BOOST_AUTO_TEST_CASE(adds_only_what_is_lacking) {
  for (const std::string line :
       {"t=a; HttpOnly; Secure", "t=a;httponly;secure", "t=\"a\"; Secure; Path=/; HttpOnly"}) {
    BOOST_TEST(protect_cookie(line, "t", true) == line);
    BOOST_TEST(protect_cookie(line, "t", false) == line);
  }
  BOOST_TEST(protect_cookie("t=a; HttpOnly", "t", false) == "t=a; HttpOnly");

  const std::string secured = protect_cookie("t=a; HttpOnly", "t", true);
  BOOST_TEST(parse_one(secured).secure);
  BOOST_TEST(secured.find("HttpOnly") == secured.rfind("HttpOnly"));

  const std::string hidden = protect_cookie("t=a; Secure", "t", true);
  BOOST_TEST(parse_one(hidden).http_only);
  BOOST_TEST(hidden.find("Secure") == hidden.rfind("Secure"));
}

BOOST_AUTO_TEST_CASE(protecting_twice_changes_nothing_more) {
  for (const std::string line :
       {"t=a", "t=a;", "t=a; ", "t=\"a\"; Version=1", "t=a; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
        "t=a, u=b, t=c; Path=/", "u=b,t=a,v=c", "t=a;;", "t=a ; Path=/ ,t=b"}) {
    const std::string once = protect_cookie(line, "t", true);
    BOOST_TEST(protect_cookie(once, "t", true) == once);
    for (const SetCookie& cookie : parse_set_cookie(once)) {
      BOOST_TEST((cookie.name != "t" || (cookie.http_only && cookie.secure)), once);
    }
    BOOST_TEST(parse_set_cookie(once).size() == parse_set_cookie(line).size());
  }
}

BOOST_AUTO_TEST_CASE(leaves_other_cookies_removals_and_junk_alone) {
  for (const std::string line : {"JSESSIONID=1; Path=/",
                                 "T=a",
                                 "tt=a",
                                 "t2=a",
                                 "Path=/; t=a",
                                 "u=t; x=t=a",
                                 "",
                                 ";;;",
                                 "t",
                                 "t=",
                                 "t=; Path=/",
                                 "t=\"\"; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/",
                                 "t=x; Max-Age=0",
                                 "=t",
                                 "a b=t",
                                 "a=1,b=2",
                                 " a=1 , b=2 ",
                                 "a=1,,b=2,",
                                 ",,",
                                 "t=1; Secure;HttpOnly;,a=2"}) {
    BOOST_TEST(protect_cookie(line, "t", true) == line);
  }
}

// A browser splits at semicolons only: for it the first cookie has all that stands in the line.
BOOST_AUTO_TEST_CASE(a_comma_takes_no_protection_away) {
  const auto browser_sees = [](const std::string& line, std::string_view attribute) {
    for (std::size_t at = line.find(';'); at != line.npos; at = line.find(';', at + 1)) {
      std::string_view part = std::string_view(line).substr(at + 1);
      part = part.substr(0, part.find(';'));
      while (part.starts_with(' ')) part.remove_prefix(1);
      while (part.ends_with(' ')) part.remove_suffix(1);
      if (part == attribute) return true;
    }
    return false;
  };
  for (const std::string line :
       {"t=1; Path=/, b=c", "t=1, b=c", "t=1,b=c", "t=1; HttpOnly, b=c", "t=1; Secure;HttpOnly,a=2",
        "t=1; Path=/; Secure, b=c; HttpOnly", "t=1, b=c; HttpOnly; Secure", "t=1;,b=c", "t=1 ,",
        "t=\"1\"; Path=/,b=c,d=e", "t=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT, b=c",
        "t=1; Max-Age=0, b=c", "t=1; Path=/, t=2", "t=1, t=2; Path=/", " t=1; Path=/ , b=c"}) {
    BOOST_TEST_CONTEXT(line) {
      const std::string once = protect_cookie(line, "t", true);
      BOOST_TEST(browser_sees(once, "HttpOnly"), once);
      BOOST_TEST(browser_sees(once, "Secure"), once);
      for (const SetCookie& cookie : parse_set_cookie(once))
        BOOST_TEST((cookie.name != "t" || cookie.removes || (cookie.http_only && cookie.secure)),
                   once);
      BOOST_TEST(parse_set_cookie(once).size() == parse_set_cookie(line).size(), once);
      BOOST_TEST(protect_cookie(once, "t", true) == once);
    }
  }
}

BOOST_AUTO_TEST_CASE(tells_quickly_which_lines_may_set_a_cookie) {
  const ReservedCookies names("t.k", &CookieNames::defaults(), "");
  for (const char* line : {"t.k=1", "T_K=1; Path=/", "JSESSIONID=1", "a=b, jsessionid=1; Path=/",
                           "%4ASESSIONID=1", "JSESSIONID", "JSESSIONID; Path=/", "a=\"b,AWSALB=1\"",
                           "JSESSIONID[0]=x", " JSESSIONID =1", "\"JSESSIONID\"=1"})
    BOOST_TEST(may_set(line, names), line);
  for (const char* line : {"", "a=b", "a=JSESSIONID", "a=b; JSESSIONID=1",
                           "a=b; Expires=Thu, 01 Jan 2099 00:00:00 GMT", "a; JSESSIONID=1",
                           "JSESSIONID2=1", "XJSESSIONID=1", "a=b,, c=d", ";;;", ",", "="})
    BOOST_TEST(!may_set(line, names), line);
}

BOOST_AUTO_TEST_CASE(protects_one_of_several_in_a_folded_line) {
  const std::string line =
      "a=1; Path=/, t=; Max-Age=0; Path=/, t=2; Expires=Thu, 01 Jan 2099 00:00:00 GMT, b=3; Secure";
  const std::string result = protect_cookie(line, "t", true);
  const std::vector<SetCookie> before = parse_set_cookie(line);
  const std::vector<SetCookie> after = parse_set_cookie(result);
  BOOST_TEST_REQUIRE(before.size() == 4U);
  BOOST_TEST_REQUIRE(after.size() == 4U);
  for (const std::size_t i : {0U, 1U, 3U}) {
    BOOST_TEST(after[i].text == before[i].text);
  }
  BOOST_TEST(after[2].text.starts_with(before[2].text));
  BOOST_TEST(after[2].http_only);
  BOOST_TEST(after[2].secure);
  BOOST_TEST(!after[2].removes);
}

BOOST_AUTO_TEST_SUITE_END()
