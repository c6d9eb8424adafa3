#include "shared/upstream_state.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <deque>
#include <optional>
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

constexpr std::size_t kMost = 32;

/// At an address of that number, in the process that calls.
Caller client(std::uint64_t number) {
  return {getpid(), number, 100 + number, false};
}

struct Upstreams {
  SharedMemory memory{UpstreamStates::bytes(kMost)};
  UpstreamStates upstreams = UpstreamStates::create(memory.get(), kMost);
  UpstreamState one = upstreams.upstream(1);

  /// Without regard to shares.
  bool enter(std::uint32_t max, Moment now = Moment(0ms)) {
    static std::atomic<std::uint64_t> number{1000};
    const auto own = static_cast<std::uint64_t>(getpid()) << 32 | ++number;
    return enter(one, own, max, now).has_value();
  }
  static std::optional<UpstreamState::Place> enter(UpstreamState upstream, std::uint64_t number,
                                                   std::uint32_t max, Moment now = Moment(0ms)) {
    Caller caller = client(number);
    caller.is_proven = true;
    return upstream.enter(caller, max, now);
  }
  bool fail(const Caller& caller, Moment now, Duration retry) {
    return one.failed(caller, {}, now, retry);
  }
  bool fail_for(const Caller& caller, Moment now) {
    return one.failed(caller, {true, std::nullopt}, now, 1000ms);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(upstream_state)

BOOST_FIXTURE_TEST_CASE(the_same_id_has_the_same_place, Upstreams) {
  BOOST_TEST(upstreams.upstream(1).name() == one.name());
  BOOST_TEST(upstreams.upstream(2).name() != one.name());
  const UpstreamStates other = UpstreamStates::attach(memory.get());
  BOOST_TEST(other.upstream(2).name() == upstreams.upstream(2).name());
}

BOOST_FIXTURE_TEST_CASE(as_many_have_a_place_of_their_own_as_told, Upstreams) {
  std::set<const void*> places;
  for (std::uint64_t id = 1; id <= 2 * kMost; ++id) places.insert(upstreams.upstream(id).name());
  BOOST_TEST(places.size() == kMost);
  const UpstreamState last = upstreams.upstream(1000);
  BOOST_TEST(last.name() == upstreams.upstream(1001).name());
  BOOST_TEST(last.name() == upstreams.upstream(kMost).name());
  BOOST_TEST(upstreams.upstream(1).name() == one.name());
  BOOST_TEST(enter(last, 1, 1).has_value());
  BOOST_TEST(!enter(last, 2, 1).has_value());
  upstreams.process_ended(getpid());
  BOOST_TEST(last.waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(there_may_be_many) {
  constexpr std::size_t kMany = 3000;
  const SharedMemory memory(UpstreamStates::bytes(kMany));
  const UpstreamStates upstreams = UpstreamStates::create(memory.get(), kMany);
  for (std::uint64_t id = 1; id <= kMany; ++id) {
    UpstreamState each = upstreams.upstream(id);
    for (int i = 0; i < 3; ++i) each.failed(client(1), {}, Moment(0ms), 1h);
    if (id < kMany) BOOST_TEST(upstreams.upstream(id + 1).may_admit(client(1), Moment(1ms)));
  }
}

BOOST_FIXTURE_TEST_CASE(places_are_found_by_many_at_once, Upstreams) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (std::uint64_t id = 1; id < kMost; ++id) {
        const UpstreamState place = upstreams.upstream(id);
        upstreams.process_ended(1);  // as httpd's parent process may at any time
        if (place.name() != upstreams.upstream(id).name()) ++wrong;
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
      const auto place = enter(one, static_cast<std::uint64_t>(i + 1), kMax);
      if (!place) continue;
      const std::uint32_t inside = ++count->inside;
      std::uint32_t most = count->most;
      while (inside > most && !count->most.compare_exchange_weak(most, inside)) continue;
      std::this_thread::yield();
      --count->inside;
      one.leave(*place);
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
    for (int i = 0; i < 5; ++i) *entered += enter(9) ? 1 : 0;
    pause();
    return true;
  });
  BOOST_TEST(enter(9));
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
    for (int i = 0; i < 3; ++i) *entered += enter(4) ? 1 : 0;
    pause();
    return true;
  });
  BOOST_TEST_REQUIRE(processes::eventually([&] { return *entered == 3; }));
  BOOST_TEST(enter(4));
  BOOST_TEST(!enter(4, Moment(100ms)));
  child.kill();
  // The kernel is asked once a second, however many find no place.
  BOOST_TEST(!enter(4, Moment(1099ms)));
  for (int i = 0; i < 3; ++i) BOOST_TEST(enter(4, Moment(1100ms)));
  BOOST_TEST(!enter(4, Moment(1100ms)));
  BOOST_TEST(one.waiting() == 4u);
}

BOOST_FIXTURE_TEST_CASE(the_breaker_is_shared_and_a_killed_trial_is_over, Upstreams) {
  Child failing([&] {
    return !fail(client(1), Moment(0ms), 1000ms) && !fail(client(1), Moment(0ms), 1000ms);
  });
  BOOST_TEST(failing.succeeds());
  BOOST_TEST(fail(client(1), Moment(1ms), 1000ms));
  BOOST_TEST(!one.may_admit(client(1), Moment(1000ms)));
  BOOST_TEST(one.may_admit(client(1), Moment(1001ms)));

  const processes::Shared<std::atomic<bool>> tries;
  Child trial([&] {
    *tries = one.admit(client(1), Moment(1001ms), 1h) == Admission::trial;
    pause();
    return true;
  });
  BOOST_TEST_REQUIRE(processes::eventually([&] { return tries->load(); }));
  BOOST_TEST((one.admit(client(1), Moment(1002ms), 1h) == Admission::refused));
  const pid_t process = trial.id();
  trial.kill();
  BOOST_TEST(one.process_ended(process));
  BOOST_TEST((one.admit(client(1), Moment(1002ms), 1h) == Admission::trial));
  BOOST_TEST(one.succeeded());
  BOOST_TEST(!one.succeeded());
  Child closed([&] { return one.admit(client(1), Moment(1002ms), 1h) == Admission::normal; });
  BOOST_TEST(closed.succeeds());
}

BOOST_FIXTURE_TEST_CASE(failures_that_one_client_may_have_provoked_bar_nobody, Upstreams) {
  for (int i = 0; i < 100; ++i) BOOST_TEST(!fail_for(client(1), Moment(0ms)));
  BOOST_TEST((one.admit(client(1), Moment(1ms), 1h) == Admission::normal));
  BOOST_TEST((one.admit(client(2), Moment(1ms), 1h) == Admission::normal));
  BOOST_TEST(!one.succeeded());
  for (std::uint64_t number = 1; number <= 2; ++number)
    BOOST_TEST(!fail_for(client(number), Moment(0ms)));
  BOOST_TEST(fail_for(client(3), Moment(0ms)));
  BOOST_TEST((one.admit(client(4), Moment(1ms), 1h) == Admission::refused));
}

BOOST_FIXTURE_TEST_CASE(killed_at_any_moment_it_locks_and_counts_nothing, Upstreams,
                        *utf::timeout(100)) {
  for (int kill = 0; kill < (kSanitized ? 20 : 100); ++kill) {
    const processes::Shared<std::atomic<int>> rounds;
    Child child([&] {
      for (;; ++*rounds) {
        const auto place = enter(one, 1, 100);
        fail(client(1), Moment(0ms), 1ms);
        one.admit(client(1), Moment(1ms), 1ms);
        one.succeeded();
        if (place) one.leave(*place);
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
  enter(9);
  const processes::Shared<std::atomic<pid_t>> process;
  const auto kills = processes::kill_before_every_write(
      memory,
      [&] {
        *process = getpid();
        const auto first = enter(one, 1, 9);
        enter(one, 2, 9);
        one.leave(*first);
        enter(one, 3, 9);
      },
      [&] {
        BOOST_TEST(one.process_ended(*process));
        BOOST_TEST(one.waiting() == 1u);
        BOOST_TEST(enter(2));
        BOOST_TEST(!enter(2));
      });
  BOOST_TEST(kills >= 10u);
}

BOOST_FIXTURE_TEST_CASE(killed_before_every_write_of_failing, Upstreams,
                        *utf::precondition(can_stop_at_writes)) {
  for (const bool may_be_provoked : {false, true}) {
    one.succeeded();
    for (std::uint64_t number = 1; number <= 2; ++number)
      one.failed(client(number), {may_be_provoked, std::nullopt}, Moment(0ms), 100ms);
    const auto kills = processes::kill_before_every_write(
        memory,
        [&] {
          one.failed(client(3), {may_be_provoked, std::nullopt}, Moment(1ms), 100ms);
        },
        [&] {
          // It is open or not, and either way a trial is let through in the end and closes it.
          BOOST_TEST((one.admit(client(4), Moment(101ms), 1ms) != Admission::refused));
          one.succeeded();
          BOOST_TEST((one.admit(client(4), Moment(102ms), 1ms) == Admission::normal));
        });
    BOOST_TEST(kills >= 4u);
  }
}

BOOST_FIXTURE_TEST_CASE(killed_before_every_write_of_a_trial, Upstreams,
                        *utf::precondition(can_stop_at_writes)) {
  for (int i = 0; i < 3; ++i) fail(client(1), Moment(0ms), 100ms);
  const processes::Shared<std::atomic<pid_t>> process;
  const auto kills = processes::kill_before_every_write(
      memory,
      [&] {
        *process = getpid();
        one.admit(client(1), Moment(100ms), 1h);
        fail_for(client(1), Moment(100ms));
      },
      [&] {
        BOOST_TEST(one.process_ended(*process));
        BOOST_TEST((one.admit(client(2), Moment(101ms), 1h) == Admission::trial));
        BOOST_TEST((one.admit(client(1), Moment(2000ms), 1h) == Admission::trial));
        BOOST_TEST(one.succeeded());
      });
  BOOST_TEST(kills >= 5u);
}

BOOST_FIXTURE_TEST_CASE(a_place_that_is_being_taken_when_its_taker_dies_is_whole, Upstreams,
                        *utf::precondition(can_stop_at_writes)) {
  processes::kill_before_every_write(
      memory, [&] { (void)upstreams.upstream(2); },
      [&] {
        BOOST_TEST(upstreams.upstream(1).name() == one.name());
        BOOST_TEST(upstreams.upstream(2).name() != one.name());
        BOOST_TEST(upstreams.upstream(3).name() != upstreams.upstream(2).name());
      });
}

BOOST_FIXTURE_TEST_CASE(the_parent_does_not_hang_on_a_stopped_holder, Upstreams,
                        *utf::precondition(can_stop_at_writes)) {
  Child holder =
      processes::stop_before_write(memory, 3, [&] { fail(client(1), Moment(0ms), 1000ms); });
  const auto began = std::chrono::steady_clock::now();
  BOOST_TEST(!one.process_ended(1));
  BOOST_TEST((std::chrono::steady_clock::now() - began < 10s));
  holder.go_on();
  BOOST_TEST(holder.succeeds());
  BOOST_TEST(one.process_ended(1));
}

BOOST_AUTO_TEST_SUITE_END()
