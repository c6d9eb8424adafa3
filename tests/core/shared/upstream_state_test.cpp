#include "shared/upstream_state.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <deque>
#include <set>
#include <thread>
#include <vector>

#include "harness/processes.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using processes::can_stop_at_writes;
using processes::Child;
using processes::kSanitized;
using processes::SharedMemory;
using Admission = CircuitBreaker::Admission;
namespace utf = boost::unit_test;

namespace {

constexpr std::uint64_t kVisitor = 10;
constexpr std::uint64_t kOther = 11;

struct Upstreams {
  SharedMemory memory{UpstreamStates::bytes()};
  UpstreamStates upstreams = UpstreamStates::create(memory.get());
  UpstreamState& one = upstreams.upstream(1);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(upstream_state)

BOOST_FIXTURE_TEST_CASE(the_same_id_has_the_same_place, Upstreams) {
  BOOST_TEST(&upstreams.upstream(1) == &one);
  BOOST_TEST(&upstreams.upstream(2) != &one);
  UpstreamStates other = UpstreamStates::attach(memory.get());
  BOOST_TEST(&other.upstream(2) == &upstreams.upstream(2));
}

BOOST_FIXTURE_TEST_CASE(beyond_the_places_the_last_is_shared, Upstreams) {
  std::set<UpstreamState*> places;
  for (std::uint64_t id = 1; id <= 2 * UpstreamStates::kMaxUpstreams; ++id)
    places.insert(&upstreams.upstream(id));
  BOOST_TEST(places.size() == UpstreamStates::kMaxUpstreams);
  UpstreamState& last = upstreams.upstream(1000);
  BOOST_TEST(&last == &upstreams.upstream(1001));
  BOOST_TEST(&upstreams.upstream(1) == &one);
  BOOST_TEST(last.enter(1));
  BOOST_TEST(!last.enter(1));
  upstreams.process_ended(getpid());
  BOOST_TEST(last.waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(places_are_found_by_many_at_once, Upstreams) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (std::uint64_t id = 1; id < UpstreamStates::kMaxUpstreams; ++id) {
        UpstreamState* const place = &upstreams.upstream(id);
        upstreams.process_ended(1);  // as httpd's parent process may at any time
        if (place != &upstreams.upstream(id)) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  BOOST_TEST(wrong == 0);
}

BOOST_FIXTURE_TEST_CASE(the_limit_holds_over_threads_and_processes, Upstreams, *utf::timeout(100)) {
  constexpr std::uint32_t kMax = 3;
  struct Count {
    std::atomic<std::uint32_t> inside;
    std::atomic<std::uint32_t> most;
  };
  const processes::Shared<Count> count;
  const auto come_and_go = [&] {
    for (int i = 0; i < (kSanitized ? 500 : 3000); ++i) {
      if (!one.enter(kMax)) continue;
      const std::uint32_t inside = ++count->inside;
      std::uint32_t most = count->most;
      while (inside > most && !count->most.compare_exchange_weak(most, inside)) continue;
      std::this_thread::yield();
      --count->inside;
      one.leave();
    }
    return true;
  };
  std::deque<Child> children;
  for (int i = 0; i < 3; ++i) children.emplace_back(come_and_go);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(come_and_go);
  for (auto& thread : threads) thread.join();
  for (Child& child : children) BOOST_TEST(child.succeeds());
  BOOST_TEST(count->most <= kMax);
  BOOST_TEST(count->most > 1u);
  BOOST_TEST(one.waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_a_killed_process_counted_is_forgotten, Upstreams) {
  const processes::Shared<std::atomic<int>> entered;
  Child child([&] {
    for (int i = 0; i < 5; ++i) *entered += one.enter(9) ? 1 : 0;
    pause();
    return true;
  });
  BOOST_TEST(one.enter(9));
  BOOST_TEST_REQUIRE(processes::eventually([&] { return *entered == 5; }));
  BOOST_TEST(one.waiting() == 6u);
  const pid_t process = child.id();
  child.kill();
  upstreams.process_ended(process);
  BOOST_TEST(one.waiting() == 1u);
}

BOOST_FIXTURE_TEST_CASE(even_when_nobody_told_that_it_ended, Upstreams) {
  const processes::Shared<std::atomic<int>> entered;
  Child child([&] {
    for (int i = 0; i < 3; ++i) *entered += one.enter(4) ? 1 : 0;
    pause();
    return true;
  });
  BOOST_TEST_REQUIRE(processes::eventually([&] { return *entered == 3; }));
  BOOST_TEST(one.enter(4));
  BOOST_TEST(!one.enter(4));
  child.kill();
  for (int i = 0; i < 3; ++i) BOOST_TEST(one.enter(4));
  BOOST_TEST(!one.enter(4));
  BOOST_TEST(one.waiting() == 4u);
}

BOOST_FIXTURE_TEST_CASE(the_breaker_is_shared_and_a_killed_trial_is_over, Upstreams) {
  Child failing([&] {
    return !one.failed(Moment(0ms), 1000ms, std::nullopt) &&
           !one.failed(Moment(0ms), 1000ms, std::nullopt);
  });
  BOOST_TEST(failing.succeeds());
  BOOST_TEST(one.failed(Moment(1ms), 1000ms, std::nullopt));
  BOOST_TEST(!one.may_admit(kVisitor, Moment(1000ms)));
  BOOST_TEST(one.may_admit(kVisitor, Moment(1001ms)));

  const processes::Shared<std::atomic<bool>> tries;
  Child trial([&] {
    *tries = one.admit(kVisitor, Moment(1001ms), 1h) == Admission::trial;
    pause();
    return true;
  });
  BOOST_TEST_REQUIRE(processes::eventually([&] { return tries->load(); }));
  BOOST_TEST((one.admit(kVisitor, Moment(1002ms), 1h) == Admission::refused));
  const pid_t process = trial.id();
  trial.kill();
  BOOST_TEST(one.process_ended(process));
  BOOST_TEST((one.admit(kVisitor, Moment(1002ms), 1h) == Admission::trial));
  BOOST_TEST(one.succeeded(kVisitor));
  Child closed([&] { return one.admit(kVisitor, Moment(1002ms), 1h) == Admission::normal; });
  BOOST_TEST(closed.succeeds());
}

BOOST_FIXTURE_TEST_CASE(a_visitor_who_fails_alone_bars_nobody_else, Upstreams) {
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(!one.failed_for(kVisitor, Moment(0ms), 1000ms, std::nullopt));
  BOOST_TEST(!one.may_admit(kVisitor, Moment(999ms)));
  BOOST_TEST((one.admit(kVisitor, Moment(999ms), 1h) == Admission::refused));
  BOOST_TEST((one.admit(kOther, Moment(0ms), 1h) == Admission::normal));
  BOOST_TEST((one.admit(kVisitor, Moment(1000ms), 1h) == Admission::normal));
}

BOOST_FIXTURE_TEST_CASE(but_several_in_a_row_open_the_breaker, Upstreams) {
  BOOST_TEST(!one.failed_for(1, Moment(0ms), 1000ms, std::nullopt));
  BOOST_TEST(!one.failed_for(2, Moment(0ms), 1000ms, std::nullopt));
  BOOST_TEST(!one.succeeded(3));
  BOOST_TEST(!one.failed_for(1, Moment(0ms), 1000ms, std::nullopt));
  BOOST_TEST(!one.failed_for(2, Moment(0ms), 1000ms, std::nullopt));
  BOOST_TEST(one.failed_for(3, Moment(0ms), 1000ms, std::nullopt));
  BOOST_TEST((one.admit(kOther, Moment(999ms), 1h) == Admission::refused));
}

BOOST_FIXTURE_TEST_CASE(whose_failure_is_known_leaves_the_trial_to_others, Upstreams) {
  for (const std::uint64_t visitor : {1U, 2U, 3U})
    one.failed_for(visitor, Moment(0ms), 1000ms, std::nullopt);
  BOOST_TEST((one.admit(1, Moment(1000ms), 1h) == Admission::trial));
  BOOST_TEST(!one.failed_for(1, Moment(1000ms), 1000ms, std::nullopt));
  one.trial_told_nothing();
  BOOST_TEST((one.admit(kOther, Moment(1000ms), 1h) == Admission::trial));
  BOOST_TEST((one.admit(2, Moment(1000ms), 1h) == Admission::refused));
  // His, however, is news.
  BOOST_TEST(!one.failed_for(kOther, Moment(1000ms), 1000ms, std::nullopt));
  BOOST_TEST((one.admit(4, Moment(1999ms), 1h) == Admission::refused));
  BOOST_TEST((one.admit(4, Moment(2000ms), 1h) == Admission::trial));
  BOOST_TEST(one.succeeded(4));
}

BOOST_FIXTURE_TEST_CASE(killed_at_any_moment_it_locks_and_counts_nothing, Upstreams,
                        *utf::timeout(100)) {
  for (int kill = 0; kill < (kSanitized ? 20 : 100); ++kill) {
    const processes::Shared<std::atomic<int>> rounds;
    Child child([&] {
      for (;; ++*rounds) {
        one.enter(100);
        one.admit(kVisitor, Moment(1ms), 1ms);
        one.succeeded(kVisitor);
        one.leave();
      }
      return true;
    });
    BOOST_TEST_REQUIRE(processes::eventually([&] { return *rounds > kill % 10; }));
    const pid_t process = child.id();
    child.kill();
    BOOST_TEST_REQUIRE(one.process_ended(process));
    BOOST_TEST_REQUIRE(one.waiting() == 0u);
  }
}

BOOST_FIXTURE_TEST_CASE(killed_before_every_write_of_entering_and_leaving, Upstreams,
                        *utf::precondition(can_stop_at_writes)) {
  one.enter(9);
  const processes::Shared<std::atomic<pid_t>> process;
  const auto kills = processes::kill_before_every_write(
      memory,
      [&] {
        *process = getpid();
        one.enter(9);
        one.enter(9);
        one.leave();
      },
      [&] {
        BOOST_TEST(one.process_ended(*process));
        BOOST_TEST(one.waiting() == 1u);
        BOOST_TEST(one.enter(2));
        BOOST_TEST(!one.enter(2));
      });
  BOOST_TEST(kills >= 10u);
}

BOOST_FIXTURE_TEST_CASE(killed_before_every_write_of_failing, Upstreams,
                        *utf::precondition(can_stop_at_writes)) {
  one.failed(Moment(0ms), 100ms, std::nullopt);
  one.failed(Moment(0ms), 100ms, std::nullopt);
  const auto kills = processes::kill_before_every_write(
      memory, [&] { one.failed(Moment(1ms), 100ms, std::nullopt); },
      [&] {
        // It is open or not, and either way a trial is let through in the end and closes it.
        BOOST_TEST((one.admit(kVisitor, Moment(101ms), 1ms) != Admission::refused));
        one.succeeded(kVisitor);
        BOOST_TEST((one.admit(kVisitor, Moment(102ms), 1ms) == Admission::normal));
      });
  BOOST_TEST(kills >= 4u);
}

BOOST_FIXTURE_TEST_CASE(killed_before_every_write_of_failing_for_a_visitor, Upstreams,
                        *utf::precondition(can_stop_at_writes)) {
  for (std::uint64_t visitor = 1; visitor <= FailingVisitors::kPlaces; ++visitor)
    for (int i = 0; i < 3; ++i) one.failed_for(visitor, Moment(0ms), 100ms, std::nullopt);
  one.succeeded(9);
  const auto kills = processes::kill_before_every_write(
      memory, [&] { one.failed_for(kVisitor, Moment(1ms), 100ms, std::nullopt); },
      [&] {
        BOOST_TEST((one.admit(kOther, Moment(1ms), 1ms) == Admission::normal));
        BOOST_TEST((one.admit(kVisitor, Moment(1ms), 1ms) == Admission::normal));
        one.succeeded(kOther);
        BOOST_TEST(!one.failed_for(kVisitor, Moment(2ms), 100ms, std::nullopt));
      });
  BOOST_TEST(kills >= 5u);
}

BOOST_FIXTURE_TEST_CASE(a_place_that_is_being_taken_when_its_taker_dies_is_whole, Upstreams,
                        *utf::precondition(can_stop_at_writes)) {
  processes::kill_before_every_write(
      memory, [&] { (void)upstreams.upstream(2); },
      [&] {
        BOOST_TEST(&upstreams.upstream(1) == &one);
        BOOST_TEST(&upstreams.upstream(2) != &one);
        BOOST_TEST(&upstreams.upstream(3) != &upstreams.upstream(2));
      });
}

BOOST_FIXTURE_TEST_CASE(the_parent_does_not_hang_on_a_stopped_holder, Upstreams,
                        *utf::precondition(can_stop_at_writes)) {
  Child holder = processes::stop_before_write(memory, 3, [&] { one.enter(9); });
  const auto began = std::chrono::steady_clock::now();
  BOOST_TEST(!one.process_ended(1));
  BOOST_TEST((std::chrono::steady_clock::now() - began < 10s));
  holder.go_on();
  BOOST_TEST(holder.succeeds());
  BOOST_TEST(one.process_ended(1));
}

BOOST_AUTO_TEST_SUITE_END()
