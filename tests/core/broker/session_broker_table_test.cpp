// Brokers that remember: hits, one exchange for many, limits, the breaker.

#include <signal.h>
#include <unistd.h>

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

/// So many requests, each of a stranger at an address of its own.
void ask_from_several_addresses(SessionBroker& broker, Reason expected, int number = 3) {
  for (int i = 0; i < number; ++i) {
    const std::string address = "127.0.1." + std::to_string(i);
    BOOST_TEST(find(broker, {.token = "n0b0dy", .address = address}).reason == expected);
  }
}

Fault answer_with(const std::string& head) {
  return Fault::respond_with("HTTP/1.1 " + head + "\r\nContent-Length: 0\r\n\r\n");
}

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
  BOOST_TEST(machine.parts().table.count() == 2u);
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
  BOOST_TEST((events.last_pause.load() == policy.retry));
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = find(*broker, alice());
    BOOST_TEST(outcome.result == Result::unavailable);
    BOOST_TEST(outcome.reason == Reason::breaker_open);
    BOOST_TEST(outcome.source == Source::none);
    BOOST_TEST((outcome.retry_after == policy.retry));
  }
  clock.advance(policy.retry - 1ms);
  BOOST_TEST(find(*broker, alice()).reason == Reason::breaker_open);
  BOOST_TEST((find(*broker, alice()).retry_after == 1ms));
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
  ask_from_several_addresses(*broker, Reason::server_error);
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

BOOST_FIXTURE_TEST_CASE(one_client_shuts_out_nobody_else, Stage) {
  // Whatever it provokes, and however often.
  const auto broker = make_broker();
  const std::string others = simulator.log_in("bob", "127.0.0.9");
  const Visitor bob{.token = others, .address = "127.0.0.9"};
  for (const Fault& fault : {answer_with("500 Error"), answer_with("503 Busy"), Fault::reset(),
                             answer_with("502 Bad Gateway"), Fault::close()}) {
    simulator.misbehave(Server::kConfluence, fault);
    for (int i = 0; i < 10; ++i) {
      const std::string made_up = "n0b0dy" + std::to_string(exchanges()) + std::to_string(i);
      BOOST_TEST(find(*broker, {.token = made_up, .address = kAddress}).result ==
                 Result::unavailable);
    }
    simulator.clear_faults();
    BOOST_TEST(events.opened == 0);
    BOOST_TEST(find(*broker, bob).result == Result::session);
    broker->log_out(bob);
  }
}

BOOST_FIXTURE_TEST_CASE(nor_keeps_others_shut_out, Stage) {
  const auto broker = make_broker();
  const Visitor attacker{.token = "n0b0dy", .address = "127.0.0.7"};
  const std::string others = simulator.log_in("bob", "127.0.0.9");
  const Visitor bob{.token = others, .address = "127.0.0.9"};
  open_breaker(policy.retry);
  clock.advance(policy.retry);
  simulator.misbehave(Server::kConfluence, answer_with("503 Busy"));
  BOOST_TEST(find(*broker, attacker).reason == Reason::server_error);
  BOOST_TEST(find(*broker, attacker).reason == Reason::breaker_open);
  simulator.clear_faults();
  BOOST_TEST(find(*broker, bob).result == Result::session);
  BOOST_TEST(find(*broker, attacker).result == Result::rejected);
}

BOOST_FIXTURE_TEST_CASE(not_even_while_its_trial_takes_long, Stage) {
  const auto broker = make_broker();
  const Visitor attacker{.token = "n0b0dy", .address = "127.0.0.7"};
  open_breaker(policy.retry);
  clock.advance(policy.retry);
  simulator.misbehave(Server::kConfluence, Fault::hang().once());
  std::thread trial([&] { find(*broker, attacker); });
  BOOST_TEST(simulator.wait_for_hanging(1));
  BOOST_TEST(find(*broker, alice()).result == Result::session);
  simulator.clear_faults();
  trial.join();
}

BOOST_FIXTURE_TEST_CASE(who_was_proven_before_opens_the_breaker_alone, Stage) {
  const auto broker = make_broker();
  find(*broker, alice());
  clock.advance(policy.session_ttl);
  confluence_goes_down();
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(events.opened == 0);
    BOOST_TEST(find(*broker, alice()).reason == Reason::server_error);
  }
  BOOST_TEST(events.opened == 1);
  BOOST_TEST(find(*broker, alice()).reason == Reason::breaker_open);
}

BOOST_FIXTURE_TEST_CASE(a_broken_account_is_left_alone_for_a_while, Stage) {
  const auto broker = make_broker();
  for (const bool was_proven : {false, true}) {
    if (was_proven) clock.advance(policy.session_ttl);
    simulator.misbehave(Server::kConfluence, answer_with("500 Error"));
    simulator.reset_counters();
    for (int i = 0; i < 10; ++i) {
      const Outcome broken = find(*broker, alice());
      BOOST_TEST(broken.result == Result::unavailable);
      BOOST_TEST(broken.reason == Reason::server_error);
      // One failure may be a matter of chance.
      BOOST_TEST(broken.source == (i < 2 ? Source::exchange : Source::table));
    }
    BOOST_TEST(simulator.counters().confluence_requests == 2u);
    simulator.clear_faults();
    const std::string other = simulator.log_in("bob", kAddress);
    BOOST_TEST(find(*broker, {.token = other, .address = kAddress}).result == Result::session);
    clock.advance(5s - 1ms);
    BOOST_TEST(find(*broker, alice()).result == Result::unavailable);
    clock.advance(1ms);
    BOOST_TEST(find(*broker, alice()).result == Result::session);
  }
  BOOST_TEST(events.opened == 0);
}

BOOST_FIXTURE_TEST_CASE(who_is_rate_limited_is_left_alone_as_long_as_told, Stage) {
  const auto broker = make_broker();
  struct Case {
    std::string header;
    Duration pause;
  };
  const std::string date = "Date: Tue, 01 Dec 2026 10:00:00 GMT\r\n";
  for (const Case& each :
       {Case{"", 5s}, Case{"Retry-After: 1\r\n", 1s}, Case{"Retry-After: 60\r\n", 60s},
        Case{"Retry-After: 0\r\n", 5s}, Case{"Retry-After: -3\r\n", 5s},
        Case{"Retry-After: soon\r\n", 5s}, Case{"Retry-After: 9223372036854775807\r\n", 5s},
        Case{"Retry-After: 92233720368547758070\r\n", 5s}, Case{"Retry-After: 3600\r\n", 300s},
        Case{date + "Retry-After: Tue, 01 Dec 2026 10:00:20 GMT\r\n", 20s},
        Case{date + "Retry-After: Tue, 01 Dec 2026 09:00:00 GMT\r\n", 5s}}) {
    BOOST_TEST_CONTEXT(each.header) {
      const std::string tokens = simulator.log_in("alice", kAddress);
      const Visitor visitor{.token = tokens, .address = kAddress};
      simulator.misbehave(Server::kConfluence, answer_with("429 Too Many Requests\r\n" +
                                                           each.header + "X-RateLimit-Limit: 10"));
      const Outcome told = find(*broker, visitor);
      BOOST_TEST(told.source == Source::exchange);
      BOOST_TEST((told.retry_after == each.pause));
      simulator.clear_faults();
      BOOST_TEST(find(*broker, alice()).result == Result::session);
      clock.advance(each.pause - 1ms);
      const Outcome limited = find(*broker, visitor);
      BOOST_TEST((limited.retry_after == 1ms));
      BOOST_TEST(limited.reason == Reason::rate_limited);
      BOOST_TEST(limited.source == Source::table);
      clock.advance(1ms);
      BOOST_TEST(find(*broker, visitor).result == Result::session);
    }
  }
  BOOST_TEST(events.opened == 0);
}

BOOST_FIXTURE_TEST_CASE(one_client_leaves_places_to_others, Stage) {
  policy.max_waiting = 16;
  const auto broker = make_broker();
  find(*broker, alice());
  clock.advance(policy.session_ttl);
  simulator.misbehave(Server::kConfluence, Fault::hang());
  const auto is_full = [](const Outcome& outcome) {
    return outcome.reason == Reason::too_many_waiting;
  };
  std::vector<std::string> tokens;
  for (int i = 0; i < 40; ++i) tokens.push_back("made-up-" + std::to_string(i));
  std::atomic<int> turned_away = 0;
  std::vector<std::thread> flood;
  for (const std::string& made_up : tokens)
    flood.emplace_back([&] {
      Outcome outcome;
      broker->find({.token = made_up, .address = "127.0.0.7"}, outcome);
      if (is_full(outcome)) ++turned_away;
    });
  BOOST_TEST(eventually([&] { return upstream().waiting() == 8 && turned_away == 32; }));
  // The flood goes on to be turned away, and others are not.
  BOOST_TEST(is_full(find(*broker, {.token = "made-up", .address = "127.0.0.7"})));
  const std::string bobs = simulator.log_in("bob", "127.0.0.9");
  Outcome bob, known;
  std::thread newcomer([&] { broker->find({.token = bobs, .address = "127.0.0.9"}, bob); });
  std::thread proven([&] { broker->find(alice(), known); });
  BOOST_TEST(eventually([&] { return upstream().waiting() == 10; }));
  simulator.clear_faults();
  newcomer.join();
  proven.join();
  for (auto& thread : flood) thread.join();
  BOOST_TEST(bob.result == Result::session);
  BOOST_TEST(known.result == Result::session);
  BOOST_TEST(turned_away == 32);
}

BOOST_FIXTURE_TEST_CASE(nor_does_an_ipv6_client_get_more_by_its_many_addresses, Stage) {
  policy.max_waiting = 8;
  const auto broker = make_broker();
  simulator.misbehave(Server::kConfluence, Fault::hang());
  std::vector<std::thread> flood;
  for (int i = 0; i < 20; ++i)
    flood.emplace_back([&, i] {
      const std::string address = "2001:db8:1:2::" + std::to_string(i + 1);
      find(*broker, {.token = "made-up", .address = address});
    });
  BOOST_TEST(eventually([&] { return upstream().waiting() == 6; }));
  std::thread other([&] { find(*broker, {.token = "made-up", .address = "2001:db8:1:3::1"}); });
  BOOST_TEST(eventually([&] { return upstream().waiting() == 7; }));
  simulator.clear_faults();
  other.join();
  for (auto& thread : flood) thread.join();
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
  take_all_places();
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
    return machine.parts().table.find(key, clock.now(), 1s, outcome).is_found;
  };
  for (const bool too_many : {true, false}) {
    if (too_many) {
      take_all_places();
    } else {
      machine.state.process_ended(getpid());
      open_breaker(1h);
    }
    std::size_t write = 0;
    std::optional<Child> writer;
    do {
      writer.reset();
      writer.emplace(processes::stop_before_write(machine.memory, write++, [&] {
        machine.parts().table.put_session(key, clock.now(), 1h, Reason::known, session);
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
  ask_from_several_addresses(*broker, Reason::server_error);
  confluence_comes_back();
  clock.advance(60s - 1ms);
  BOOST_TEST(find(*broker, alice()).reason == Reason::breaker_open);
  clock.advance(1ms);
  BOOST_TEST(find(*broker, alice()).result == Result::session);
}

BOOST_FIXTURE_TEST_CASE(the_breaker_is_known_to_all_processes, Stage) {
  const auto broker = make_broker();
  confluence_goes_down();
  Child failing([&] {
    ask_from_several_addresses(*broker, Reason::server_error);
    return events.opened == 1;
  });
  BOOST_TEST(failing.succeeds());
  BOOST_TEST(find(*broker, alice()).reason == Reason::breaker_open);
  BOOST_TEST(events.opened == 0);  // it was said in the other process
}

BOOST_FIXTURE_TEST_CASE(a_large_session_is_remembered_like_any_other, Stage) {
  const auto broker = make_broker();
  simulator.misbehave(Server::kConfluence, Fault::rewrite([](std::string response) {
                        const std::string cookie =
                            "Set-Cookie: ROUTEID=" + std::string(7900, 'x') + "; Path=/\r\n";
                        return response.insert(response.find("\r\n") + 2, cookie);
                      }));
  BOOST_TEST(find(*broker, alice()).source == Source::exchange);
  const Outcome outcome = find(*broker, alice());
  BOOST_TEST(outcome.result == Result::session);
  BOOST_TEST(outcome.source == Source::table);
  BOOST_TEST(outcome.session.cookies().size() > 7900u);
  BOOST_TEST(exchanges() == 1u);
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
  BOOST_TEST(machine.parts().table.count() == 0u);
  BOOST_TEST(find(*broker, alice()).source == Source::exchange);
}

BOOST_AUTO_TEST_SUITE_END()
