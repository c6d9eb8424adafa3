// Answers that are not Confluence's, and what the log says of them.

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "stage.h"

using namespace module_tests;
using atlassian::Fault;
using atlassian::Server;

namespace {

std::string with_body(const std::string& head, const std::string& body) {
  return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Answer {
  std::string raw;
  std::string reason;
  std::string detail;
};

const std::string kBob = R"({"type":"known","username":"bob"})";
const std::string kBobsSession = "Set-Cookie: JSESSIONID=bobs-session; Path=/\r\n";

const std::vector<Answer> kAnswers = {
    {with_body("HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n", "{}"), "gateway",
     "HTTP status 401, application/json"},
    {with_body("HTTP/1.1 401 Unauthorized\r\nContent-Type: text/html\r\nServer: nginx\r\n",
               "<html><center><h1>401 Authorization Required</h1></center></html>"),
     "gateway", "HTTP status 401, text/html"},
    {with_body("HTTP/1.1 401 Unauthorized\r\n", "Unauthorized"), "gateway", "HTTP status 401"},
    {with_body("HTTP/1.1 302 Found\r\nLocation: https://sso.example.net/login.jsp?next=x\r\n", ""),
     "gateway", "HTTP status 302 to https://sso.example.net/login.jsp"},
    {with_body("HTTP/1.1 404 Not Found\r\nContent-Type: text/html;charset=utf-8\r\n", "<html>"),
     "unexpected-answer", "HTTP status 404, text/html"},
    {with_body("HTTP/1.1 200 OK\r\nAge: 37\r\n" + kBobsSession, kBob), "cached-answer", "Age"},
    {with_body("HTTP/1.1 200 OK\r\nX-Cache: HIT from proxy\r\n" + kBobsSession, kBob),
     "cached-answer", "X-Cache"},
    {with_body(
         "HTTP/1.1 200 OK\r\nSet-Cookie: crowd.token_key=tokenofbobs00; Path=/\r\n" + kBobsSession,
         kBob),
     "cached-answer", "Set-Cookie"},
    {with_body("HTTP/1.1 200 OK\r\nAge: 37\r\n", R"({"type":"anonymous"})"), "cached-answer",
     "Age"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(answers)

BOOST_AUTO_TEST_CASE(of_others_than_confluence_give_and_refuse_nothing) {
  Stage stage;
  stage.start_with();
  stage.keep_secret("tokenofbobs00");
  stage.httpd.log().allow("CCF0010: ");
  for (const Answer& answer : kAnswers) {
    BOOST_TEST_CONTEXT(answer.raw) {
      stage.simulator.misbehave(Server::kConfluence, Fault::respond_with(answer.raw));
      const Response response = stage.get("/", {stage.cookie_line("alice")});
      BOOST_TEST(response.result() == "unavailable");
      BOOST_TEST(response.reason() == answer.reason);
      BOOST_TEST(response.user() == "(null)");
      BOOST_TEST(stage.seen_by_app().cookie("JSESSIONID").empty());
      BOOST_TEST(stage.httpd.log().wait_for("CCF0010: .*" + answer.reason + ".*" + answer.detail));
      // Nothing of it is remembered.
      stage.simulator.clear_faults();
      BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).user() == "alice");
      stage.app.forget();
    }
  }
}

BOOST_AUTO_TEST_CASE(of_a_cache_end_no_session) {
  Stage stage;
  stage.start_with("CrowdConfluenceSessionTTL 1\n");
  const std::string cookie = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {cookie}).user() == "alice");
  stage.simulator.misbehave(
      Server::kConfluence,
      Fault::respond_with(with_body("HTTP/1.1 200 OK\r\nX-Cache: HIT\r\n" + kBobsSession, kBob)));
  stage.httpd.log().allow("CCF0010: ");
  for (int i = 0; i < 20; ++i) BOOST_TEST(stage.get("/", {cookie}).user() != "bob");
}

BOOST_AUTO_TEST_CASE(with_a_balancers_cookie_that_is_left_out_are_told_once) {
  Stage stage;
  stage.start_with();
  stage.simulator.configure_confluence([](auto& it) { it.sticky_cookie = "wiki-node"; });
  stage.httpd.log().expect("warn.*CCF0022: .*wiki-node.*CrowdConfluenceSessionCookies");
  for (const std::string user : {"alice", "bob", "carol"})
    BOOST_TEST(stage.get("/", {stage.cookie_line(user)}).result() == "session");
  BOOST_TEST(stage.httpd.log().count("CCF0022: ") == 1U);
}

BOOST_AUTO_TEST_CASE(with_a_balancers_cookie_that_is_named_are_not_worth_a_word) {
  for (const std::string directives : {"", "CrowdConfluenceSessionCookies JSESSIONID wiki-*"}) {
    Stage stage;
    stage.start_with(directives);
    stage.simulator.configure_confluence(
        [&](auto& it) { it.sticky_cookie = directives.empty() ? "INGRESSCOOKIE" : "wiki-node"; });
    BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).result() == "session");
    BOOST_TEST(
        !stage.seen_by_app().cookie(directives.empty() ? "INGRESSCOOKIE" : "wiki-node").empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
