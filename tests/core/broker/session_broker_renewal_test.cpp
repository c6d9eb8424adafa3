// Sessions that are proven again before they expire.

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "crowd_confluence/broker/session_broker.h"
#include "harness/broker_stage.h"
#include "harness/printing.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using atlassian::Fault;
using atlassian::Server;
using broker_stage::find;
using broker_stage::kAddress;

namespace {

/// The visitor has a session whose last quarter begins now.
struct Stage : broker_stage::Stage {
  Stage() {
    refresh = std::make_unique<BackgroundRefresh>();
    broker = make_broker();
    session = find(*broker, alice()).session;
    BOOST_TEST_REQUIRE(!session.empty());
    clock.advance(policy.session_ttl * 3 / 4);
  }
  ~Stage() {
    simulator.clear_faults();
    refresh.reset();  // before the broker
  }

  Source source() { return find(*broker, alice()).source; }

  /// Every answer of Confluence sets another cookie of a load balancer.
  void balance_load() {
    simulator.misbehave(Server::kConfluence, Fault::rewrite([n = 0](std::string response) mutable {
                          const std::string cookie =
                              "Set-Cookie: AWSALB=v" + std::to_string(++n) + "; Path=/\r\n";
                          return response.insert(response.find("\r\n") + 2, cookie);
                        }));
  }

  std::unique_ptr<SessionBroker> broker;
  Session session;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(session_broker_renewal)

BOOST_FIXTURE_TEST_CASE(before_the_last_quarter_nothing_is_renewed, Stage) {
  clock.advance(-1ms);
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(exchanges() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_session_in_use_is_renewed_with_its_cookies, Stage) {
  BOOST_TEST(source() == Source::table);  // who asks does not wait
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(exchanges() == 2u);
  BOOST_TEST(simulator.counters().sessions_created == 1u);
  const auto requests = simulator.requests(Server::kConfluence);
  BOOST_TEST(!requests.front().cookie("JSESSIONID").has_value());
  const auto sent = requests.back().cookie("JSESSIONID");
  BOOST_TEST_REQUIRE(sent.has_value());
  BOOST_TEST((session.cookies().find(*sent) != std::string_view::npos));
  BOOST_TEST((requests.back().header("X-Forwarded-For") == std::vector<std::string>{"127.0.0.2"}));

  // It lives for its whole time from now on.
  clock.advance(policy.session_ttl * 3 / 4 - 1ms);
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(exchanges() == 2u);
}

BOOST_FIXTURE_TEST_CASE(many_requests_make_one_renewal, Stage) {
  simulator.misbehave(Server::kConfluence, Fault::hang());
  std::vector<std::thread> threads;
  std::atomic<int> hits{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k)
        if (source() == Source::table) ++hits;
    });
  for (auto& thread : threads) thread.join();
  BOOST_TEST(hits == 160);
  simulator.clear_faults();
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(exchanges() == 2u);
}

BOOST_FIXTURE_TEST_CASE(one_confluence_that_hangs_does_not_hold_up_another, Stage) {
  ConfluenceSettings elsewhere = settings();
  elsewhere.http.verify_peer = false;  // another way there, and so another upstream
  const auto other = make_broker(elsewhere);
  find(*other, alice());
  clock.advance(policy.session_ttl / 4 - 1ms);  // the first one's time ends
  simulator.misbehave(Server::kConfluence, Fault::hang().once());
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(simulator.wait_for_hanging(1));
  clock.advance(policy.session_ttl / 2 + 1ms);
  BOOST_TEST(find(*other, alice()).source == Source::table);
  BOOST_TEST(wait_for_exchanges(4));
  simulator.clear_faults();
  refresh.reset();  // before the other broker
}

BOOST_FIXTURE_TEST_CASE(a_failing_renewal_leaves_the_session_in_use, Stage) {
  confluence_goes_down();
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(simulator.counters().confluence_requests == 2u);
  clock.advance(policy.session_ttl / 4 - 1ms);
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(simulator.counters().confluence_requests == 3u);  // it is tried again
  clock.advance(1ms);
  BOOST_TEST(find(*broker, alice()).result == Result::unavailable);
  confluence_comes_back();
  clock.advance(policy.retry);
  BOOST_TEST(source() == Source::exchange);
}

BOOST_FIXTURE_TEST_CASE(a_dead_session_is_replaced_by_a_new_one, Stage) {
  simulator.configure_confluence([](atlassian::ConfluenceOptions& confluence) {
    confluence.foreign_session = atlassian::ForeignSession::kUnauthorized;
  });
  simulator.restart_confluence();
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(exchanges() == 3u);
  BOOST_TEST(!simulator.requests(Server::kConfluence).back().cookie("JSESSIONID").has_value());
  const Outcome renewed = find(*broker, alice());
  BOOST_TEST(renewed.source == Source::table);
  BOOST_TEST((renewed.session.cookies() != session.cookies()));
}

BOOST_FIXTURE_TEST_CASE(a_token_that_is_nobodys_any_more_ends_the_session, Stage) {
  simulator.configure_confluence(
      [](atlassian::ConfluenceOptions& confluence) { confluence.validation_interval = 0s; });
  simulator.log_out(token);
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(renewals_are_done());
  const Outcome outcome = find(*broker, alice());
  BOOST_TEST(outcome.result == Result::rejected);
  BOOST_TEST(outcome.source == Source::table);
  BOOST_TEST(outcome.session.empty());
}

BOOST_FIXTURE_TEST_CASE(what_is_dropped_while_it_is_renewed_stays_dropped, Stage) {
  simulator.misbehave(Server::kConfluence, Fault::hang());
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(simulator.wait_for_hanging(1));
  broker->drop(alice(), session.cookies());
  simulator.clear_faults();
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(source() == Source::exchange);
}

BOOST_FIXTURE_TEST_CASE(a_renewed_session_is_the_same_one_to_who_had_it_before, Stage) {
  balance_load();
  for (const bool logs_out : {true, false}) {
    const Session before = find(*broker, alice()).session;
    BOOST_TEST(renewals_are_done());
    const Session renewed = find(*broker, alice()).session;
    BOOST_TEST_REQUIRE((renewed.cookies() != before.cookies()));
    if (logs_out) {
      broker->log_out(alice());
    } else {
      broker->drop(alice(), before.cookies());
    }
    const Outcome next = find(*broker, alice());
    BOOST_TEST(next.source == Source::exchange);
    // A new one is not the one that is over, but a log-out ends it as well.
    broker->drop(alice(), before.cookies());
    BOOST_TEST(source() == Source::table);
    broker->log_out(alice());
    BOOST_TEST(source() == Source::exchange);
    clock.advance(policy.session_ttl * 3 / 4);
  }
}

namespace {

/// A renewal that is under way, and many who miss the session meanwhile.
struct Followed : Stage {
  Followed() {
    simulator.misbehave(Server::kConfluence, Fault::hang());
    source();
    BOOST_TEST_REQUIRE(simulator.wait_for_hanging(1));
  }
  ~Followed() {
    simulator.clear_faults();
    for (auto& thread : threads)
      if (thread.joinable()) thread.join();
  }

  void follow() {
    const int looks = clock.looks();
    for (int i = 0; i < kMany; ++i)
      threads.emplace_back([&] {
        const Outcome outcome = find(*broker, alice());
        if (outcome.result == Result::session) ++sessions;
        if (outcome.source == Source::exchange) ++exchanged;
      });
    BOOST_TEST(processes::eventually(
        [&] { return upstream().waiting() == kMany && clock.looks() - looks >= kMany * 4; }));
  }
  void finish() {
    simulator.clear_faults();
    for (auto& thread : threads) thread.join();
    BOOST_TEST(renewals_are_done());
    BOOST_TEST(sessions == kMany);
  }

  static constexpr int kMany = 20;
  std::vector<std::thread> threads;
  std::atomic<int> sessions{0};
  std::atomic<int> exchanged{0};
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(of_those_who_follow_a_renewal_of_what_was_dropped_one_asks, Followed) {
  broker->drop(alice(), session.cookies());
  follow();
  finish();
  BOOST_TEST(exchanged == 1);
  BOOST_TEST(exchanges() == 3u);
}

BOOST_FIXTURE_TEST_CASE(or_of_what_was_displaced, Followed) {
  clock.advance(policy.session_ttl / 4);
  follow();
  const VisitorKey key = VisitorHash(machine.state.secret(), settings()).key_of(alice());
  for (std::uint64_t n = 1; n <= 32; ++n)  // the whole bucket
    machine.parts().table.put_session({key[0] + n, key[1]}, clock.now(), 1h, Reason::known,
                                      session);
  finish();
  BOOST_TEST(exchanged == 1);
  BOOST_TEST(exchanges() == 3u);
}

BOOST_FIXTURE_TEST_CASE(who_misses_during_a_renewal_waits_for_it, Stage) {
  simulator.misbehave(Server::kConfluence, Fault::hang());
  clock.advance(policy.session_ttl / 4 - 1s);
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(simulator.wait_for_hanging(1));
  clock.advance(1s);  // its life is over now
  Outcome outcome;
  std::thread late([&] { broker->find(alice(), outcome); });
  BOOST_TEST(processes::eventually([&] { return upstream().waiting() == 1; }));
  BOOST_TEST(exchanges() == 2u);
  simulator.clear_faults();
  late.join();
  BOOST_TEST(outcome.result == Result::session);
  BOOST_TEST(outcome.session.user() == "alice");
  BOOST_TEST(exchanges() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_renewal_that_another_one_overtook_is_left_undone, Stage) {
  std::promise<void> may_go_on;
  hold_up_renewals(may_go_on.get_future().share());
  BOOST_TEST(source() == Source::table);  // queued
  clock.advance(policy.session_ttl / 4 - 1ms);
  BOOST_TEST(source() == Source::table);  // queued again, as nothing came of the first
  may_go_on.set_value();
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(exchanges() == 2u);
}

BOOST_FIXTURE_TEST_CASE(nor_is_one_of_a_session_that_is_over, Stage) {
  std::promise<void> may_go_on;
  hold_up_renewals(may_go_on.get_future().share());
  BOOST_TEST(source() == Source::table);
  broker->drop(alice(), session.cookies());
  may_go_on.set_value();
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(exchanges() == 1u);
}

BOOST_FIXTURE_TEST_CASE(renewals_respect_the_breaker, Stage) {
  open_breaker(1h);
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(exchanges() == 1u);
  upstream().succeeded();
  clock.advance(policy.session_ttl / 4 - 1ms);
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(exchanges() == 2u);
}

BOOST_FIXTURE_TEST_CASE(renewals_go_on_while_strangers_take_all_places, Stage) {
  take_all_places();
  BOOST_TEST(find(*broker, {.token = "n0b0dy", .address = kAddress}).reason ==
             Reason::too_many_waiting);
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(exchanges() == 2u);
  // And so does who comes back after the end of a session.
  clock.advance(policy.session_ttl);
  BOOST_TEST(source() == Source::exchange);
}

BOOST_FIXTURE_TEST_CASE(a_rate_limited_renewal_waits_as_long_as_told, Stage) {
  simulator.misbehave(Server::kConfluence,
                      Fault::respond_with("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\n"
                                          "Content-Length: 0\r\n\r\n"));
  const auto asked = [&] { return simulator.counters().confluence_requests; };
  BOOST_TEST(source() == Source::table);
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(asked() == 2u);
  clock.advance(policy.session_ttl / 4 - 1ms);
  const Outcome used = find(*broker, alice());
  BOOST_TEST(used.result == Result::session);
  BOOST_TEST(renewals_are_done());
  BOOST_TEST(asked() == 2u);
  // The session has ended, and the time has not.
  clock.advance(1ms);
  const Outcome ended = find(*broker, alice());
  BOOST_TEST(ended.result == Result::unavailable);
  BOOST_TEST(ended.reason == Reason::rate_limited);
  BOOST_TEST(ended.source == Source::table);
  simulator.clear_faults();
  clock.advance(60s - policy.session_ttl / 4 - 1ms);
  BOOST_TEST(find(*broker, alice()).reason == Reason::rate_limited);
  BOOST_TEST(asked() == 2u);
  clock.advance(1ms);
  const Outcome again = find(*broker, alice());
  BOOST_TEST(again.source == Source::exchange);
  BOOST_TEST(again.session.cookies() == session.cookies());
}

BOOST_AUTO_TEST_SUITE_END()
