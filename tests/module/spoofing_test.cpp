// Whatever the browser claims, only the module speaks under the names in which it passes something
// on.

#include <boost/test/unit_test.hpp>
#include <cctype>
#include <random>

#include "stage.h"

using namespace module_tests;

namespace {

// In no header of the app's request, whatever its name.
constexpr const char* kSpoofed = "spoofed-by-the-browser";

const std::vector<std::vector<std::string>> kSpoofedCookies = {
    {"Cookie: JSESSIONID=spoofed-by-the-browser"},
    {"cookie: JSESSIONID=spoofed-by-the-browser"},
    {"COOKIE: theme=dark; JSESSIONID=spoofed-by-the-browser; lang=en"},
    {"Cookie: theme=dark;JSESSIONID=spoofed-by-the-browser"},
    {"Cookie: theme=dark", "Cookie: JSESSIONID=spoofed-by-the-browser"},
    {"Cookie: JSESSIONID=spoofed-by-the-browser", "cookie: JSESSIONID=spoofed-by-the-browser"},
    {"Cookie: theme=dark, JSESSIONID=spoofed-by-the-browser"},
    {"Cookie: theme=\"dark,JSESSIONID=spoofed-by-the-browser\""},
    {"Cookie: JSESSIONID=\"spoofed-by-the-browser\""},
    {"Cookie: theme=\"dark; JSESSIONID=spoofed-by-the-browser\""},
    {"Cookie: jsessionid=spoofed-by-the-browser"},
    {"Cookie: JSessionId=spoofed-by-the-browser"},
    {"Cookie: JSESSIONID =spoofed-by-the-browser"},
    {"Cookie: JSESSIONID= spoofed-by-the-browser"},
    {"Cookie: JSESSIONID\t=\tspoofed-by-the-browser"},
    {"Cookie: $Version=1; JSESSIONID=spoofed-by-the-browser; $Path=/"},
    {"Cookie: AWSALB=spoofed-by-the-browser"},
    {"Cookie: awsalbcors=spoofed-by-the-browser; BIGipServerPool=spoofed-by-the-browser"},
    {"Cookie: atlassian.xsrf.token=spoofed-by-the-browser"},
    {"Cookie: ;;; ,JSESSIONID=spoofed-by-the-browser,;"},
    // Python's http.cookies takes blanks for the end of a cookie, and str.strip() removes more of
    // them than HTTP knows.
    {"Cookie: a=b JSESSIONID=spoofed-by-the-browser"},
    {"Cookie: a=b\tJSESSIONID=spoofed-by-the-browser"},
    {"Cookie: lonely JSESSIONID=spoofed-by-the-browser"},
    {"Cookie: \xa0JSESSIONID=spoofed-by-the-browser"},
    {"Cookie: \x85JSESSIONID=spoofed-by-the-browser"},
    {"Cookie: JSESSIONID\xa0=spoofed-by-the-browser"},
    {"Cookie: theme=dark; \"JSESSIONID\"=spoofed-by-the-browser"},
    // What stands behind a comma may look like the rest of a value and hold a cookie all the same.
    {"Cookie: a=b,= JSESSIONID=spoofed-by-the-browser"},
    {"Cookie: a=b,=JSESSIONID=spoofed-by-the-browser"},
    {"Cookie: a=b , == \"JSESSIONID=spoofed-by-the-browser"},
};

std::vector<std::vector<std::string>> prefixed(std::vector<std::vector<std::string>> requests) {
  for (auto& headers : requests)
    for (std::string& header : headers)
      for (const std::string name :
           {"JSESSIONID", "jsessionid", "JSessionId", "AWSALB", "awsalb", "BIGip", "atlassian."})
        for (std::size_t at = header.find(name); at != std::string::npos;
             at = header.find(name, at + name.size() + 5))
          header.insert(at, name == "jsessionid" ? "WIKI_" : "wiki_");
  return requests;
}

const std::vector<std::vector<std::string>> kSpoofedHeaders = {
    {"X-Confluence-Cookie: JSESSIONID=spoofed-by-the-browser"},
    {"x-confluence-cookie: JSESSIONID=spoofed-by-the-browser"},
    {"X_Confluence_Cookie: JSESSIONID=spoofed-by-the-browser"},
    {"X-Confluence_Cookie: JSESSIONID=spoofed-by-the-browser"},
    {"x_confluence-COOKIE: JSESSIONID=spoofed-by-the-browser"},
    {"X-Confluence-Cookie: a=spoofed-by-the-browser",
     "X-Confluence-Cookie: b=spoofed-by-the-browser",
     "X_CONFLUENCE_COOKIE: c=spoofed-by-the-browser"},
};

const std::vector<std::vector<std::string>> kSpoofedAddresses = {
    {"X-Forwarded-For: spoofed-by-the-browser"},
    {"x-forwarded-for: spoofed-by-the-browser"},
    {"X_Forwarded_For: spoofed-by-the-browser"},
    {"X-Forwarded_For: spoofed-by-the-browser"},
    {"X-Forwarded-For: spoofed-by-the-browser, 127.0.0.1",
     "X-Forwarded-For: spoofed-by-the-browser"},
};

struct Expected {
  std::string result;
  std::vector<std::string> headers;  // of the request, that lead to it
};

/// Each outcome in turn: how to get it, and what it is called.
std::vector<Expected> each_outcome(Stage& stage) {
  return {{"session", {stage.cookie_line("alice")}},
          {"missing", {}},
          {"rejected", {"Cookie: crowd.token_key=nobodys-token-000000000000"}},
          {"unavailable", {stage.cookie_line("alice")}}};
}

void check_that_nothing_spoofed_arrives(
    const std::string& directives, const std::vector<std::vector<std::string>>& spoofed_requests) {
  Stage stage;
  stage.start_with(directives);
  stage.httpd.log().allow("CCF001[04]: ");
  for (const Expected& expected : each_outcome(stage)) {
    stage.simulator.clear_faults();
    if (expected.result == "unavailable")
      stage.simulator.misbehave(atlassian::Server::kConfluence, atlassian::Fault::close());
    for (const std::vector<std::string>& spoofed : spoofed_requests) {
      // Before and behind the SSO cookie's line.
      for (const bool first : {true, false}) {
        std::vector<std::string> headers = expected.headers;
        headers.insert(first ? headers.begin() : headers.end(), spoofed.begin(), spoofed.end());
        BOOST_TEST_CONTEXT(expected.result << ", " << spoofed.front()) {
          BOOST_TEST(stage.get("/", headers).result() == expected.result);
          const AppRequest request = stage.seen_by_app();
          for (const auto& [name, value] : request.headers.lines)
            BOOST_TEST(value.find(kSpoofed) == std::string::npos,
                       "the app received it in " << name);
          const std::string cookies = request.headers.value("Cookie").value_or("");
          const bool had_theme = std::any_of(spoofed.begin(), spoofed.end(), [](const auto& line) {
            return line.find("theme=dark;") != std::string::npos || line == "Cookie: theme=dark";
          });
          // Not as a cookie: httpd joins several lines with a comma.
          if (had_theme) BOOST_CHECK(cookies.find("theme=dark") != std::string::npos);
        }
      }
    }
  }
}

/// Whether some application could find a JSESSIONID in it, whatever ends a cookie there and
/// whatever is trimmed. Names and values of more than these letters are not expected.
bool has_session_cookie(std::string cookies) {
  for (char& c : cookies) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string name = "jsessionid";
  for (std::size_t at = cookies.find(name); at != std::string::npos;
       at = cookies.find(name, at + 1)) {
    const bool begins = at == 0 || std::isalnum(static_cast<unsigned char>(cookies[at - 1])) == 0;
    const std::size_t behind = cookies.find_first_not_of(" \t\"(}", at + name.size());
    if (begins && behind != std::string::npos && cookies[behind] == '=') return true;
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(spoofing)

BOOST_AUTO_TEST_CASE(cookies) {
  check_that_nothing_spoofed_arrives("", kSpoofedCookies);
}

BOOST_AUTO_TEST_CASE(cookies_made_of_any_pieces) {
  Stage stage;
  stage.start_with();
  const std::vector<std::string> pieces = {"JSESSIONID", "jsessionid", "=", "=", ";",  ",",  " ",
                                           "a",          "\"",         "(", "}", "\t", "x=y"};
  std::mt19937 random(2165);
  Client client = stage.client();
  int spoofed_requests = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string cookies = "a=b";
    for (std::size_t length = random() % 24; length != 0; --length)
      cookies += pieces[random() % pieces.size()];
    client.get("/", {"Cookie: " + cookies});
    if (has_session_cookie(cookies)) ++spoofed_requests;
    const std::string received = stage.seen_by_app().headers.value("Cookie").value_or("");
    BOOST_TEST(!has_session_cookie(received), cookies << " was received as " << received);
  }
  BOOST_TEST(spoofed_requests > 100);
}

BOOST_AUTO_TEST_CASE(cookies_with_a_prefix) {
  check_that_nothing_spoofed_arrives("CrowdConfluencePassAs cookie wiki_",
                                     prefixed(kSpoofedCookies));
}

BOOST_AUTO_TEST_CASE(headers) {
  check_that_nothing_spoofed_arrives("CrowdConfluencePassAs header", kSpoofedHeaders);
}

BOOST_AUTO_TEST_CASE(addresses) {
  check_that_nothing_spoofed_arrives("", kSpoofedAddresses);
}

BOOST_AUTO_TEST_CASE(what_the_module_does_not_use_is_left_alone) {
  Stage stage;
  stage.start_with();
  const std::vector<std::string> lines = {
      "theme=\"dark\"; a=b=c; =odd; lonely; ses=1; XJSESSIONID=stays; JSESSIONIDX=stays", "lang=en",
      "JSESSIONID.app=stays", "x=\"quoted, with comma\"; y=2"};
  for (const std::string& line : lines) {
    BOOST_TEST_CONTEXT(line) {
      BOOST_TEST(stage.get("/", {"Cookie: " + line}).result() == "missing");
      const std::vector<std::string> received = stage.seen_by_app().headers.values("Cookie");
      BOOST_TEST(received == std::vector<std::string>{line}, boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(its_neighbours_stay_byte_by_byte) {
  Stage stage;
  stage.start_with();
  const std::vector<std::pair<std::string, std::string>> sent_and_received = {
      {R"(prefs={"a":1,"b":2}; JSESSIONID=x; z="a;;b")", R"(prefs={"a":1,"b":2}; z="a;;b")"},
      {R"(JSESSIONID=x;q="x ; y"  ;r = s)", R"(q="x ; y"  ;r = s)"},
      {R"(q="x ,, y"; jsessionid=1,2; r=s)", R"(q="x ,, y"; r=s)"}};
  for (const auto& [sent, received] : sent_and_received) {
    stage.get("/", {"Cookie: " + sent});
    BOOST_TEST(stage.seen_by_app().headers.value("Cookie").value_or("") == received);
  }
}

BOOST_AUTO_TEST_CASE(the_sso_cookie_is_none_but_where_confluence_reads_one) {
  Stage stage;
  stage.start_with();
  const std::string token = stage.cookie_line("alice").substr(8);
  for (const std::string& cookies : {"a=b " + token, "\xa0" + token}) {
    BOOST_TEST(stage.get("/", {"Cookie: " + cookies}).result() == "missing");
    BOOST_TEST(!stage.seen_by_app().headers.value("Cookie").has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_cookie_header_with_nothing_left_is_not_sent) {
  Stage stage;
  stage.start_with();
  BOOST_TEST(stage.get("/", {"Cookie: JSESSIONID=spoofed-by-the-browser"}).result() == "missing");
  BOOST_TEST(stage.seen_by_app().headers.values("Cookie").empty());
}

// The answer to a TRACE is the request, as it arrives at the app or, with Max-Forwards: 0, here.
BOOST_AUTO_TEST_CASE(a_trace_shows_no_session) {
  for (const std::string pass_as : {"cookie", "header"}) {
    Stage stage;
    stage.app.respond_with([](const AppRequest& request) {
      std::string lines;
      for (const auto& [name, value] : request.headers.lines) lines += name + ": " + value + "\n";
      return AppResponse{200, {"Content-Type: message/http"}, lines};
    });
    stage.start("TraceEnable On\nCrowdConfluenceURL ${CONFLUENCE}\n" +
                location("/", "CrowdConfluencePassAs " + pass_as));
    const std::string alice = stage.cookie_line("alice");
    BOOST_TEST(stage.get("/", {alice}).user() == "alice");
    BOOST_TEST(stage.exchanges() == 1U);
    stage.app.forget();
    for (const std::string forwards : {"0", "10"}) {
      BOOST_TEST_CONTEXT(pass_as << ", Max-Forwards: " << forwards) {
        const Response response = stage.client().send(
            {"TRACE",
             "/",
             {alice, "Max-Forwards: " + forwards,
              pass_as == "cookie" ? "Cookie: JSESSIONID=spoofed-by-the-browser"
                                  : "X-Confluence-Cookie: spoofed-by-the-browser"},
             {}});
        BOOST_TEST(response.status == 200);
        BOOST_TEST(response.body.find("crowd.token_key=") != std::string::npos);
        BOOST_TEST(response.body.find("JSESSIONID") == std::string::npos);
        BOOST_TEST(response.body.find("X-Confluence-Cookie") == std::string::npos);
        BOOST_TEST(response.body.find(kSpoofed) == std::string::npos);
        BOOST_TEST(response.result() == "missing");
        BOOST_TEST(response.reason() == "no-cookie");
      }
    }
    BOOST_TEST(stage.exchanges() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(each_outcome_reaches_the_app_without_a_session_but_one) {
  Stage stage;
  stage.start_with();
  stage.httpd.log().allow("CCF001[04]: ");
  for (const Expected& expected : each_outcome(stage)) {
    if (expected.result == "unavailable")
      stage.simulator.misbehave(atlassian::Server::kConfluence, atlassian::Fault::close());
    BOOST_TEST(stage.get("/", expected.headers).result() == expected.result);
    BOOST_TEST(stage.seen_by_app().cookie("JSESSIONID").size() ==
               (expected.result == "session" ? 1U : 0U));
  }
}

BOOST_AUTO_TEST_SUITE_END()
