// Many requests at once: one exchange for a visitor, and never all threads waiting for Confluence.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <map>
#include <set>

#include "children.h"
#include "stage.h"
#include "wait.h"

using namespace module_tests;
using atlassian::Fault;
using atlassian::Server;

namespace {

using std::chrono::steady_clock;
using Responses = std::vector<std::future<Response>>;

std::string configuration(const std::string& parameters, const std::string& directives = {}) {
  return "CrowdConfluenceURL ${CONFLUENCE} " + parameters + "\n" + location("/", directives) +
         "<Location /static>\nProxyPass !\n</Location>\n" + children_configuration();
}

/// So many requests at once, each over a connection of its own.
Responses send(Stage& stage, std::size_t n, const std::string& cookie,
               const std::string& address = "127.0.0.1") {
  Responses responses;
  for (std::size_t i = 0; i < n; ++i)
    responses.push_back(std::async(std::launch::async, [&stage, cookie, address] {
      return stage.client(address).get("/", {cookie});
    }));
  return responses;
}

/// One request over this connection.
std::future<Response> send(Connection& connection, const std::string& cookie) {
  return std::async(std::launch::async,
                    [&connection, cookie] { return connection.client.get("/", {cookie}); });
}

/// While Confluence is asked for a visitor, many more requests of the same one come. Then `decide`
/// says how Confluence answers. Gives the number of responses by their source; all others are
/// alike.
std::map<std::string, std::size_t> ask_at_once(Stage& stage, std::size_t requests,
                                               const std::string& cookie,
                                               const std::function<void()>& decide,
                                               const std::string& result,
                                               const std::string& reason) {
  stage.simulator.reset_counters();
  stage.simulator.misbehave(Server::kConfluence, Fault::hang().once());
  Responses responses = send(stage, requests, cookie);
  BOOST_TEST(wait_for_requests_at_work(stage, requests));
  BOOST_TEST(stage.simulator.wait_for_hanging(1));
  decide();
  stage.simulator.release();
  std::map<std::string, std::size_t> sources;
  for (auto& each : responses) {
    const Response response = each.get();
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.result() == result);
    BOOST_TEST(response.reason() == reason);
    ++sources[response.source()];
  }
  BOOST_TEST(stage.simulator.counters().confluence_requests == 1U);
  return sources;
}

/// All requests of the app have the one session.
void check_that_app_saw_one_session(const Stage& stage, std::size_t requests) {
  std::set<std::string> sessions;
  const std::vector<AppRequest> seen = stage.app.requests();
  BOOST_TEST(seen.size() == requests);
  for (const AppRequest& request : seen)
    for (const std::string& session : request.cookie("JSESSIONID")) sessions.insert(session);
  BOOST_TEST(sessions.size() == 1U);
}

void check_that_first_requests_share_an_exchange(Mpm mpm) {
  constexpr unsigned kRequests = 100;
  constexpr unsigned kThreads = 25;
  // Those of the child that is allowed besides are left for the status.
  Stage stage(
      several_children(mpm, mpm == Mpm::prefork ? kRequests : kRequests / kThreads, kThreads));
  stage.start(configuration("timeout=60 max=1000"));
  const auto sources = ask_at_once(
      stage, kRequests, stage.cookie_line("alice"), [] {}, "session", "known");
  BOOST_TEST(sources.at("exchange") == 1U);
  BOOST_TEST(sources.at("follower") >= kRequests / 2);
  BOOST_TEST(stage.simulator.counters().sessions_created == 1U);
  check_that_app_saw_one_session(stage, kRequests);
}

/// A child that asks Confluence is killed: those in other children who waited for it are answered
/// long before any time-out.
void check_that_a_killed_leader_delays_nobody_for_long(Mpm mpm) {
  Stage stage(several_children(mpm, mpm == Mpm::prefork ? 6 : 3));
  stage.start(configuration("timeout=60 max=1000"));
  std::vector<Connection> connections = connect_to_children(stage);
  const std::string alice = stage.cookie_line("alice");
  stage.simulator.misbehave(Server::kConfluence, Fault::hang().once());

  Connection& leader = connections.front();
  std::future<Response> lost = send(leader, alice);
  BOOST_TEST(stage.simulator.wait_for_hanging(1));
  Responses followers;
  for (Connection& connection : connections)
    if (connection.process != leader.process) followers.push_back(send(connection, alice));
  BOOST_TEST(wait_for_requests_at_work(stage, followers.size() + 1));
  BOOST_TEST(stage.simulator.counters().confluence_requests == 1U);

  const auto killed = steady_clock::now();
  kill_child(stage, leader.process);
  std::size_t exchanges = 0;
  for (auto& each : followers) {
    const Response response = each.get();
    BOOST_TEST(response.user() == "alice");
    if (response.source() == "exchange") ++exchanges;
  }
  BOOST_TEST((steady_clock::now() - killed < std::chrono::seconds(10)));
  BOOST_TEST(exchanges == 1U);
  BOOST_TEST(stage.simulator.counters().confluence_requests == 2U);
  BOOST_CHECK_THROW(lost.get(), std::runtime_error);
}

bool is_turned_away(const Response& response) {
  return response.result() == "unavailable" && response.reason() == "too-many-waiting";
}

/// The first connection, then those of other children.
std::vector<Connection*> first_and_others(std::vector<Connection>& connections) {
  std::vector<Connection*> result = {&connections.front()};
  for (Connection& connection : connections)
    if (connection.process != connections.front().process) result.push_back(&connection);
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(concurrency)

BOOST_AUTO_TEST_CASE(a_hundred_first_requests_share_an_exchange_with_event) {
  check_that_first_requests_share_an_exchange(Mpm::event);
}
BOOST_AUTO_TEST_CASE(a_hundred_first_requests_share_an_exchange_with_prefork) {
  check_that_first_requests_share_an_exchange(Mpm::prefork);
}

BOOST_AUTO_TEST_CASE(a_failure_is_shared_too) {
  constexpr std::size_t kRequests = 16;
  Stage stage(several_children(Mpm::event, 4, 4));
  stage.start(configuration("timeout=60 max=1000"));
  stage.httpd.log().expect("CCF0010: .*server-error");
  const auto fail = [&] {
    stage.simulator.configure_confluence(
        [](auto& it) { it.maintenance = atlassian::Maintenance::kUnavailable; });
  };
  const auto sources = ask_at_once(stage, kRequests, stage.cookie_line("alice"), fail,
                                   "unavailable", "server-error");
  BOOST_TEST(sources.at("exchange") == 1U);
  BOOST_TEST(sources.at("follower") == kRequests - 1);
  // One request reports it.
  BOOST_TEST(stage.httpd.log().count("warn.*CCF0010: ") == 1U);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_shared_although_it_is_not_remembered) {
  constexpr std::size_t kRequests = 16;
  Stage stage(several_children(Mpm::event, 4, 4));
  stage.start(configuration("timeout=60 max=1000", "CrowdConfluenceRejectionTTL 0"));
  const std::string token = stage.simulator.log_in("alice", "127.0.0.1");
  stage.keep_secret(token);
  const auto log_out = [&] { BOOST_TEST(stage.simulator.log_out(token)); };
  const auto sources = ask_at_once(stage, kRequests, "Cookie: crowd.token_key=" + token, log_out,
                                   "rejected", "anonymous");
  BOOST_TEST(sources.at("exchange") == 1U);
  BOOST_TEST(sources.at("follower") == kRequests - 1);
}

BOOST_AUTO_TEST_CASE(visitors_do_not_wait_for_each_other) {
  Stage stage(several_children(Mpm::event, 2, 4));
  stage.start(configuration("timeout=60 max=1000"));
  const std::string alice = stage.cookie_line("alice");
  stage.simulator.misbehave(Server::kConfluence, Fault::hang().once());
  Responses waiting = send(stage, 3, alice);
  BOOST_TEST(stage.simulator.wait_for_hanging(1));
  BOOST_TEST(stage.get("/", {stage.cookie_line("bob")}).user() == "bob");
  BOOST_TEST(stage.simulator.counters().hanging == 1U);
  stage.simulator.release();
  for (auto& each : waiting) BOOST_TEST(each.get().user() == "alice");
}

BOOST_AUTO_TEST_CASE(a_killed_leader_delays_nobody_for_long_with_event) {
  check_that_a_killed_leader_delays_nobody_for_long(Mpm::event);
}
BOOST_AUTO_TEST_CASE(a_killed_leader_delays_nobody_for_long_with_prefork) {
  check_that_a_killed_leader_delays_nobody_for_long(Mpm::prefork);
}

BOOST_AUTO_TEST_CASE(the_limit_holds_over_all_children_and_survives_one_of_them) {
  for (const Mpm mpm : {Mpm::event, Mpm::prefork}) {
    Stage stage(several_children(mpm, mpm == Mpm::prefork ? 8 : 4));
    stage.start(configuration("timeout=60 max=3"));
    std::vector<Connection> all = connect_to_children(stage);
    const std::vector<Connection*> use = first_and_others(all);
    BOOST_REQUIRE(use.size() >= 5U);

    // Two lead and one follows: all three wait.
    stage.simulator.misbehave(Server::kConfluence, Fault::hang().times(2));
    const std::string alice = stage.cookie_line("alice");
    const std::string bob = stage.cookie_line("bob");
    std::future<Response> lost = send(*use[0], alice);
    BOOST_TEST(stage.simulator.wait_for_hanging(1));
    std::future<Response> leader = send(*use[1], bob);
    BOOST_TEST(stage.simulator.wait_for_hanging(2));
    std::future<Response> follower = send(*use[2], bob);
    BOOST_TEST(wait_for_requests_at_work(stage, 3));

    const std::string carol = stage.cookie_line("carol");
    const auto asked = steady_clock::now();
    // A new visitor each time: who comes before the follower has its place gets a session.
    BOOST_TEST(wait_until(
        [&] { return is_turned_away(use[3]->client.get("/", {stage.cookie_line("carol")})); }));
    BOOST_TEST(is_turned_away(use[4]->client.get("/", {stage.cookie_line("carol")})));
    BOOST_TEST(is_turned_away(use[3]->client.get("/", {bob})));
    BOOST_TEST((steady_clock::now() - asked < std::chrono::seconds(10)));

    // The place of a killed child's thread is free again, and only that one.
    kill_child(stage, use[0]->process);
    BOOST_CHECK_THROW(lost.get(), std::runtime_error);
    BOOST_TEST(wait_until([&] { return use[3]->client.get("/", {carol}).user() == "carol"; }));
    stage.simulator.misbehave(Server::kConfluence, Fault::hang().once());
    const std::uint64_t before = stage.simulator.counters().confluence_requests;
    std::future<Response> third = send(*use[4], stage.cookie_line("alice"));
    BOOST_TEST(stage.simulator.wait_for_requests(Server::kConfluence, before + 1));
    BOOST_TEST(is_turned_away(use[3]->client.get("/", {stage.cookie_line("carol")})));

    stage.simulator.release();
    BOOST_TEST(leader.get().user() == "bob");
    BOOST_TEST(follower.get().user() == "bob");
    BOOST_TEST(third.get().user() == "alice");
    // All places are free again.
    BOOST_TEST(use[3]->client.get("/", {stage.cookie_line("carol")}).user() == "carol");
  }
}

BOOST_AUTO_TEST_CASE(a_dead_confluence_leaves_half_of_the_threads_to_others) {
  Stage stage(several_children(Mpm::event, 3, 4));
  constexpr std::size_t kAllThreads = (3 + 1) * 4;
  constexpr std::size_t kMayWait = kAllThreads / 2;
  stage.start(configuration("timeout=60"));
  stage.httpd.write("htdocs/static/page.html", "a page");
  stage.simulator.misbehave(Server::kConfluence, Fault::hang());
  // More than there are threads, each of another visitor at another address. One of the places
  // is for visitors who were proven before.
  constexpr std::size_t kRequests = 40;
  constexpr std::size_t kWait = kMayWait - 1;
  Responses responses;
  for (std::size_t i = 0; i < kRequests; ++i) {
    const std::string address = "127.0.1." + std::to_string(i + 1);
    Responses one = send(stage, 1, stage.cookie_line("alice", address), address);
    responses.push_back(std::move(one.front()));
  }
  BOOST_TEST(stage.simulator.wait_for_hanging(kWait));
  for (int i = 0; i < 20; ++i) {
    const auto asked = steady_clock::now();
    const Response page = stage.get("/static/page.html", {stage.cookie_line("bob")});
    BOOST_TEST(page.status == 200);
    BOOST_TEST(page.body == "a page");
    BOOST_TEST((steady_clock::now() - asked < std::chrono::seconds(5)));
  }
  // All the others are answered while these wait.
  BOOST_TEST(wait_until([&] { return stage.app.requests().size() == kRequests - kWait; }));
  BOOST_TEST(stage.simulator.counters().hanging == kWait);
  stage.simulator.clear_faults();
  std::map<std::string, std::size_t> results;
  for (auto& each : responses) {
    const Response response = each.get();
    BOOST_TEST((response.user() == "alice" || is_turned_away(response)));
    ++results[response.result()];
  }
  BOOST_TEST(results["session"] == kWait);
}

BOOST_AUTO_TEST_SUITE_END()
