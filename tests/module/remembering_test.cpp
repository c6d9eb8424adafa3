// What is remembered of visitors, for how long, and for whom.

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "children.h"
#include "stage.h"
#include "wait.h"

using namespace module_tests;
using atlassian::Fault;
using atlassian::Server;

namespace {

using std::chrono::steady_clock;

std::string session_seen_by(Stage& stage) {
  return stage.seen_by_app().cookie("JSESSIONID").at(0);
}

std::string with_body(const std::string& head, const std::string& body) {
  return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// The first request of a visitor asks Confluence, and all others, in whichever child, do not.
void check_that_all_children_know(Mpm mpm) {
  Stage stage(several_children(mpm, 3));
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/") + children_configuration());
  std::vector<Connection> connections = connect_to_children(stage);
  const std::string alice = stage.cookie_line("alice");
  const std::string nobody = "Cookie: crowd.token_key=nobody-has-this-token";
  BOOST_TEST(connections.front().client.get("/", {alice}).source() == "exchange");
  BOOST_TEST(connections.front().client.get("/", {nobody}).source() == "exchange");
  for (Connection& connection : connections) {
    const Response known = connection.client.get("/", {alice});
    BOOST_TEST(known.source() == "table");
    BOOST_TEST(known.user() == "alice");
    const Response refused = connection.client.get("/", {nobody});
    BOOST_TEST(refused.source() == "table");
    BOOST_TEST(refused.result() == "rejected");
  }
  BOOST_TEST(stage.exchanges() == 2U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(remembering)

BOOST_AUTO_TEST_CASE(the_second_request_makes_no_exchange) {
  Stage stage;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  const Response first = stage.get("/", {alice});
  BOOST_TEST(first.source() == "exchange");
  BOOST_TEST(first.reason() == "known");
  const std::string session = session_seen_by(stage);
  BOOST_TEST(stage.owner_of(session) == "alice");
  const Response second = stage.get("/", {alice});
  BOOST_TEST(second.result() == "session");
  BOOST_TEST(second.source() == "table");
  BOOST_TEST(second.reason() == "known");
  BOOST_TEST(second.user() == "alice");
  BOOST_TEST(session_seen_by(stage) == session);
  BOOST_TEST(stage.exchanges() == 1U);
}

BOOST_AUTO_TEST_CASE(all_children_of_event_know) {
  check_that_all_children_know(Mpm::event);
}
BOOST_AUTO_TEST_CASE(all_children_of_worker_know) {
  check_that_all_children_know(Mpm::worker);
}
BOOST_AUTO_TEST_CASE(all_children_of_prefork_know) {
  check_that_all_children_know(Mpm::prefork);
}

BOOST_AUTO_TEST_CASE(a_session_ends_with_its_time) {
  Stage stage;
  stage.start_with("CrowdConfluenceSessionTTL 1s");
  stage.httpd.log().expect("CCF0010: .*server-error");
  stage.httpd.log().allow("CCF0014: ");
  const std::string alice = stage.cookie_line("alice");
  const auto began = steady_clock::now();
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
  const auto proven = steady_clock::now();
  // It cannot be renewed.
  stage.simulator.configure_confluence(
      [](auto& it) { it.maintenance = atlassian::Maintenance::kUnavailable; });
  Response response;
  BOOST_TEST(wait_until([&] {
    response = stage.get("/", {alice});
    return response.source() != "table";
  }));
  BOOST_TEST(response.result() == "unavailable");
  const auto ended = steady_clock::now();
  BOOST_TEST((ended - began >= std::chrono::seconds(1)));
  BOOST_TEST((ended - proven < std::chrono::seconds(5)));
}

BOOST_AUTO_TEST_CASE(a_refusal_ends_with_its_time) {
  Stage stage;
  stage.start_with("CrowdConfluenceRejectionTTL 700ms");
  const std::string token = "a-token-that-comes-to-life-later";
  const std::string line = "Cookie: crowd.token_key=" + token;
  stage.keep_secret(token);
  const auto began = steady_clock::now();
  const Response first = stage.get("/", {line});
  BOOST_TEST(first.result() == "rejected");
  BOOST_TEST(first.source() == "exchange");
  stage.simulator.log_in_as("alice", "127.0.0.1", token);
  const Response second = stage.get("/", {line});
  BOOST_TEST(second.result() == "rejected");
  BOOST_TEST(second.source() == "table");
  BOOST_TEST(second.reason() == first.reason());
  BOOST_TEST(stage.exchanges() == 1U);
  BOOST_TEST(wait_until([&] { return stage.get("/", {line}).result() == "session"; }));
  BOOST_TEST((steady_clock::now() - began >= std::chrono::milliseconds(700)));
  BOOST_TEST(stage.exchanges() == 1U);
}

BOOST_AUTO_TEST_CASE(refusals_need_not_be_remembered) {
  Stage stage;
  stage.start_with("CrowdConfluenceRejectionTTL 0");
  const std::string token = "a-token-that-comes-to-life-later";
  const std::string line = "Cookie: crowd.token_key=" + token;
  stage.keep_secret(token);
  for (int i = 0; i < 3; ++i) {
    const Response response = stage.get("/", {line});
    BOOST_TEST(response.result() == "rejected");
    BOOST_TEST(response.source() == "exchange");
  }
  BOOST_TEST(stage.exchanges() == 3U);
  stage.simulator.log_in_as("alice", "127.0.0.1", token);
  BOOST_TEST(stage.get("/", {line}).result() == "session");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_told_is_not_remembered) {
  Stage stage;
  stage.start_with();
  stage.httpd.log().expect("CCF0010: .*server-error");
  const std::string alice = stage.cookie_line("alice");
  stage.simulator.misbehave(Server::kConfluence,
                            Fault::respond_with(with_body("HTTP/1.1 500 Oops\r\n", "")).once());
  BOOST_TEST(stage.get("/", {alice}).result() == "unavailable");
  BOOST_TEST(stage.get("/", {alice}).result() == "session");
}

BOOST_AUTO_TEST_CASE(a_token_from_two_addresses_is_two_visitors) {
  Stage stage;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice", "127.0.0.2");
  Client at_home = stage.client("127.0.0.2");
  Client elsewhere = stage.client("127.0.0.3");
  BOOST_TEST(at_home.get("/", {alice}).source() == "exchange");
  // Confluence would let it ride on the session that it trusts for two minutes.
  const Response stolen = elsewhere.get("/", {alice});
  BOOST_TEST(stolen.result() == "rejected");
  BOOST_TEST(stolen.source() == "exchange");
  BOOST_TEST(elsewhere.get("/", {alice}).source() == "table");
  const Response known = at_home.get("/", {alice});
  BOOST_TEST(known.result() == "session");
  BOOST_TEST(known.source() == "table");
  BOOST_TEST(stage.exchanges() == 2U);
}

BOOST_AUTO_TEST_CASE(two_tokens_of_a_user_are_two_visitors) {
  Stage stage;
  stage.start_with();
  BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).source() == "exchange");
  const std::string session = session_seen_by(stage);
  BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).source() == "exchange");
  BOOST_TEST((session_seen_by(stage) != session));
}

BOOST_AUTO_TEST_CASE(locations_that_ask_otherwise_share_nothing) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/a/") + location("/same/") +
              location("/passed/", "CrowdConfluencePassAs header") +
              location("/waiting/", "CrowdConfluenceURL ${CONFLUENCE} timeout=20 max=7") +
              location("/cookies/", "CrowdConfluenceSessionCookies JSESSIONID") +
              location("/probe/", "CrowdConfluenceProbe /rest/api/user/current type=known") +
              location("/address/", "CrowdConfluenceForwardedFor Off") +
              location("/token/", "CrowdConfluenceTokenCookie other") +
              location("/host/", "CrowdConfluenceURL http://localhost:" +
                                     std::to_string(stage.simulator.confluence_port())));
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/a/", {alice}).source() == "exchange");
  for (const std::string path : {"/a/", "/same/", "/passed/", "/waiting/"})
    BOOST_TEST(stage.get(path, {alice}).source() == "table", path);
  const std::string both =
      alice + "; other=" + alice.substr(std::string("Cookie: crowd.token_key=").size());
  for (const std::string path : {"/cookies/", "/probe/", "/address/", "/token/", "/host/"}) {
    BOOST_TEST(stage.get(path, {both}).source() == "exchange", path);
    BOOST_TEST(stage.get(path, {both}).source() == "table", path);
  }
}

BOOST_AUTO_TEST_CASE(the_table_holds_what_it_is_told_to_hold) {
  constexpr std::size_t kVisitors = 150;
  struct Size {
    std::string directive;
    std::size_t least;
    std::size_t most;
  };
  for (const Size& size : {Size{"CrowdConfluenceTableSize 16", 16, 64},
                           Size{"CrowdConfluenceTableSize 1024", kVisitors, kVisitors}}) {
    BOOST_TEST_CONTEXT(size.directive) {
      Stage stage;
      stage.start(size.directive + "\nCrowdConfluenceURL ${CONFLUENCE}\n" + location("/"));
      std::vector<std::string> visitors;
      Client client = stage.client();
      for (std::size_t i = 0; i < kVisitors; ++i) {
        visitors.push_back(stage.cookie_line("alice"));
        BOOST_TEST(client.get("/", {visitors.back()}).user() == "alice");
      }
      BOOST_TEST(stage.exchanges() == kVisitors);
      // Backwards, so that those who are remembered are not pushed out before they are asked for.
      std::size_t remembered = 0;
      for (auto visitor = visitors.rbegin(); visitor != visitors.rend(); ++visitor) {
        const Response response = client.get("/", {*visitor});
        BOOST_TEST(response.user() == "alice");
        if (response.source() == "table") ++remembered;
      }
      BOOST_TEST(remembered >= size.least);
      BOOST_TEST(remembered <= size.most);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_large_session_is_remembered_like_any_other) {
  Stage stage(several_children(Mpm::event, 2));
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/") + children_configuration());
  std::vector<Connection> connections = connect_to_children(stage);
  for (const std::size_t size : {1500U, 5000U, 7800U}) {
    const std::string large(size, 'a');
    stage.simulator.misbehave(
        Server::kConfluence,
        Fault::respond_with(with_body("HTTP/1.1 200 OK\r\nSet-Cookie: JSESSIONID=" + large + "\r\n",
                                      R"({"type":"known","username":"alice"})")));
    const std::string alice = stage.cookie_line("alice");
    BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
    BOOST_TEST((session_seen_by(stage) == large));
    for (Connection& connection : connections) {
      const Response response = connection.client.get("/", {alice});
      BOOST_TEST(response.source() == "table");
      BOOST_TEST(response.user() == "alice");
      BOOST_TEST((session_seen_by(stage) == large));
    }
    stage.simulator.clear_faults();
  }
}

BOOST_AUTO_TEST_CASE(who_is_rate_limited_is_left_alone_and_nobody_else) {
  Stage stage;
  stage.start_with();
  stage.httpd.log().expect("CCF0010: .*rate-limited");
  const std::string alice = stage.cookie_line("alice");
  stage.simulator.misbehave(
      Server::kConfluence,
      Fault::respond_with("HTTP/1.1 429 Too Many Requests\r\nX-RateLimit-Limit: 1\r\n"
                          "Retry-After: 2\r\nContent-Length: 0\r\n\r\n")
          .once());
  const auto began = steady_clock::now();
  BOOST_TEST(stage.get("/", {alice}).reason() == "rate-limited");
  for (int i = 0; i < 20; ++i) {
    const Response limited = stage.get("/", {alice});
    if (steady_clock::now() - began >= std::chrono::seconds(2)) break;
    BOOST_TEST(limited.result() == "unavailable");
    BOOST_TEST(limited.reason() == "rate-limited");
    BOOST_TEST(limited.source() == "table");
  }
  BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).user() == "alice");
  BOOST_TEST(wait_until([&] { return stage.get("/", {alice}).user() == "alice"; }));
  BOOST_TEST((steady_clock::now() - began >= std::chrono::seconds(2)));
  BOOST_TEST(stage.httpd.log().count("warn.*CCF0010: ") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
