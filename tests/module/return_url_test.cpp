// CROWD_CONFLUENCE_RETURN_URL: for a log-in page that leads back.

#include <boost/test/unit_test.hpp>
#include <utility>

#include "stage.h"

using namespace module_tests;

namespace {

const std::string kReturn =
    "RequestHeader set X-Return \"expr=%{reqenv:CROWD_CONFLUENCE_RETURN_URL}\"\n";
const std::string kLogin =
    "CrowdConfluenceWhen missing "
    "\"https://wiki.example.com/login.action?os_destination="
    "%{reqenv:CROWD_CONFLUENCE_RETURN_URL}\"\n";

std::string decoded(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    result += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  return result;
}

bool is_one_value(const std::string& text) {
  return text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
             "-._~%") == std::string::npos;
}

/// What the app was told.
std::string told(Stage& stage) {
  return stage.seen_by_app().headers.value("X-Return").value_or("");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(return_url)

BOOST_AUTO_TEST_CASE(it_is_the_whole_url_encoded_once) {
  Stage stage;
  stage.start("AllowEncodedSlashes NoDecode\nCrowdConfluenceURL ${CONFLUENCE}\n" +
              location("/", kReturn));
  const std::string host = "127.0.0.1:" + std::to_string(stage.httpd.port());
  const std::string alice = stage.cookie_line("alice");
  const std::vector<std::string> targets = {
      "/",
      "/page",
      "/page?",
      "/page?a=1&b=2",
      "/my%20page?next=https%3A%2F%2Fexample.com%2F%3Fa%3Db%26c",
      "/a;b=c/d,e:f@g!$'()*+=?[x]=y/z?w|",
      "/caf%C3%A9?q=caf%C3%A9+au+lait",
      "//other.example.com/page",
      "/%2F%2e/page"};
  for (const std::string& target : targets) {
    for (const std::string& cookie : {alice, std::string("Cookie: theme=dark")}) {
      stage.client().get(target, {cookie});
      const std::string url = told(stage);
      BOOST_TEST(decoded(url) == "http://" + host + target);
      BOOST_CHECK_MESSAGE(is_one_value(url), url);
    }
  }
  stage.get("/page?a=1&b=%20c");
  BOOST_TEST(told(stage) == "http%3A%2F%2F127.0.0.1%3A" + std::to_string(stage.httpd.port()) +
                                "%2Fpage%3Fa%3D1%26b%3D%2520c");
}

BOOST_AUTO_TEST_CASE(a_redirect_takes_it_along) {
  Stage stage;
  stage.start_with(kLogin);
  const Response response =
      stage.get("/page?a=1&b=2", {"Accept: text/html", "Host: app.example.com"});
  BOOST_TEST(response.status == 302);
  BOOST_TEST(response.header("Location") ==
             "https://wiki.example.com/login.action?os_destination="
             "http%3A%2F%2Fapp.example.com%2Fpage%3Fa%3D1%26b%3D2");
}

// As in any redirect of httpd's own.
BOOST_AUTO_TEST_CASE(scheme_host_and_port_follow_the_configuration) {
  struct Case {
    std::string directives;
    std::string host;  // as the browser says it
    std::string expected;
  };
  const std::vector<Case> cases = {
      {"", "app.example.com", "http://app.example.com/page"},
      {"", "app.example.com:80", "http://app.example.com/page"},
      {"", "app.example.com:8443", "http://app.example.com:8443/page"},
      {"", "[2001:db8::1]:8080", "http://[2001:db8::1]:8080/page"},
      {"ServerName https://app.example.com", "app.example.com", "https://app.example.com/page"},
      {"ServerName https://app.example.com:443", "app.example.com", "https://app.example.com/page"},
      {"ServerName https://app.example.com:8443\nUseCanonicalName On", "other.example.com",
       "https://app.example.com:8443/page"},
      {"ServerName app.example.com:80\nUseCanonicalName On", "other.example.com:1234",
       "http://app.example.com/page"}};
  for (const auto& [directives, host, expected] : cases) {
    Stage stage;
    stage.start(directives + "\nCrowdConfluenceURL ${CONFLUENCE}\n" + location("/", kReturn));
    stage.get("/page", {"Host: " + host});
    BOOST_TEST(decoded(told(stage)) == expected, directives << ", " << host);
  }
}

BOOST_AUTO_TEST_CASE(a_whole_url_may_be_asked_for) {
  Stage stage;
  stage.start_with(kReturn);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"http://app.example.com:8080/page?a=b", "http://app.example.com:8080/page?a=b"},
      {"http://app.example.com/page", "http://app.example.com/page"},
      {"http://app.example.com", "http://app.example.com/"},
      {"http://app.example.com?a=b", "http://app.example.com/?a=b"}};
  for (const auto& [target, expected] : cases) {
    stage.app.forget();
    const std::string answer =
        exchange_bytes(stage.httpd.port(), "GET " + target +
                                               " HTTP/1.1\r\nHost: ignored.example.com\r\n"
                                               "Connection: close\r\n\r\n");
    if (stage.app.requests().empty()) {
      // httpd may refuse it, but nothing else.
      BOOST_TEST(answer.find(" 400 ") != std::string::npos, target);
      continue;
    }
    BOOST_TEST(decoded(told(stage)) == expected);
  }
}

BOOST_AUTO_TEST_CASE(internal_redirects_do_not_change_it) {
  Stage stage;
  stage.httpd.log().allow("AH01630: client denied");
  stage.httpd.write("htdocs/index/keep", "");
  stage.httpd.write("htdocs/fallback/keep", "");
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nErrorDocument 403 /app/denied\n"
      "RewriteEngine On\nRewriteRule ^/old/(.*)$ ${APP}/app/$1?by=rewrite [P]\n"
      "<Directory \"${ROOT}/htdocs/index\">\nDirectoryIndex /login/index\n</Directory>\n"
      "<Directory \"${ROOT}/htdocs/fallback\">\nFallbackResource /login/index\n</Directory>\n"
      "<Location /closed/>\nCrowdConfluence On\nRequire all denied\n</Location>\n"
      "<Location /refused/>\nCrowdConfluence On\nCrowdConfluenceWhen missing 403\n"
      "</Location>\n<Location /old/>\nCrowdConfluence On\n" +
      kReturn + "</Location>\n" + location("/app/", kReturn) + location("/login/", kLogin));
  const std::string host = "Host: app.example.com:81";
  for (const std::string target : {"/old/page?a=b", "/closed/page?a=b", "/refused/page?a=b"}) {
    stage.get(target, {host});
    BOOST_TEST(decoded(told(stage)) == "http://app.example.com:81" + target);
  }
  for (const std::string target : {"/index/?a=b", "/fallback/none?a=b"})
    BOOST_TEST(decoded(stage.get(target, {host, "Accept: text/html"}).header("Location")) ==
               "https://wiki.example.com/login.action?os_destination=http://app.example.com:81" +
                   target);
}

BOOST_AUTO_TEST_CASE(no_host_breaks_out_of_it) {
  Stage stage;
  stage.start("HttpProtocolOptions Unsafe\nCrowdConfluenceURL ${CONFLUENCE}\n" +
              location("/app/", kReturn) + location("/login/", kLogin));
  for (const std::string host :
       {"a&os_destination=b", "a#b", "a\"><script>", "a\tb", "a b", "a/b", "a?b", "user@a", "a\\b",
        "a%0d%0ab", "a\x80\xff", "a'b", "", ":", "a:b", "[", "[::1", "../..", "a,b"}) {
    for (const std::string path : {"/app/page", "/login/page"}) {
      stage.app.forget();
      const std::string answer = exchange_bytes(
          stage.httpd.port(), "GET " + path + " HTTP/1.1\r\nHost: " + host +
                                  "\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
      BOOST_TEST_CONTEXT(host) {
        for (const AppRequest& request : stage.app.requests())
          BOOST_CHECK(is_one_value(request.headers.value("X-Return").value_or("")));
        const std::string begin =
            "\r\nLocation: https://wiki.example.com/login.action?os_destination=";
        const std::size_t at = answer.find(begin);
        if (at == std::string::npos) continue;
        const std::size_t value = at + begin.size();
        BOOST_CHECK(is_one_value(answer.substr(value, answer.find("\r\n", value) - value)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_browser_does_not_set_it) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/on/", kReturn) +
              "<Location /off/>\n" + kReturn + "ProxyPass ${APP}/off/\n</Location>\n");
  const std::vector<std::string> claims = {
      "CROWD_CONFLUENCE_RETURN_URL: https://evil.example.com/",
      "Crowd-Confluence-Return-URL: https://evil.example.com/",
      "REDIRECT_CROWD_CONFLUENCE_RETURN_URL: https://evil.example.com/",
      "X-Forwarded-Host: evil.example.com",
      "X-Forwarded-Proto: evil",
      "Forwarded: host=evil.example.com"};
  for (const std::string& claim : claims) {
    stage.get("/on/page", {"Host: app.example.com", claim});
    BOOST_TEST(decoded(told(stage)) == "http://app.example.com/on/page");
    stage.get("/off/page", {"Host: app.example.com", claim});
    BOOST_TEST(told(stage) == "");
  }
}

BOOST_AUTO_TEST_SUITE_END()
