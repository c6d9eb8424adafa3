// One broker, against the simulated Crowd and Confluence.

#include "crowd_confluence/broker/session_broker.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "harness/broker_stage.h"
#include "harness/printing.h"
#include "simulator.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using atlassian::Fault;
using atlassian::Server;
using broker_stage::kAddress;
using broker_stage::Stage;

BOOST_AUTO_TEST_SUITE(session_broker)

BOOST_FIXTURE_TEST_CASE(finds_a_session, Stage) {
  const auto broker = make_broker();
  Outcome outcome;
  broker->find(alice(), outcome);
  BOOST_TEST(outcome.result == Result::session);
  BOOST_TEST(outcome.source == Source::exchange);
  BOOST_TEST(outcome.reason == Reason::known);
  BOOST_TEST(outcome.session.user() == "alice");
  BOOST_TEST(outcome.session.cookies().starts_with("JSESSIONID="));
}

BOOST_FIXTURE_TEST_CASE(leaves_nothing_of_an_earlier_outcome, Stage) {
  const auto broker = make_broker();
  Outcome outcome;
  broker->find(alice(), outcome);
  BOOST_TEST(outcome.result == Result::session);

  broker->find({.token = "n0b0dy", .address = kAddress}, outcome);
  BOOST_TEST(outcome.result == Result::rejected);
  BOOST_TEST(outcome.reason == Reason::anonymous);
  BOOST_TEST(outcome.source == Source::exchange);
  BOOST_TEST(outcome.session.empty());
  BOOST_TEST(outcome.session.user() == "");

  broker->find(alice(), outcome);
  simulator.configure_confluence([](atlassian::ConfluenceOptions& confluence) {
    confluence.maintenance = atlassian::Maintenance::kUnavailable;
  });
  broker->find({.token = "n0b0dy", .address = "127.0.0.9"}, outcome);
  BOOST_TEST(outcome.result == Result::unavailable);
  BOOST_TEST(outcome.reason == Reason::server_error);
  BOOST_TEST(outcome.session.empty());
  BOOST_TEST(!outcome.detail.empty());

  simulator.configure_confluence([](atlassian::ConfluenceOptions& confluence) {
    confluence.maintenance = atlassian::Maintenance::kNone;
  });
  broker->log_out(alice());
  broker->find(alice(), outcome);
  BOOST_TEST(outcome.source == Source::exchange);
  BOOST_TEST(outcome.result == Result::session);
  BOOST_TEST(outcome.detail == "");
}

BOOST_FIXTURE_TEST_CASE(tells_one_address_from_another, Stage) {
  const auto broker = make_broker();
  Outcome outcome;
  broker->find(alice(), outcome);
  BOOST_TEST(outcome.result == Result::session);
  broker->find({.token = token, .address = "127.0.0.3"}, outcome);
  BOOST_TEST(outcome.result == Result::rejected);
}

BOOST_FIXTURE_TEST_CASE(without_an_address_it_cannot_be_told, Stage) {
  const auto broker = make_broker();
  Outcome outcome;
  broker->find({.token = token, .address = {}}, outcome);
  BOOST_TEST(outcome.result == Result::unavailable);
  BOOST_TEST(outcome.reason == Reason::bad_address);
  BOOST_TEST(simulator.counters().confluence_requests == 0U);
}

BOOST_FIXTURE_TEST_CASE(does_not_wait_longer_than_told, Stage) {
  ConfluenceSettings impatient = settings();
  impatient.http.timeout = 300ms;
  const auto broker = make_broker(impatient);
  simulator.misbehave(Server::kConfluence, Fault::hang());
  Outcome outcome;
  const auto start = std::chrono::steady_clock::now();
  broker->find(alice(), outcome);
  BOOST_TEST((std::chrono::steady_clock::now() - start < 300ms + 5s));
  BOOST_TEST(outcome.result == Result::unavailable);
  BOOST_TEST(outcome.reason == Reason::timeout);
  BOOST_TEST(outcome.session.empty());
}

BOOST_FIXTURE_TEST_CASE(serves_many_threads_each_with_its_own_user, Stage) {
  const auto broker = make_broker();
  const std::vector<std::string> users{"alice", "bob", "carol"};
  constexpr std::size_t kThreads = 6;
  constexpr std::size_t kRounds = 20;
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < kThreads * kRounds; ++i)
    tokens.push_back(simulator.log_in(users[i % users.size()], kAddress));
  std::atomic<std::size_t> right{0};
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t round = 0; round < kRounds; ++round) {
        const std::size_t i = round * kThreads + thread;
        Outcome outcome;
        broker->find({.token = tokens[i], .address = kAddress}, outcome);
        if (outcome.source == Source::exchange && outcome.result == Result::session &&
            outcome.session.user() == users[i % users.size()])
          ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(right == kThreads * kRounds);
}

BOOST_AUTO_TEST_SUITE_END()
