#include "crowd_confluence/broker/background_refresh.h"

#include <signal.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "harness/processes.h"

using crowd_confluence::BackgroundRefresh;
using processes::kPatience;
using namespace std::chrono_literals;

namespace {

constexpr const void* kGroup = nullptr;

/// A renewal that begins, and ends when it is let.
struct Held {
  std::promise<void> begun;
  std::promise<void> may_end;
  std::atomic<bool> has_ended{false};

  void operator()() {
    begun.set_value();
    may_end.get_future().wait_for(kPatience);
    has_ended = true;
  }
  void let_end() { may_end.set_value(); }
  bool begins() { return begun.get_future().wait_for(kPatience) == std::future_status::ready; }
};

/// Tells when its life ends, as with the thread to which it is local.
class Told {
 public:
  explicit Told(std::promise<void>& whom) : whom_(whom) {}
  ~Told() { whom_.set_value(); }

 private:
  std::promise<void>& whom_;
};

/// All threads of a group at work until they are let.
struct Busy {
  std::array<Held, BackgroundRefresh::kMaxThreads> held;

  void keep(BackgroundRefresh& refresh) {
    for (Held& each : held) refresh.add(kGroup, [&] { each(); });
    for (Held& each : held) BOOST_TEST_REQUIRE(each.begins());
  }
  void let_end() {
    for (Held& each : held) each.let_end();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(refresh)

BOOST_AUTO_TEST_CASE(nothing_to_do_ends_at_once) {
  BackgroundRefresh refresh;
}

BOOST_AUTO_TEST_CASE(each_is_done_once) {
  std::array<std::atomic<int>, 100> done{};
  std::atomic<int> all{0};
  BackgroundRefresh refresh;
  for (auto& one : done)
    refresh.add(kGroup, [&] {
      ++one;
      ++all;
    });
  BOOST_TEST(processes::eventually([&] { return all == 100; }));
  for (const auto& one : done) BOOST_TEST(one == 1);
}

BOOST_AUTO_TEST_CASE(a_few_of_a_group_are_done_at_once) {
  Busy busy;
  Held another;
  BackgroundRefresh refresh;
  busy.keep(refresh);
  refresh.add(kGroup, [&] { another(); });
  const std::future<void> begun = another.begun.get_future();
  BOOST_TEST((begun.wait_for(50ms) == std::future_status::timeout));
  busy.let_end();
  BOOST_TEST((begun.wait_for(kPatience) == std::future_status::ready));
  another.let_end();
}

BOOST_AUTO_TEST_CASE(one_group_does_not_wait_for_another) {
  Held held;
  Held other;
  auto refresh = std::make_unique<BackgroundRefresh>();
  refresh->add(&held, [&] { held(); });
  BOOST_TEST_REQUIRE(held.begins());
  refresh->add(&other, [&] { other(); });
  BOOST_TEST(other.begins());
  other.let_end();
  BOOST_TEST(processes::eventually([&] { return other.has_ended.load(); }));
  BOOST_TEST(!held.has_ended);
  held.let_end();
  refresh.reset();
  BOOST_TEST(held.has_ended);
}

BOOST_AUTO_TEST_CASE(many_threads_may_add) {
  std::atomic<int> done{0};
  BackgroundRefresh refresh;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 100; ++k) refresh.add(kGroup, [&] { ++done; });
    });
  for (auto& thread : threads) thread.join();
  BOOST_TEST(processes::eventually([&] { return done == 800; }));
}

BOOST_AUTO_TEST_CASE(the_end_waits_for_those_that_are_being_done_and_leaves_the_others) {
  Busy busy;
  std::atomic<int> others{0};
  const auto counted = std::make_shared<int>();
  std::promise<void> is_idle;
  std::promise<void> idle_has_ended;
  auto refresh = std::make_unique<BackgroundRefresh>();
  busy.keep(*refresh);
  for (int i = 0; i < 10; ++i) refresh->add(kGroup, [&others, counted] { ++others; });
  BOOST_TEST(counted.use_count() == 11);
  // A group that is told of the end after the busy one, and has nothing to wait for.
  refresh->add(&idle_has_ended, [&] {
    thread_local const Told told{idle_has_ended};
    is_idle.set_value();
  });
  BOOST_TEST_REQUIRE((is_idle.get_future().wait_for(kPatience) == std::future_status::ready));
  std::atomic<bool> is_gone{false};
  std::thread ending([&] {
    refresh.reset();
    is_gone = true;
  });
  BOOST_TEST((idle_has_ended.get_future().wait_for(kPatience) == std::future_status::ready));
  BOOST_TEST(!is_gone);
  busy.let_end();
  ending.join();
  for (const Held& each : busy.held) BOOST_TEST(each.has_ended);
  BOOST_TEST(others == 0);
  BOOST_TEST(counted.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(too_many_are_left_undone) {
  std::atomic<std::size_t> done{0};
  Busy busy;
  BackgroundRefresh refresh;
  busy.keep(refresh);
  for (std::size_t i = 0; i < BackgroundRefresh::kMaxWaiting + 50; ++i)
    refresh.add(kGroup, [&] { ++done; });
  busy.let_end();
  std::promise<void> after;
  BOOST_TEST(processes::eventually([&] { return done == BackgroundRefresh::kMaxWaiting; }));
  refresh.add(kGroup, [&] { after.set_value(); });
  BOOST_TEST((after.get_future().wait_for(kPatience) == std::future_status::ready));
  BOOST_TEST(done == BackgroundRefresh::kMaxWaiting);
}

BOOST_AUTO_TEST_CASE(signals_are_for_other_threads) {
  std::promise<sigset_t> seen;
  BackgroundRefresh refresh;
  refresh.add(kGroup, [&] {
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    seen.set_value(blocked);
  });
  auto future = seen.get_future();
  BOOST_TEST_REQUIRE((future.wait_for(kPatience) == std::future_status::ready));
  const sigset_t blocked = future.get();
  for (const int number : {SIGTERM, SIGHUP, SIGUSR1, SIGINT, SIGWINCH})
    BOOST_TEST(sigismember(&blocked, number) == 1);
  sigset_t own;
  pthread_sigmask(SIG_SETMASK, nullptr, &own);
  BOOST_TEST(sigismember(&own, SIGTERM) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
