// Brokers that remember: hits, one exchange for many, limits, the breaker.

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "crowd_confluence/broker/session_broker.h"
#include "harness/broker_stage.h"
#include "harness/printing.h"
#include "support/raw_server.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using atlassian::Fault;
using atlassian::Server;
using broker_stage::find;
using broker_stage::kAddress;
using broker_stage::Stage;
using processes::Child;
using processes::eventually;
using processes::kSanitized;
namespace utf = boost::unit_test;

namespace {

/// How often somebody who misses looks at the clock until it waits for Confluence or a leader.
constexpr int kLooksUntilWaiting = 4;

/// Many threads that ask at once, of which it is known when all wait.
class Crowd {
 public:
  Crowd(Stage& stage, SessionBroker& broker, std::vector<Visitor> visitors)
      : outcomes_(visitors.size()) {
    const int looks_before = stage.clock.looks();
    for (std::size_t i = 0; i < visitors.size(); ++i)
      threads_.emplace_back(
          [this, &broker, i, visitor = visitors[i]] { broker.find(visitor, outcomes_[i]); });
    const auto expected = looks_before + kLooksUntilWaiting * static_cast<int>(visitors.size());
    all_wait_ = eventually([&] {
      return stage.clock.looks() >= expected && stage.upstream().waiting() == visitors.size();
    });
  }
  ~Crowd() { outcomes(); }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  bool all_wait() const { return all_wait_; }
  const std::vector<Outcome>& outcomes() {
    for (auto& thread : threads_)
      if (thread.joinable()) thread.join();
    return outcomes_;
  }
  std::ptrdiff_t count(Result result, Source source) {
    const auto& all = outcomes();
    return std::count_if(all.begin(), all.end(), [&](const Outcome& outcome) {
      return outcome.result == result && outcome.source == source;
    });
  }

 private:
  std::vector<Outcome> outcomes_;
  std::vector<std::thread> threads_;
  bool all_wait_ = false;
};

constexpr std::size_t kMany = kSanitized ? 30 : 100;

}  // namespace

BOOST_AUTO_TEST_SUITE(session_broker_table)

BOOST_FIXTURE_TEST_CASE(a_hit_makes_no_exchange, Stage) {
  const auto broker = make_broker();
  const Outcome first = find(*broker, alice());
  BOOST_TEST(first.result == Result::session);
  BOOST_TEST(first.source == Source::exchange);
  for (int i = 0; i < 50; ++i) {
    const Outcome next = find(*broker, alice());
    BOOST_TEST(next.result == Result::session);
    BOOST_TEST(next.source == Source::table);
    BOOST_TEST(next.reason == Reason::known);
    BOOST_TEST(next.session.user() == "alice");
    BOOST_TEST((next.session.cookies() == first.session.cookies()));
  }
  BOOST_TEST(exchanges() == 1u);
  BOOST_TEST(upstream().waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_session_is_used_until_its_time_is_over, Stage) {
  const auto broker = make_broker();
  find(*broker, alice());
  clock.advance(policy.session_ttl - 1ms);
  BOOST_TEST(find(*broker, alice()).source == Source::table);
  clock.advance(1ms);
  BOOST_TEST(find(*broker, alice()).source == Source::exchange);
  BOOST_TEST(exchanges() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_is_remembered_for_a_shorter_time, Stage) {
  const auto broker = make_broker();
  const Visitor nobody{.token = "n0b0dy", .address = kAddress};
  BOOST_TEST(find(*broker, nobody).source == Source::exchange);
  clock.advance(policy.rejection_ttl - 1ms);
  const Outcome remembered = find(*broker, nobody);
  BOOST_TEST(remembered.result == Result::rejected);
  BOOST_TEST(remembered.source == Source::table);
  BOOST_TEST(remembered.reason == Reason::anonymous);
  BOOST_TEST(remembered.session.empty());
  clock.advance(1ms);
  BOOST_TEST(find(*broker, nobody).source == Source::exchange);
}

BOOST_FIXTURE_TEST_CASE(refusals_need_not_be_remembered, Stage) {
  policy.rejection_ttl = 0ms;
  const auto broker = make_broker();
  const Visitor nobody{.token = "n0b0dy", .address = kAddress};
  for (std::uint64_t i = 1; i <= 3; ++i) {
    BOOST_TEST(find(*broker, nobody).source == Source::exchange);
    BOOST_TEST(exchanges() == i);
  }
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_told_is_not_remembered, Stage) {
  const auto broker = make_broker();
  confluence_goes_down();
  BOOST_TEST(find(*broker, alice()).result == Result::unavailable);
  confluence_comes_back();
  BOOST_TEST(find(*broker, alice()).result == Result::session);
}

BOOST_FIXTURE_TEST_CASE(each_address_has_an_entry_of_its_own, Stage) {
  const auto broker = make_broker();
  find(*broker, alice());
  const Visitor thief{.token = token, .address = "127.0.0.3"};
  BOOST_TEST(find(*broker, thief).result == Result::rejected);
  BOOST_TEST(find(*broker, thief).source == Source::table);
  BOOST_TEST(find(*broker, alice()).result == Result::session);
  BOOST_TEST(find(*broker, alice()).source == Source::table);
  BOOST_TEST(exchanges() == 2u);
  BOOST_TEST(machine.parts.table.count() == 2u);
}

BOOST_FIXTURE_TEST_CASE(brokers_of_the_same_confluence_share, Stage) {
  const auto broker = make_broker();
  find(*broker, alice());
  BOOST_TEST(find(*make_broker(), alice()).source == Source::table);
  ConfluenceSettings other = settings();
  other.probe.user_field = "displayName";
  BOOST_TEST(find(*make_broker(other), alice()).source == Source::exchange);
}

BOOST_FIXTURE_TEST_CASE(many_first_requests_make_one_exchange, Stage, *utf::timeout(100)) {
  const auto broker = make_broker();
  simulator.misbehave(Server::kConfluence, Fault::hang());
  Crowd crowd(*this, *broker, std::vector<Visitor>(kMany, alice()));
  BOOST_TEST(crowd.all_wait());
  simulator.clear_faults();
  BOOST_TEST(crowd.count(Result::session, Source::exchange) == 1);
  BOOST_TEST(crowd.count(Result::session, Source::follower) == std::ptrdiff_t{kMany - 1});
  for (const Outcome& outcome : crowd.outcomes())
    BOOST_TEST((outcome.session.cookies() == crowd.outcomes()[0].session.cookies()));
  BOOST_TEST(exchanges() == 1u);
  BOOST_TEST(simulator.counters().sessions_created == 1u);
  BOOST_TEST(upstream().waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_failure_is_shared_too, Stage, *utf::timeout(100)) {
  const auto broker = make_broker();
  simulator.misbehave(Server::kConfluence, Fault::hang());
  Crowd crowd(*this, *broker, std::vector<Visitor>(kMany, alice()));
  BOOST_TEST(crowd.all_wait());
  confluence_goes_down();
  simulator.clear_faults();
  BOOST_TEST(crowd.count(Result::unavailable, Source::exchange) == 1);
  BOOST_TEST(crowd.count(Result::unavailable, Source::follower) == std::ptrdiff_t{kMany - 1});
  for (const Outcome& outcome : crowd.outcomes())
    BOOST_TEST(outcome.reason == Reason::server_error);
  BOOST_TEST(simulator.counters().confluence_requests == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_is_shared_even_when_it_is_not_remembered, Stage) {
  policy.rejection_ttl = 0ms;
  const auto broker = make_broker();
  simulator.misbehave(Server::kConfluence, Fault::hang());
  Crowd crowd(*this, *broker,
              std::vector<Visitor>(10, Visitor{.token = "n0b0dy", .address = kAddress}));
  BOOST_TEST(crowd.all_wait());
  simulator.clear_faults();
  BOOST_TEST(crowd.count(Result::rejected, Source::exchange) == 1);
  BOOST_TEST(crowd.count(Result::rejected, Source::follower) == 9);
  BOOST_TEST(exchanges() == 1u);
}

BOOST_FIXTURE_TEST_CASE(many_processes_make_one_exchange, Stage, *utf::timeout(100)) {
  const auto broker = make_broker();
  simulator.misbehave(Server::kConfluence, Fault::hang());
  constexpr int kProcesses = 12;
  const int looks_before = clock.looks();
  std::deque<Child> children;
  for (int i = 0; i < kProcesses; ++i)
    children.emplace_back([&] {
      const Outcome outcome = find(*broker, alice());
      return outcome.result == Result::session && outcome.session.user() == "alice";
    });
  BOOST_TEST(
      eventually([&] { return clock.looks() - looks_before >= kProcesses * kLooksUntilWaiting; }));
  simulator.clear_faults();
  for (Child& child : children) BOOST_TEST(child.succeeds());
  BOOST_TEST(exchanges() == 1u);
  BOOST_TEST(find(*broker, alice()).source == Source::table);
}

BOOST_FIXTURE_TEST_CASE(a_killed_leader_is_replaced_when_its_end_is_known, Stage,
                        *utf::timeout(100)) {
  const auto broker = make_broker();
  simulator.misbehave(Server::kConfluence, Fault::hang().once());
  Child leader([&] { return find(*broker, alice()).result == Result::session; });
  BOOST_TEST_REQUIRE(simulator.wait_for_hanging(1));
  const int looks_before = clock.looks();
  Outcome outcome;
  std::thread follower([&] { broker->find(alice(), outcome); });
  BOOST_TEST(eventually([&] { return clock.looks() - looks_before >= kLooksUntilWaiting; }));
  const pid_t process = leader.id();
  leader.kill();
  machine.state.process_ended(process);
  follower.join();
  BOOST_TEST(outcome.result == Result::session);
  BOOST_TEST(outcome.source == Source::exchange);
  BOOST_TEST(exchanges() == 2u);
  BOOST_TEST(upstream().waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(when_what_was_shared_is_gone_before_they_see_it_one_asks_again, Stage,
                        *utf::timeout(100)) {
  const auto broker = make_broker();
  simulator.misbehave(Server::kConfluence, Fault::hang().once());
  const auto finds = [&] { return find(*broker, alice()).result == Result::session; };
  Child leader(finds);
  BOOST_TEST_REQUIRE(simulator.wait_for_hanging(1));
  constexpr int kFollowers = 6;
  const int looks_before = clock.looks();
  std::deque<Child> followers;
  for (int i = 0; i < kFollowers; ++i) followers.emplace_back(finds);
  BOOST_TEST(
      eventually([&] { return clock.looks() - looks_before >= kFollowers * kLooksUntilWaiting; }));
  for (const Child& follower : followers) ::kill(follower.id(), SIGSTOP);
  simulator.clear_faults();
  BOOST_TEST(leader.succeeds());
  broker->log_out(alice());
  for (const Child& follower : followers) follower.go_on();
  for (Child& follower : followers) BOOST_TEST(follower.succeeds());
  BOOST_TEST(exchanges() == 2u);
}

BOOST_FIXTURE_TEST_CASE(no_more_than_allowed_wait, Stage) {
  policy.max_waiting = 3;
  const auto broker = make_broker();
  const std::string bobs = simulator.log_in("bob", kAddress);
  const Visitor bob{.token = bobs, .address = kAddress};
  const std::string carols = simulator.log_in("carol", kAddress);
  BOOST_TEST(find(*broker, bob).result == Result::session);
  simulator.misbehave(Server::kConfluence, Fault::hang());
  {
    // One that leads, and one that follows, and another who leads.
    Crowd crowd(*this, *broker, {alice(), alice(), {.token = "n0b0dy", .address = kAddress}});
    BOOST_TEST(crowd.all_wait());
    for (const Visitor& visitor : {alice(), Visitor{.token = carols, .address = kAddress}}) {
      const Outcome outcome = find(*broker, visitor);
      BOOST_TEST(outcome.result == Result::unavailable);
      BOOST_TEST(outcome.reason == Reason::too_many_waiting);
      BOOST_TEST(outcome.source == Source::none);
    }
    BOOST_TEST(find(*broker, bob).source == Source::table);  // hits do not wait
    simulator.clear_faults();
    BOOST_TEST(crowd.count(Result::session, Source::follower) == 1);
  }
  BOOST_TEST(find(*broker, {.token = carols, .address = kAddress}).result == Result::session);
}

BOOST_FIXTURE_TEST_CASE(a_failing_confluence_is_left_alone_and_tried_again, Stage) {
  const auto broker = make_broker();
  simulator.stop_listening(Server::kConfluence);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(events.opened == 0);
    BOOST_TEST(find(*broker, alice()).reason == Reason::refused);
  }
  BOOST_TEST(events.opened == 1);
  BOOST_TEST(events.last_reason.load() == Reason::refused);
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = find(*broker, alice());
    BOOST_TEST(outcome.result == Result::unavailable);
    BOOST_TEST(outcome.reason == Reason::breaker_open);
    BOOST_TEST(outcome.source == Source::none);
  }
  clock.advance(policy.retry - 1ms);
  BOOST_TEST(find(*broker, alice()).reason == Reason::breaker_open);
  clock.advance(1ms);
  BOOST_TEST(find(*broker, alice()).reason == Reason::refused);  // the trial
  BOOST_TEST(find(*broker, alice()).reason == Reason::breaker_open);
  BOOST_TEST(events.opened == 1);

  simulator.start_listening(Server::kConfluence);
  BOOST_TEST(find(*broker, alice()).reason == Reason::breaker_open);
  BOOST_TEST(exchanges() == 0u);
  clock.advance(policy.retry);
  BOOST_TEST(find(*broker, alice()).result == Result::session);
  BOOST_TEST(events.closed == 1);
  BOOST_TEST(find(*broker, {.token = "n0b0dy", .address = kAddress}).result == Result::rejected);
  BOOST_TEST(events.closed == 1);
  BOOST_TEST(events.opened == 1);
}

BOOST_FIXTURE_TEST_CASE(one_request_is_the_trial_and_hits_go_on, Stage) {
  const auto broker = make_broker();
  policy.session_ttl = 1h;
  const auto patient = make_broker();
  const std::string bobs = simulator.log_in("bob", kAddress);
  const Visitor bob{.token = bobs, .address = kAddress};
  BOOST_TEST(find(*patient, bob).result == Result::session);

  confluence_goes_down();
  for (int i = 0; i < 3; ++i) find(*broker, alice());
  BOOST_TEST(events.opened == 1);
  clock.advance(policy.retry);
  confluence_comes_back();
  simulator.misbehave(Server::kConfluence, Fault::hang());
  std::thread trial([&] { BOOST_TEST(find(*broker, alice()).result == Result::session); });
  BOOST_TEST(simulator.wait_for_hanging(1));
  BOOST_TEST(find(*broker, alice()).reason == Reason::breaker_open);
  BOOST_TEST(find(*broker, {.token = "x", .address = kAddress}).reason == Reason::breaker_open);
  BOOST_TEST(find(*patient, bob).source == Source::table);
  simulator.clear_faults();
  trial.join();
  BOOST_TEST(events.closed == 1);
  BOOST_TEST(find(*broker, {.token = "x", .address = kAddress}).result == Result::rejected);
}

BOOST_FIXTURE_TEST_CASE(one_broken_account_shuts_out_nobody_else, Stage) {
  const auto broker = make_broker();
  for (int i = 0; i < 10; ++i) {
    simulator.misbehave(Server::kConfluence,
                        Fault::respond_with("HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n"));
    const Outcome broken = find(*broker, alice());
    BOOST_TEST(broken.result == Result::unavailable);
    BOOST_TEST(broken.reason == (i < 3 ? Reason::server_error : Reason::breaker_open));
    simulator.clear_faults();
    if (i % 2 == 0) continue;
    const std::string other = simulator.log_in("bob", kAddress);
    BOOST_TEST(find(*broker, {.token = other, .address = kAddress}).result == Result::session);
  }
  BOOST_TEST(events.opened == 0);
  clock.advance(policy.retry);
  BOOST_TEST(find(*broker, alice()).result == Result::session);
}

BOOST_FIXTURE_TEST_CASE(a_visitor_who_returns_has_the_same_session_at_confluence, Stage) {
  const auto broker = make_broker();
  const Session first = find(*broker, alice()).session;
  clock.advance(policy.session_ttl);
  const Outcome again = find(*broker, alice());
  BOOST_TEST(again.source == Source::exchange);
  BOOST_TEST(again.session.cookies() == first.cookies());
  BOOST_TEST(simulator.counters().sessions_created == 1U);
  // What was dropped is none of his any more.
  broker->log_out(alice());
  BOOST_TEST(find(*broker, alice()).source == Source::exchange);
  BOOST_TEST(simulator.counters().sessions_created == 2U);
}

BOOST_FIXTURE_TEST_CASE(nor_is_what_was_of_no_use, Stage) {
  const auto broker = make_broker();
  find(*broker, alice());
  clock.advance(policy.session_ttl);
  // The node of a cluster on which it lives is down, say.
  confluence_goes_down();
  BOOST_TEST(find(*broker, alice()).reason == Reason::server_error);
  confluence_comes_back();
  BOOST_TEST(find(*broker, alice()).result == Result::session);
  BOOST_TEST(!simulator.requests(Server::kConfluence).back().cookie("JSESSIONID").has_value());
}

BOOST_FIXTURE_TEST_CASE(a_visitor_who_returns_to_a_confluence_that_was_restarted_gets_a_new_one,
                        Stage) {
  simulator.configure_confluence([](atlassian::ConfluenceOptions& confluence) {
    confluence.foreign_session = atlassian::ForeignSession::kUnauthorized;
  });
  const auto broker = make_broker();
  const Session first = find(*broker, alice()).session;
  clock.advance(policy.session_ttl);
  simulator.restart_confluence();
  const Outcome again = find(*broker, alice());
  BOOST_TEST(again.result == Result::session);
  BOOST_TEST(again.session.cookies() != first.cookies());
}

BOOST_FIXTURE_TEST_CASE(who_cannot_be_asked_for_tells_the_breaker_nothing, Stage) {
  const auto broker = make_broker();
  // Without an address there is no exchange, and with this one no request.
  const Visitor lost{.token = token, .address = {}};
  const Visitor broken{.token = token, .address = "127.0.0.2\r\nX: y"};
  simulator.stop_listening(Server::kConfluence);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(find(*broker, lost).reason == Reason::bad_address);
    BOOST_TEST(find(*broker, broken).reason == Reason::internal);
    BOOST_TEST(find(*broker, alice()).reason == Reason::refused);
  }
  BOOST_TEST(events.opened == 1);
  BOOST_TEST(find(*broker, lost).reason == Reason::bad_address);
  clock.advance(policy.retry);
  BOOST_TEST(find(*broker, lost).reason == Reason::bad_address);
  BOOST_TEST(find(*broker, alice()).reason == Reason::refused);  // the trial was not taken
  clock.advance(policy.retry);
  BOOST_TEST(find(*broker, broken).reason == Reason::internal);
  BOOST_TEST(find(*broker, alice()).reason == Reason::refused);  // this was the trial
  BOOST_TEST(find(*broker, alice()).reason == Reason::breaker_open);
  BOOST_TEST(events.closed == 0);
  for (std::uint32_t i = 0; i < policy.max_waiting; ++i) upstream().enter(policy.max_waiting);
  BOOST_TEST(find(*broker, lost).reason == Reason::bad_address);
}

BOOST_FIXTURE_TEST_CASE(a_way_that_is_broken_does_not_block_another, Stage) {
  const auto broker = make_broker();
  ConfluenceSettings bad = settings();
  simulator.stop_listening(Server::kConfluence);
  bad.http.verify_peer = false;
  const auto other = make_broker(bad);
  for (int i = 0; i < 3; ++i) find(*other, alice());
  BOOST_TEST(find(*other, alice()).reason == Reason::breaker_open);
  simulator.start_listening(Server::kConfluence);
  BOOST_TEST(find(*broker, alice()).result == Result::session);
}

BOOST_FIXTURE_TEST_CASE(what_is_just_being_written_is_known_where_nobody_may_wait, Stage,
                        *utf::precondition(processes::can_stop_at_writes)) {
  const auto broker = make_broker();
  const Session session = find(*broker, alice()).session;
  const VisitorKey key = VisitorHash(machine.state.secret(), settings()).key_of(alice());
  const auto is_known = [&] {
    Outcome outcome;
    return machine.parts.table.find(key, clock.now(), 1s, outcome).is_found;
  };
  for (const bool too_many : {true, false}) {
    if (too_many) {
      for (std::uint32_t i = 0; i < policy.max_waiting; ++i) upstream().enter(policy.max_waiting);
    } else {
      for (std::uint32_t i = 0; i < policy.max_waiting; ++i) upstream().leave();
      for (int i = 0; i < 3; ++i) upstream().failed(clock.now(), 1h, std::nullopt);
    }
    std::size_t write = 0;
    std::optional<Child> writer;
    do {
      writer.reset();
      writer.emplace(processes::stop_before_write(machine.memory, write++, [&] {
        machine.parts.table.put_session(key, clock.now(), 1h, Reason::known, session);
      }));
    } while (is_known());
    const int looks = clock.looks();
    Outcome outcome;
    std::thread reader([&] { broker->find(alice(), outcome); });
    // When it misses, when it is to ask, and when it looks once more.
    BOOST_TEST(eventually([&] { return clock.looks() - looks >= 3; }));
    writer->go_on();
    BOOST_TEST(writer->succeeds());
    reader.join();
    BOOST_TEST(outcome.result == Result::session);
    BOOST_TEST(outcome.source == Source::table);
  }
  BOOST_TEST(exchanges() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_failing_confluence_may_ask_for_more_time, Stage) {
  const auto broker = make_broker();
  confluence_goes_down("60");
  for (int i = 0; i < 3; ++i) BOOST_TEST(find(*broker, alice()).reason == Reason::server_error);
  confluence_comes_back();
  clock.advance(60s - 1ms);
  BOOST_TEST(find(*broker, alice()).reason == Reason::breaker_open);
  clock.advance(1ms);
  BOOST_TEST(find(*broker, alice()).result == Result::session);
}

BOOST_FIXTURE_TEST_CASE(one_users_rate_limit_does_not_open_the_breaker, Stage) {
  const auto broker = make_broker();
  simulator.misbehave(Server::kConfluence,
                      Fault::respond_with("HTTP/1.1 429 Too Many Requests\r\n"
                                          "Retry-After: 9223372036854775807\r\n"
                                          "Content-Length: 0\r\n\r\n"));
  for (int i = 0; i < 5; ++i) BOOST_TEST(find(*broker, alice()).reason == Reason::rate_limited);
  BOOST_TEST(events.opened == 0);
  simulator.clear_faults();
  BOOST_TEST(find(*broker, alice()).result == Result::session);
}

BOOST_FIXTURE_TEST_CASE(the_breaker_is_known_to_all_processes, Stage) {
  const auto broker = make_broker();
  confluence_goes_down();
  Child failing([&] {
    for (int i = 0; i < 3; ++i) find(*broker, alice());
    return events.opened == 1;
  });
  BOOST_TEST(failing.succeeds());
  BOOST_TEST(find(*broker, alice()).reason == Reason::breaker_open);
  BOOST_TEST(events.opened == 0);  // it was said in the other process
}

BOOST_FIXTURE_TEST_CASE(a_session_that_does_not_fit_is_used_for_its_request, Stage) {
  const auto broker = make_broker();
  simulator.misbehave(Server::kConfluence, Fault::rewrite([](std::string response) {
                        const std::string cookie =
                            "Set-Cookie: ROUTEID=" + std::string(1500, 'x') + "; Path=/\r\n";
                        return response.insert(response.find("\r\n") + 2, cookie);
                      }));
  for (std::uint64_t i = 1; i <= 2; ++i) {
    const Outcome outcome = find(*broker, alice());
    BOOST_TEST(outcome.result == Result::session);
    BOOST_TEST(outcome.source == Source::exchange);
    BOOST_TEST(outcome.session.cookies().size() > 1500u);
    BOOST_TEST(exchanges() == i);
    BOOST_TEST(events.too_large == static_cast<int>(i));
  }
  BOOST_TEST(machine.parts.table.count() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_is_dropped_is_asked_for_again, Stage) {
  const auto broker = make_broker();
  const std::string cookies(find(*broker, alice()).session.cookies());
  broker->drop(alice(), cookies + "x");
  broker->drop({.token = token, .address = "127.0.0.3"}, cookies);
  BOOST_TEST(find(*broker, alice()).source == Source::table);
  Child other([&] {  // seen at once by all processes
    broker->drop(alice(), cookies);
    return true;
  });
  BOOST_TEST(other.succeeds());
  BOOST_TEST(find(*broker, alice()).source == Source::exchange);
  BOOST_TEST(exchanges() == 2u);
}

BOOST_FIXTURE_TEST_CASE(who_logs_out_loses_whatever_session_there_is, Stage) {
  const auto broker = make_broker();
  find(*broker, alice());
  broker->log_out({.token = token, .address = "127.0.0.3"});
  BOOST_TEST(find(*broker, alice()).source == Source::table);
  Child other([&] {
    broker->log_out(alice());
    return true;
  });
  BOOST_TEST(other.succeeds());
  BOOST_TEST(machine.parts.table.count() == 0u);
  BOOST_TEST(find(*broker, alice()).source == Source::exchange);
}

BOOST_AUTO_TEST_SUITE_END()
