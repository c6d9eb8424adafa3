// What the error log tells of requests: enough to act on, not with every request, and no value.

#include <boost/test/unit_test.hpp>
#include <regex>
#include <string>

#include "stage.h"

using namespace module_tests;
using atlassian::Fault;
using atlassian::Server;

namespace {

Fault answer(const std::string& head) {
  return Fault::respond_with("HTTP/1.1 " + head + "\r\nContent-Length: 0\r\n\r\n");
}

/// The last line of the log that has the text; empty if none has.
std::string last_line_with(Stage& stage, const std::string& text) {
  std::string last;
  for (const std::string& line : stage.httpd.log().lines())
    if (line.find(text) != std::string::npos) last = line;
  return last;
}

std::string decision(Stage& stage) {
  BOOST_TEST(stage.httpd.log().wait_for("; cookies found: "));
  return last_line_with(stage, "; cookies found: ");
}

bool has(const std::string& line, const std::string& pattern) {
  return std::regex_search(line, std::regex(pattern));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(logging)

BOOST_AUTO_TEST_CASE(what_failed_is_told_with_url_place_and_hint) {
  Stage stage;
  stage.start(
      "<Location /app/>\nCrowdConfluence On\nProxyPass ${APP}/\n"
      "CrowdConfluenceURL ${CONFLUENCE}\n</Location>\n");
  stage.httpd.log().expect("warn.*CCF0010: ");
  stage.simulator.misbehave(Server::kConfluence, answer("404 Not Found"));
  stage.get("/app/", {stage.cookie_line("alice")});
  const std::string line = last_line_with(stage, "CCF0010: ");
  for (const std::string& part :
       {std::string("(unexpected-answer)"), std::string("404"),
        stage.simulator.confluence_url() + "/rest/api/user/current",
        std::string("<Location /app/>"), std::string("httpd.conf:"), std::string("context path")})
    BOOST_TEST(line.find(part) != std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(it_is_not_repeated_with_every_request) {
  Stage stage;
  stage.start_with("CrowdConfluenceURL ${CONFLUENCE} retry=1ms");
  stage.httpd.log().expect("warn.*CCF0010: .*unexpected-answer");
  stage.httpd.log().expect("warn.*CCF0010: .*rate-limited");
  stage.simulator.misbehave(Server::kConfluence, answer("404 Not Found"));
  for (int i = 0; i < 5; ++i) stage.get("/", {stage.cookie_line("alice")});
  BOOST_TEST(stage.httpd.log().count("warn.*CCF0010: ") == 1U);
  BOOST_TEST(stage.httpd.log().count("info.*CCF0010: ") == 4U);
  // Something else is news.
  stage.simulator.clear_faults();
  stage.simulator.misbehave(Server::kConfluence, answer("429 Too Many Requests"));
  for (int i = 0; i < 3; ++i) stage.get("/", {stage.cookie_line("bob")});
  BOOST_TEST(stage.httpd.log().count("warn.*CCF0010: .*rate-limited") == 1U);
}

BOOST_AUTO_TEST_CASE(another_confluence_has_a_line_of_its_own) {
  Stage stage;
  stage.start(location("/a/", "CrowdConfluenceURL http://127.0.0.1:1 retry=1ms") +
              location("/b/", "CrowdConfluenceURL http://127.0.0.1:1 retry=1ms"));
  stage.httpd.log().expect("warn.*CCF0010: .*<Location /a/>");
  stage.httpd.log().expect("warn.*CCF0010: .*<Location /b/>");
  stage.httpd.log().allow("CCF0014: ");
  for (int i = 0; i < 2; ++i)
    for (const std::string path : {"/a/", "/b/"}) stage.get(path, {stage.cookie_line("alice")});
  BOOST_TEST(stage.httpd.log().count("warn.*CCF0010: .*refused") == 2U);
}

BOOST_AUTO_TEST_CASE(a_missing_url_is_told_once) {
  Stage stage;
  stage.start("<Location /with>\nCrowdConfluenceURL ${CONFLUENCE}\n</Location>\n" +
              location("/without/"));
  stage.httpd.log().expect("error.*CCF0011: .*<Location /without/> .*httpd.conf:");
  for (int i = 0; i < 3; ++i) stage.get("/without/", {stage.cookie_line("alice")});
  BOOST_TEST(stage.httpd.log().count("error.*CCF0011: ") == 1U);
}

BOOST_AUTO_TEST_CASE(a_decision_is_one_line) {
  Stage stage;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  stage.get("/", {alice + "; JSESSIONID=of-the-browser-itself; theme=dark-blue-and-so-on",
                  "X-Forwarded-For: 203.0.113.7", "X-Other: x"});
  const std::string first = decision(stage);
  BOOST_TEST(has(first, "debug"), first);
  BOOST_TEST(has(first, "GET /: session \\(known\\) from exchange, which answered 200;"), first);
  BOOST_TEST(has(first, "cookies found: 'crowd.token_key', 'JSESSIONID', 'theme';"), first);
  BOOST_TEST(has(first, "address: 127.0.0.1 of the connection;"), first);
  BOOST_TEST(has(first, "cookies dropped: 'JSESSIONID'; headers dropped: 'X-Forwarded-For';"),
             first);
  BOOST_TEST(has(first, "Confluence: " + stage.simulator.confluence_url() +
                            ", see the server \\(.*"
                            "httpd.conf:\\d+\\)"),
             first);
  for (const std::string value : {"of-the-browser", "dark-blue", "203.0.113.7"})
    BOOST_TEST(first.find(value) == std::string::npos, value);

  stage.get("/", {alice});
  const std::string second = decision(stage);
  BOOST_TEST(has(second, "session \\(known\\) from table;"), second);
  BOOST_TEST(has(second, "cookies found: 'crowd.token_key'; address: 127.0.0.1 of the connection$"),
             second);
  BOOST_TEST(second.find("dropped") == std::string::npos, second);
  BOOST_TEST(stage.httpd.log().count("; cookies found: ") == 2U);
  stage.get("/", {alice + "; crowd.token_key=somebody-elses-token"});
  BOOST_TEST(has(decision(stage), "cookies found: 'crowd.token_key' \\(2 times\\);"));
}

BOOST_AUTO_TEST_CASE(so_is_one_without_a_session) {
  Stage stage;
  stage.start(
      "RemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1\n"
      "CrowdConfluenceURL ${CONFLUENCE}\n" +
      location("/"));
  stage.get("/", {"Cookie: crowd.p.token_key=whoever-has-it-00", "X-Client: 203.0.113.7"});
  const std::string missing = decision(stage);
  BOOST_TEST(has(missing, "missing \\(no-cookie\\);"), missing);
  BOOST_TEST(has(missing, "cookies found: 'crowd.p.token_key', and no 'crowd.token_key';"),
             missing);
  BOOST_TEST(has(missing, "address: 203.0.113.7 from mod_remoteip or the like;"), missing);
  stage.get("/", {"Cookie: crowd.token_key=nobody-has-this-one-00"});
  BOOST_TEST(has(decision(stage), "rejected \\(anonymous\\) from exchange, which answered 200;"));
  stage.httpd.log().expect("CCF0010: ");
  stage.simulator.misbehave(Server::kConfluence, answer("404 Not Found"));
  stage.get("/", {"Cookie: crowd.token_key=nobody-has-that-one-00"});
  BOOST_TEST(has(decision(stage),
                 "unavailable \\(unexpected-answer\\) from exchange, which answered "
                 "404;"));
}

// Browsers send a cookie without a name as its value alone.
BOOST_AUTO_TEST_CASE(no_value_is_taken_for_a_name) {
  Stage stage;
  stage.start_with();
  const std::string kSecret = "a-secret-of-some-length";
  for (const std::string& cookies :
       {kSecret, kSecret + "==", "a=1; " + kSecret + "=", "a=\"1; " + kSecret + "\"",
        "a=\"1; b=2; " + kSecret + "\"", "a=1;" + kSecret + "; b=2", "=" + kSecret,
        std::string(70, 'x') + "=" + kSecret, kSecret + "=of-some-length"}) {
    stage.get("/", {"Cookie: " + cookies});
    const std::string line = decision(stage);
    BOOST_TEST(line.find(kSecret) == std::string::npos, line);
  }
  stage.get("/a;jsessionid=of-a-path");
  BOOST_TEST(decision(stage).find("of-a-path") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(nothing_is_written_without_the_level) {
  Stage stage;
  stage.start("LogLevel crowd_confluence:info\nCrowdConfluenceURL ${CONFLUENCE}\n" + location("/"));
  stage.get("/", {stage.cookie_line("alice")});
  BOOST_TEST(stage.httpd.log().count("; cookies found: ") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
