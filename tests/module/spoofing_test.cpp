// Whatever the browser claims, only the module speaks under the names in which it passes something
// on.

#include <boost/test/unit_test.hpp>
#include <cctype>
#include <random>

#include "stage.h"
#include "support/cookie_readers.h"

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
    // CGI.pm, older PHP and Rack decode names.
    {"Cookie: %4ASESSIONID=spoofed-by-the-browser"},
    {"Cookie: %u004ASESSIONID=spoofed-by-the-browser"},
    {"Cookie: a=b; JSESSIONI%44=spoofed-by-the-browser"},
    {"Cookie: JSESSIONID%00=spoofed-by-the-browser"},
    {"Cookie: %20JSESSIONID=spoofed-by-the-browser"},
    // PHP makes variables of names.
    {"Cookie: JSESSIONID[0]=spoofed-by-the-browser"},
    {"Cookie: JSESSIONID[]=spoofed-by-the-browser; JSESSIONID[a=spoofed-by-the-browser"},
    {"Cookie: JSESSIONID%5B0%5D=spoofed-by-the-browser"},
    {"Cookie: atlassian_xsrf_token=spoofed-by-the-browser"},
    {"Cookie: atlassian xsrf.token=spoofed-by-the-browser"},
    {"Cookie: atlassian[xsrf.token=spoofed-by-the-browser"},
    {"Cookie: AWSALB[x]=spoofed-by-the-browser"},
};

std::vector<std::vector<std::string>> prefixed(std::vector<std::vector<std::string>> requests) {
  for (auto& headers : requests)
    for (std::string& header : headers)
      for (const std::string name :
           {"JSESSIONID", "jsessionid", "JSessionId", "AWSALB", "awsalb", "BIGip", "atlassian.",
            "atlassian_", "atlassian xsrf", "atlassian[", "%4ASESSIONID", "%u004ASESSIONID",
            "JSESSIONI%44"})
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
    {"X.Confluence.Cookie: JSESSIONID=spoofed-by-the-browser"},
    {"X~Confluence~Cookie: JSESSIONID=spoofed-by-the-browser"},
    {"x!confluence|cookie: JSESSIONID=spoofed-by-the-browser",
     "X^Confluence`Cookie: JSESSIONID=spoofed-by-the-browser"},
};

std::vector<std::vector<std::string>> spoofed_addresses() {
  std::vector<std::vector<std::string>> requests = {
      {"X-Forwarded-For: spoofed-by-the-browser, 127.0.0.1",
       "X-Forwarded-For: spoofed-by-the-browser"},
      {"Forwarded: for=spoofed-by-the-browser;proto=https, for=127.0.0.1"},
      {"X-Real-IP: 127.0.0.1, spoofed-by-the-browser"}};
  for (const char* name : {"X-Forwarded-For",
                           "x-forwarded-for",
                           "X_Forwarded_For",
                           "X-Forwarded_For",
                           "X.Forwarded.For",
                           "X~Forwarded~For",
                           "Forwarded",
                           "X-Forwarded",
                           "Forwarded-For",
                           "X-Original-Forwarded-For",
                           "X-Forwarded-For-Original",
                           "X-Real-IP",
                           "X_Real_IP",
                           "x.real.ip",
                           "X-RealIP",
                           "X-Real-Client-IP",
                           "True-Client-IP",
                           "CF-Connecting-IP",
                           "CF-Connecting-IPv6",
                           "CF-Pseudo-IPv4",
                           "X-Client-IP",
                           "X-ClientIP",
                           "Client-IP",
                           "X-Cluster-Client-IP",
                           "Cluster-Client-IP",
                           "Fastly-Client-IP",
                           "Fly-Client-IP",
                           "X-Remote-Addr",
                           "X-Remote-IP",
                           "Remote-Addr",
                           "X-Original-Remote-Addr",
                           "X-ProxyUser-Ip",
                           "WL-Proxy-Client-IP",
                           "Proxy-Client-IP",
                           "X-Envoy-External-Address",
                           "X-Azure-ClientIP",
                           "X-Azure-SocketIP",
                           "X-Appengine-User-IP",
                           "X-Appengine-Remote-Addr",
                           "Cdn-Src-Ip",
                           "Ali-CDN-Real-IP",
                           "CloudFront-Viewer-Address",
                           "Incap-Client-IP",
                           "X-Sucuri-ClientIP",
                           "X-Originating-IP",
                           "X-Source-IP",
                           "X-Vercel-Forwarded-For",
                           "X-NF-Client-Connection-IP",
                           "DO-Connecting-IP",
                           "X-Original-For",
                           "Http-Client-Ip",
                           "X-True-Client-IP",
                           "X-Peer-Address",
                           "X-User-IP"})
    requests.push_back({std::string(name) + ": spoofed-by-the-browser"});
  return requests;
}

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
  stage.httpd.log().allow("CCF001[04]: |CCF0033: ");
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

// As several applications read what arrives: with a session each finds Confluence's or nothing, and
// without one nothing.
BOOST_AUTO_TEST_CASE(cookies_as_applications_find_them) {
  const std::vector<std::string> pieces = {"JSESSIONID",
                                           "jsessionid",
                                           "J",
                                           "SESSIONID",
                                           "%4A",
                                           "crowd",
                                           "token",
                                           "key",
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
                                           "=",
                                           "=",
                                           "=",
                                           ";",
                                           "; ",
                                           ",",
                                           " ",
                                           "\t",
                                           "\"",
                                           "\\",
                                           "\xa0",
                                           "a",
                                           "x=y"};
  std::mt19937 random(2166);
  for (const std::string prefix : {"", "confluence."}) {
    Stage stage;
    // The line of level debug has names, which are made of the same pieces as the values here.
    stage.start_with("LogLevel crowd_confluence:info\nCrowdConfluencePassAs cookie " + prefix);
    const std::string alice = stage.cookie_line("alice");
    const std::string token = alice.substr(alice.find('=') + 1);
    Client client = stage.client();
    client.get("/", {alice});
    const std::vector<std::string> sessions = stage.seen_by_app().cookie(prefix + "JSESSIONID");
    BOOST_REQUIRE_EQUAL(sessions.size(), 1U);
    int with_session = 0;
    for (int i = 0; i < 600; ++i) {
      const auto random_cookies = [&] {
        std::string text;
        for (std::size_t length = random() % 12; length != 0; --length)
          text += random() % 8 == 0 ? prefix + "JSESSIONID" : pieces[random() % pieces.size()];
        return text;
      };
      const std::string before = "a=b" + random_cookies();
      const std::string behind = random_cookies();
      const bool has_token = i % 2 == 0;
      const Response response = client.get(
          "/", {"Cookie: " + before + (has_token ? "; " + alice.substr(8) + "; " : "; ") + behind});
      const bool has_session = response.user() == "alice";
      if (has_session) ++with_session;
      const std::string received = stage.seen_by_app().headers.value("Cookie").value_or("");
      for (const auto& reader : test_support::cookie_readers()) {
        for (const std::string& value : reader.find(received, prefix + "JSESSIONID"))
          BOOST_CHECK_MESSAGE(
              has_session && value == sessions.front(),
              reader.name << " finds a session, sent as " << before << " | " << behind);
        const std::vector<std::string> tokens = reader.find(received, "crowd.token_key");
        BOOST_CHECK_MESSAGE(tokens.size() <= 1,
                            reader.name << " finds two tokens: " << before << " | " << behind);
        if (has_session)
          for (const std::string& value : tokens)
            BOOST_CHECK_MESSAGE(value == token, reader.name << " finds another token: " << before
                                                            << " | " << behind);
      }
    }
    BOOST_TEST(with_session > 100);
  }
}

BOOST_AUTO_TEST_CASE(in_header_mode_the_apps_own_session_stays_and_no_second_token) {
  Stage stage;
  stage.start_with("CrowdConfluencePassAs header");
  const std::string alice = stage.cookie_line("alice").substr(8);
  const std::string bob = stage.cookie_line("bob");
  const std::string bobs = bob.substr(bob.find('=') + 1);
  for (const std::string spelling :
       {"crowd_token_key", "Crowd.Token_Key", "crowd%2etoken_key", "crowd token_key",
        "crowd[token_key", "crowd.token_key[0]", "crowd+token+key", "CROWD.TOKEN_KEY"}) {
    for (const std::string& cookies : {"JSESSIONID=own; " + spelling + "=" + bobs + "; " + alice,
                                       "JSESSIONID=own; " + alice + "; " + spelling + "=" + bobs}) {
      BOOST_TEST(stage.get("/", {"Cookie: " + cookies}).user() == "alice");
      BOOST_CHECK(stage.seen_by_app().headers.value("Cookie").value_or("") ==
                  "JSESSIONID=own; " + alice);
    }
  }
}

BOOST_AUTO_TEST_CASE(headers_that_say_the_same_address_or_none_stay) {
  Stage stage;
  stage.start_with();
  const std::vector<std::string> lines = {
      "X-Real-IP: 127.0.0.1",      "Forwarded: for=127.0.0.1", "Forwarded: For=\"127.0.0.1\"",
      "True-Client-IP: 127.0.0.1", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /app",
      "X-Forwarded-Port: 443",     "X-Requested-With: ship",   "X-Email-Address: a@example.com",
      "X-Forwarded-Scheme: https", "X-Recipient: ip",          "X-Zip: 12345",
      "X-Client-Version: 1.2.3.4"};
  for (const std::string& line : lines) {
    stage.get("/", {line});
    const std::size_t colon = line.find(':');
    BOOST_TEST(stage.seen_by_app().headers.value(line.substr(0, colon)).value_or("") ==
               line.substr(colon + 2));
  }
  for (const std::string line :
       {"Forwarded: for=127.0.0.1;by=10.0.0.1", "Forwarded: for=\"127.0.0.1:80\"",
        "Forwarded: by=127.0.0.1", "X-Real-IP: 127.0.0.1:80", "X-Real-IP: 127.0.0.10",
        "X-Real-IP:", "Forwarded: for=unknown"}) {
    stage.get("/", {line});
    BOOST_TEST(!stage.seen_by_app().headers.value(line.substr(0, line.find(':'))).has_value(),
               line);
  }
}

BOOST_AUTO_TEST_CASE(addresses_are_left_alone_where_they_do_not_matter) {
  Stage stage;
  stage.start_with("CrowdConfluenceForwardedFor Off");
  stage.get("/", {"X-Real-IP: 10.9.9.9", "Forwarded: for=10.9.9.9"});
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.headers.value("X-Real-IP").value_or("") == "10.9.9.9");
  BOOST_TEST(request.headers.value("Forwarded").value_or("") == "for=10.9.9.9");
}

// mod_proxy removes the headers that Connection names.
BOOST_AUTO_TEST_CASE(connection_takes_nothing_away) {
  for (const std::string pass_as : {"cookie", "header", "header Wiki-Session"}) {
    // With ProxyAddHeaders Off the module sets the address itself.
    for (const std::string add_headers : {"On", "Off"}) {
      Stage stage;
      stage.start_with("CrowdConfluencePassAs " + pass_as + "\nProxyAddHeaders " + add_headers);
      const std::string alice = stage.cookie_line("alice");
      for (const std::string connection :
           {"close, Cookie", "cookie", "X-Confluence-Cookie, Wiki-Session", "X-Forwarded-For",
            "Cookie,X-Forwarded-For,keep-alive", ", cookie ,, x-forwarded-for,",
            "X-Drop, Cookie, wiki-session, x-confluence-cookie, close"}) {
        BOOST_TEST_CONTEXT(pass_as << ", " << add_headers << ", " << connection) {
          BOOST_TEST(stage.get("/", {alice, "Connection: " + connection, "X-Drop: 1"}).status ==
                     200);
          const AppRequest request = stage.seen_by_app();
          BOOST_TEST(request.cookie("crowd.token_key").size() == 1U);
          BOOST_TEST(
              request.headers.values("X-Forwarded-For") == std::vector<std::string>{"127.0.0.1"},
              boost::test_tools::per_element());
          const std::string header = pass_as == "cookie"   ? "Cookie"
                                     : pass_as == "header" ? "X-Confluence-Cookie"
                                                           : "Wiki-Session";
          BOOST_TEST(request.headers.value(header).value_or("").find("JSESSIONID=") !=
                     std::string::npos);
          BOOST_TEST(request.headers.value("X-Drop").has_value() ==
                     (connection.find("X-Drop") == std::string::npos));
        }
      }
    }
  }
}

// httpd takes `..;` for a name, Tomcat does not.
BOOST_AUTO_TEST_CASE(a_section_inside_that_is_off_is_cleaned_too) {
  for (const std::string pass_as : {"cookie", "cookie wiki.", "header"}) {
    Stage stage;
    stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" +
                location("/app/",
                         "CrowdConfluencePassAs " + pass_as + "\nCrowdConfluenceWhen missing 401") +
                "<Location /app/static/>\nCrowdConfluence Off\n</Location>\n");
    const std::string alice = stage.cookie_line("alice");
    for (const std::string path :
         {"/app/static/..;/secret", "/app/static/x", "/app/static/%2e%2e;/s"}) {
      for (const std::string& spoofed : std::vector<std::string>{
               "X-Confluence-Cookie: JSESSIONID=spoofed-by-the-browser",
               "Cookie: JSESSIONID=spoofed-by-the-browser; theme=dark",
               "Cookie: wiki.JSESSIONID=spoofed-by-the-browser; wiki_jsessionid; theme=dark",
               "X-Forwarded-For: spoofed-by-the-browser", "X-Real-IP: spoofed-by-the-browser"}) {
        const bool is_the_apps_own =
            (pass_as != "cookie" && spoofed.find(": JSESS") != spoofed.npos &&
             spoofed.starts_with("Cookie")) ||
            (pass_as != "cookie wiki." && spoofed.find("wiki") != spoofed.npos) ||
            (pass_as != "header" && spoofed.starts_with("X-Conf"));
        if (is_the_apps_own) continue;
        BOOST_TEST_CONTEXT(pass_as << ", " << path << ", " << spoofed) {
          const Response response = stage.get(path, {spoofed});
          BOOST_TEST(response.status == 200);
          BOOST_TEST(response.result() == "(null)");
          const AppRequest request = stage.seen_by_app();
          for (const auto& [name, value] : request.headers.lines)
            BOOST_TEST(value.find(kSpoofed) == std::string::npos,
                       "the app received it in " << name);
          BOOST_TEST(request.headers.values("X-Forwarded-For").size() == 1U);
          if (spoofed.starts_with("Cookie"))
            BOOST_TEST(request.headers.value("Cookie").value_or("") == "theme=dark");
        }
      }
      // No session either.
      stage.get(path, {alice + "; theme=dark"});
      const AppRequest request = stage.seen_by_app();
      BOOST_CHECK(("Cookie: " + request.headers.value("Cookie").value_or("")) ==
                  alice + "; theme=dark");
      BOOST_TEST(!request.headers.value("X-Confluence-Cookie").has_value());
    }
    BOOST_TEST(stage.exchanges() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(cookies_with_a_prefix) {
  check_that_nothing_spoofed_arrives("CrowdConfluencePassAs cookie wiki_",
                                     prefixed(kSpoofedCookies));
}

BOOST_AUTO_TEST_CASE(headers) {
  check_that_nothing_spoofed_arrives("CrowdConfluencePassAs header", kSpoofedHeaders);
}

BOOST_AUTO_TEST_CASE(addresses) {
  check_that_nothing_spoofed_arrives("", spoofed_addresses());
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
