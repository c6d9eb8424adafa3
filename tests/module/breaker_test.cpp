// A Confluence that fails again and again is left alone for a while.

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>

#include "children.h"
#include "stage.h"
#include "wait.h"

using namespace module_tests;
using atlassian::Fault;
using atlassian::Server;

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kFailuresToOpen = 3;

std::string configuration(const std::string& parameters) {
  return "CrowdConfluenceURL ${CONFLUENCE} " + parameters + "\n" + location("/") +
         children_configuration();
}

/// A new visitor at an address of that number.
Response ask_from(Stage& stage, int number) {
  const std::string address = "127.0.1." + std::to_string(number);
  return stage.client(address).get("/", {stage.cookie_line("alice", address)});
}

/// Each failure of a new visitor at another address; httpd's log tells of each. Returns a moment
/// before it opened, as nobody outside of httpd knows exactly when.
steady_clock::time_point fail_repeatedly(Stage& stage) {
  stage.httpd.log().expect("warn.*CCF0010: ");
  stage.httpd.log().expect("warn.*CCF0014: ");
  steady_clock::time_point last;
  for (int i = 0; i < kFailuresToOpen; ++i) {
    last = steady_clock::now();
    const Response response = ask_from(stage, i + 1);
    BOOST_TEST(response.result() == "unavailable");
    BOOST_TEST((response.reason() != "breaker-open"));
    BOOST_TEST(response.source() == "exchange");
  }
  return last;
}

bool is_left_alone(const Response& response) {
  return response.result() == "unavailable" && response.reason() == "breaker-open" &&
         response.source() == "(null)";
}

Fault unavailable(const std::string& headers = {}) {
  return Fault::respond_with("HTTP/1.1 503 Service Unavailable\r\n" + headers +
                             "Content-Length: 0\r\n\r\n");
}

/// For how long Confluence is left alone after it has sent these headers with its failures, and a
/// little more.
steady_clock::duration pause_after(const std::string& parameters, const std::string& headers) {
  Stage stage;
  stage.start(configuration(parameters));
  stage.httpd.log().expect("CCF0015: ");
  stage.simulator.misbehave(Server::kConfluence, unavailable(headers));
  const auto before_opening = fail_repeatedly(stage);
  stage.simulator.clear_faults();
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(wait_until([&] { return stage.get("/", {alice}).user() == "alice"; }));
  return steady_clock::now() - before_opening;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(breaker)

BOOST_AUTO_TEST_CASE(it_opens_for_all_children_and_says_so_once) {
  for (const Mpm mpm : {Mpm::event, Mpm::prefork}) {
    Stage stage(several_children(mpm, 3));
    stage.start(configuration("retry=60"));
    std::vector<Connection> connections = connect_to_children(stage);
    const std::string alice = stage.cookie_line("alice");
    BOOST_TEST(stage.get("/", {alice}).user() == "alice");
    stage.simulator.misbehave(Server::kConfluence, unavailable());
    fail_repeatedly(stage);
    stage.simulator.reset_counters();
    stage.app.forget();
    for (int round = 0; round < 2; ++round) {
      for (Connection& connection : connections) {
        BOOST_TEST(is_left_alone(connection.client.get("/", {stage.cookie_line("bob")})));
        BOOST_TEST(stage.seen_by_app().cookie("JSESSIONID").empty());
        // Who is known needs no Confluence.
        BOOST_TEST(connection.client.get("/", {alice}).source() == "table");
        stage.app.forget();
      }
    }
    BOOST_TEST(stage.simulator.counters().confluence_requests == 0U);
    BOOST_TEST(stage.httpd.log().count("CCF0014: .*server-error") == 1U);
    // It does not repeat with every request, and at level info nothing is lost.
    BOOST_TEST(stage.httpd.log().count("warn.*CCF0010: ") == 1U);
    BOOST_TEST(stage.httpd.log().count("CCF0010: .*server-error") ==
               static_cast<std::size_t>(kFailuresToOpen));
    BOOST_TEST(stage.httpd.log().count("CCF0014: .*left alone for 60 seconds.*httpd.conf:") == 1U);
    BOOST_TEST(stage.httpd.log().count("CCF0015: ") == 0U);
  }
}

BOOST_AUTO_TEST_CASE(timeouts_and_refused_connections_open_it_too) {
  for (const std::string reason : {"timeout", "refused", "network"}) {
    BOOST_TEST_CONTEXT(reason) {
      Stage stage;
      stage.start(configuration("timeout=200ms retry=60"));
      if (reason == "timeout")
        stage.simulator.misbehave(Server::kConfluence, Fault::hang());
      else if (reason == "network")
        stage.simulator.misbehave(Server::kConfluence, Fault::reset());
      else
        stage.simulator.stop_listening(Server::kConfluence);
      fail_repeatedly(stage);
      BOOST_TEST(is_left_alone(stage.get("/", {stage.cookie_line("alice")})));
      BOOST_TEST(stage.httpd.log().count("CCF0014: .*" + reason) == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(answers_that_help_nobody_do_not_open_it) {
  Stage stage;
  stage.start(configuration("retry=60"));
  stage.httpd.log().expect("CCF0010: .*rate-limited");
  for (int i = 0; i < kFailuresToOpen + 1; ++i)
    BOOST_TEST(stage.get("/", {"Cookie: crowd.token_key=nobody-has-token-" + std::to_string(i)})
                   .result() == "rejected");
  stage.simulator.misbehave(
      Server::kConfluence,
      Fault::respond_with("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")
          .times(kFailuresToOpen + 1));
  for (int i = 0; i < kFailuresToOpen + 1; ++i)
    BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).reason() == "rate-limited");
  BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).user() == "alice");
}

BOOST_AUTO_TEST_CASE(one_client_neither_opens_it_nor_keeps_it_open) {
  Stage stage;
  stage.start(configuration("timeout=300ms retry=3s"));
  stage.httpd.log().expect("CCF0010: ");
  const std::string attacker = "127.0.0.66";
  int tokens = 0;
  const auto provoke = [&] {
    return stage.client(attacker).get(
        "/", {"Cookie: crowd.token_key=made-up-token-" + std::to_string(++tokens)});
  };
  const auto kinds = {unavailable(), Fault::reset(), Fault::hang(),
                      Fault::respond_with("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")};
  for (const Fault& kind : kinds) {
    stage.simulator.misbehave(Server::kConfluence, kind);
    for (int i = 0; i < kFailuresToOpen + 1; ++i) BOOST_TEST(provoke().source() == "exchange");
    stage.simulator.clear_faults();
    BOOST_TEST(ask_from(stage, 1).user() == "alice");
  }
  BOOST_TEST(stage.httpd.log().count("CCF0014: ") == 0U);

  // Now it is open, for good reasons that pass.
  stage.simulator.misbehave(Server::kConfluence, unavailable());
  fail_repeatedly(stage);
  stage.httpd.log().expect("CCF0015: ");
  BOOST_TEST(wait_until([&] { return !is_left_alone(provoke()); }));
  BOOST_TEST(is_left_alone(provoke()));
  stage.simulator.clear_faults();
  BOOST_TEST(ask_from(stage, 2).user() == "alice");
}

BOOST_AUTO_TEST_CASE(a_visitor_who_was_proven_opens_it) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE} retry=60\n" +
              location("/", "CrowdConfluenceSessionTTL 1s"));
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
  stage.simulator.misbehave(Server::kConfluence, unavailable());
  stage.httpd.log().allow("CCF0010: ");
  stage.httpd.log().expect("CCF0014: .*server-error");
  BOOST_TEST(wait_until([&] { return is_left_alone(stage.get("/", {alice})); }));
}

BOOST_AUTO_TEST_CASE(a_restart_closes_it) {
  for (const bool has_more : {false, true}) {
    Stage stage;
    stage.start(configuration("retry=60"));
    const std::string known = stage.cookie_line("bob");
    BOOST_TEST(stage.get("/", {known}).user() == "bob");
    stage.simulator.misbehave(Server::kConfluence, unavailable());
    fail_repeatedly(stage);
    BOOST_TEST(is_left_alone(ask_from(stage, 9)));
    stage.simulator.clear_faults();
    std::string more;
    for (int i = 0; has_more && i < 50; ++i)
      more += location("/more" + std::to_string(i) + "/",
                       "CrowdConfluenceURL http://127.0.0.1:1/" + std::to_string(i));
    stage.httpd.reconfigure(configuration("retry=60") + more);
    stage.httpd.restart_gracefully();
    // A child of the generation before may still take a connection or two.
    BOOST_TEST(wait_until([&] { return ask_from(stage, 9).user() == "alice"; }));
    // What was remembered still is.
    BOOST_TEST(stage.get("/", {known}).source() == "table");
  }
}

BOOST_AUTO_TEST_CASE(as_many_confluences_as_there_are_have_one_each) {
  constexpr int kMany = 40;
  Stage stage;
  std::string all = configuration("retry=60");
  for (int i = 0; i < kMany; ++i)
    all += location("/dead" + std::to_string(i) + "/",
                    "CrowdConfluenceURL http://127.0.0.1:1/" + std::to_string(i) + " retry=60");
  stage.start(all);
  stage.httpd.log().expect("CCF0010: .*refused");
  stage.httpd.log().expect("CCF0014: .*refused");
  const std::string alice = stage.cookie_line("alice");
  for (int i = 0; i < kMany; ++i) {
    const std::string path = "/dead" + std::to_string(i) + "/";
    for (int k = 0; k < kFailuresToOpen; ++k)
      BOOST_TEST(stage.get(path, {alice}).reason() == "refused");
    BOOST_TEST(is_left_alone(stage.get(path, {alice})));
  }
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
  BOOST_TEST(stage.httpd.log().count("CCF0014: ") == static_cast<std::size_t>(kMany));
}

BOOST_AUTO_TEST_CASE(failures_with_successes_between_do_not_open_it) {
  Stage stage;
  stage.start(configuration("retry=60"));
  stage.httpd.log().expect("CCF0010: .*server-error");
  for (int i = 0; i < 3; ++i) {
    stage.simulator.misbehave(Server::kConfluence, unavailable().times(kFailuresToOpen - 1));
    for (int failure = 1; failure < kFailuresToOpen; ++failure)
      BOOST_TEST(ask_from(stage, failure).reason() == "server-error");
    BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).user() == "alice");
  }
}

BOOST_AUTO_TEST_CASE(a_single_request_tries_whether_confluence_is_back) {
  Stage stage(several_children(Mpm::event, 3));
  stage.start(configuration("timeout=60 retry=300ms"));
  std::vector<Connection> connections = connect_to_children(stage);
  stage.simulator.misbehave(Server::kConfluence, unavailable());
  const auto before_opening = fail_repeatedly(stage);

  // The first trial fails. Nothing new is said of it but by the request that made it.
  const std::uint64_t before = stage.simulator.counters().confluence_requests;
  Response trial;
  BOOST_TEST(wait_until([&] {
    trial = stage.get("/", {stage.cookie_line("alice")});
    return !is_left_alone(trial);
  }));
  BOOST_TEST((steady_clock::now() - before_opening >= milliseconds(300)));
  BOOST_TEST(trial.reason() == "server-error");
  BOOST_TEST(stage.simulator.counters().confluence_requests == before + 1);

  // The next one takes long. Meanwhile all others are turned away, in all children.
  stage.simulator.clear_faults();
  stage.simulator.misbehave(Server::kConfluence, Fault::hang().once());
  std::future<Response> second = std::async(std::launch::async, [&] {
    const std::string alice = stage.cookie_line("alice");
    Client client = stage.client();
    Response response;
    if (!wait_until([&] {
          response = client.get("/", {alice});
          return !is_left_alone(response);
        }))
      throw std::runtime_error("there is no second trial");
    return response;
  });
  BOOST_TEST(stage.simulator.wait_for_hanging(1));
  for (Connection& connection : connections)
    BOOST_TEST(is_left_alone(connection.client.get("/", {stage.cookie_line("bob")})));
  BOOST_TEST(stage.simulator.counters().confluence_requests == before + 2);
  BOOST_TEST(stage.httpd.log().count("CCF0015: ") == 0U);

  stage.httpd.log().expect("notice.*CCF0015: ");
  stage.simulator.release();
  BOOST_TEST(second.get().user() == "alice");
  for (Connection& connection : connections)
    BOOST_TEST(connection.client.get("/", {stage.cookie_line("bob")}).user() == "bob");
  BOOST_TEST(stage.httpd.log().count("CCF0014: ") == 1U);
  BOOST_TEST(stage.httpd.log().count("CCF0015: ") == 1U);
}

BOOST_AUTO_TEST_CASE(a_trial_of_a_killed_child_is_over) {
  Stage stage(several_children(Mpm::event, 2));
  stage.start(configuration("timeout=60 retry=200ms"));
  stage.httpd.log().expect("CCF0015: ");
  std::vector<Connection> connections = connect_to_children(stage);
  stage.simulator.misbehave(Server::kConfluence, unavailable().times(kFailuresToOpen));
  fail_repeatedly(stage);
  stage.simulator.misbehave(Server::kConfluence, Fault::hang().once());
  Connection& trying = connections.front();
  std::future<bool> is_lost = std::async(std::launch::async, [&] {
    const std::string alice = stage.cookie_line("alice");
    try {
      return !wait_until([&] { return !is_left_alone(trying.client.get("/", {alice})); });
    } catch (const std::exception&) {
      return true;
    }
  });
  BOOST_TEST(stage.simulator.wait_for_hanging(1));
  kill_child(stage, trying.process);
  BOOST_TEST(is_lost.get());
  const std::string bob = stage.cookie_line("bob");
  BOOST_TEST(wait_until([&] { return stage.get("/", {bob}).user() == "bob"; }));
}

BOOST_AUTO_TEST_CASE(retry_after_lengthens_the_pause_up_to_ten_times) {
  BOOST_TEST((pause_after("retry=200ms", "Retry-After: 1\r\n") >= milliseconds(1000)));
  const auto capped = pause_after("retry=150ms", "Retry-After: 9223372036854775807\r\n");
  BOOST_TEST((capped < std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_CASE(nonsense_in_retry_after_is_ignored) {
  const auto pause = pause_after("retry=1500ms", "Retry-After: in a while\r\n");
  BOOST_TEST((pause >= milliseconds(1500)));
  BOOST_TEST((pause < std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_CASE(it_guards_each_confluence_by_itself) {
  atlassian::Simulator other(trusting_loopback());
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE} retry=60\n" + location("/") +
              location("/other/", "CrowdConfluenceURL " + other.confluence_url()));
  stage.simulator.misbehave(Server::kConfluence, unavailable());
  fail_repeatedly(stage);
  BOOST_TEST(is_left_alone(stage.get("/", {stage.cookie_line("alice")})));
  const std::string token = other.log_in("bob", "127.0.0.1");
  stage.keep_secret(token);
  BOOST_TEST(stage.get("/other/", {"Cookie: crowd.token_key=" + token}).user() == "bob");
}

BOOST_AUTO_TEST_SUITE_END()
