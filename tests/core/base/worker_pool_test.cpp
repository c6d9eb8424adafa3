#include "base/worker_pool.h"

#include <signal.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "harness/processes.h"

using crowd_confluence::WorkerPool;
using processes::eventually;
using processes::kPatience;
using namespace std::chrono_literals;

namespace {

/// A job that begins, and ends when it is let. Copies are the same job.
struct Held {
  struct State {
    std::promise<void> begun;
    std::promise<void> may_end;
    std::shared_future<void> end = may_end.get_future().share();
    std::atomic<bool> has_ended{false};
  };
  std::shared_ptr<State> state = std::make_shared<State>();

  void operator()() const {
    state->begun.set_value();
    state->end.wait_for(kPatience);
    state->has_ended = true;
  }
  [[nodiscard]] bool begins() const {
    return state->begun.get_future().wait_for(kPatience) == std::future_status::ready;
  }
  void let_end() const { state->may_end.set_value(); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(worker_pool)

BOOST_AUTO_TEST_CASE(a_pool_without_work_ends_at_once) {
  WorkerPool pool(4, 10);
}

BOOST_AUTO_TEST_CASE(run_waits_until_the_job_is_done) {
  WorkerPool pool(2, 10);
  int done = 0;
  BOOST_TEST(pool.run([&] { done = 1; }, kPatience));
  BOOST_TEST(done == 1);
}

BOOST_AUTO_TEST_CASE(jobs_are_begun_in_the_order_in_which_they_come) {
  WorkerPool pool(1, 100);
  const Held first;
  pool.add(first);
  BOOST_TEST_REQUIRE(first.begins());
  std::vector<int> begun;
  for (int i = 0; i < 10; ++i) pool.add([&begun, i] { begun.push_back(i); });
  first.let_end();
  BOOST_TEST(pool.run([] {}, kPatience));
  BOOST_TEST(begun == (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

BOOST_AUTO_TEST_CASE(no_more_threads_work_than_allowed_and_no_fewer) {
  WorkerPool pool(3, 100);
  std::vector<Held> jobs(3);
  for (const Held& job : jobs) pool.add(job);
  for (const Held& job : jobs) BOOST_TEST(job.begins());
  std::atomic<bool> is_fourth_begun{false};
  pool.add([&] { is_fourth_begun = true; });
  BOOST_TEST(!is_fourth_begun);
  for (const Held& job : jobs) job.let_end();
  BOOST_TEST(eventually([&] { return is_fourth_begun.load(); }));
}

BOOST_AUTO_TEST_CASE(a_thread_that_is_idle_takes_the_next_job) {
  WorkerPool pool(8, 100);
  std::set<std::thread::id> threads;
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(pool.run([&] { threads.insert(std::this_thread::get_id()); }, kPatience));
  // The one before may just have told that it is done, and not be idle yet.
  BOOST_TEST(threads.size() <= 2u);
}

BOOST_AUTO_TEST_CASE(too_many_that_wait_are_refused) {
  WorkerPool pool(1, 2);
  const Held busy;
  BOOST_TEST(pool.add(busy));
  BOOST_TEST_REQUIRE(busy.begins());
  std::atomic<int> done{0};
  BOOST_TEST(pool.add([&] { ++done; }));
  BOOST_TEST(pool.add([&] { ++done; }));
  BOOST_TEST(!pool.add([&] { ++done; }));
  BOOST_TEST(!pool.run([&] { ++done; }, kPatience));
  busy.let_end();
  BOOST_TEST(eventually([&] { return done == 2; }));
  BOOST_TEST(pool.run([&] { ++done; }, kPatience));
  BOOST_TEST(done == 3);
}

BOOST_AUTO_TEST_CASE(patience_that_is_over_takes_back_a_job_that_was_not_begun) {
  WorkerPool pool(1, 10);
  const Held busy;
  pool.add(busy);
  BOOST_TEST_REQUIRE(busy.begins());
  std::atomic<bool> is_done{false};
  BOOST_TEST(!pool.run([&] { is_done = true; }, 1ms));
  busy.let_end();
  BOOST_TEST(pool.run([] {}, kPatience));
  BOOST_TEST(!is_done);
}

BOOST_AUTO_TEST_CASE(patience_that_is_over_leaves_a_job_that_was_begun_to_itself) {
  WorkerPool pool(1, 10);
  // On a busy machine the patience may end before the job is begun.
  for (auto patience = std::chrono::milliseconds(10); patience < kPatience; patience *= 2) {
    const Held slow;
    BOOST_TEST(!pool.run(slow, patience));
    if (slow.state.use_count() == 1) continue;  // taken back
    BOOST_TEST(slow.begins());
    BOOST_TEST(!slow.state->has_ended);
    slow.let_end();
    BOOST_TEST(eventually([&] { return slow.state->has_ended.load(); }));
    return;
  }
  BOOST_ERROR("the job was never begun");
}

BOOST_AUTO_TEST_CASE(an_exception_ends_its_job_only) {
  WorkerPool pool(1, 10);
  BOOST_TEST(pool.run([] { throw std::runtime_error("a job's own"); }, kPatience));
  BOOST_TEST(pool.run([] { throw std::bad_alloc(); }, kPatience));
  BOOST_TEST(pool.run([] { throw 7; }, kPatience));
  bool is_done = false;
  BOOST_TEST(pool.run([&] { is_done = true; }, kPatience));
  BOOST_TEST(is_done);
}

BOOST_AUTO_TEST_CASE(signals_are_blocked_in_its_threads) {
  WorkerPool pool(1, 10);
  sigset_t blocked;
  sigemptyset(&blocked);
  BOOST_TEST(pool.run([&] { pthread_sigmask(SIG_SETMASK, nullptr, &blocked); }, kPatience));
  for (const int signal : {SIGTERM, SIGHUP, SIGUSR1, SIGWINCH, SIGPIPE, SIGALRM})
    BOOST_TEST(sigismember(&blocked, signal) == 1);
}

BOOST_AUTO_TEST_CASE(a_job_is_destroyed_before_it_counts_as_done) {
  WorkerPool pool(1, 10);
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> seen = held;
  BOOST_TEST(pool.run([held = std::move(held)] {}, kPatience));
  BOOST_TEST(seen.expired());
}

BOOST_AUTO_TEST_CASE(stopping_leaves_undone_what_waits_and_accepts_nothing) {
  auto pool = std::make_unique<WorkerPool>(1, 10);
  const Held busy;
  pool->add(busy);
  BOOST_TEST_REQUIRE(busy.begins());
  std::atomic<bool> is_done{false};
  const auto held = std::make_shared<int>();
  pool->add([&is_done, held] { is_done = true; });
  pool->stop();
  BOOST_TEST(held.use_count() == 1);
  BOOST_TEST(!pool->add([&] { is_done = true; }));
  BOOST_TEST(!pool->run([&] { is_done = true; }, kPatience));
  busy.let_end();
  pool.reset();
  BOOST_TEST(busy.state->has_ended);
  BOOST_TEST(!is_done);
}

BOOST_AUTO_TEST_CASE(whoever_waits_for_a_job_that_is_left_undone_learns_of_it) {
  WorkerPool pool(1, 10);
  const Held busy;
  pool.add(busy);
  BOOST_TEST_REQUIRE(busy.begins());
  std::promise<void> is_waiting;
  auto waits = std::async(std::launch::async, [&] {
    is_waiting.set_value();
    return pool.run([] {}, kPatience);
  });
  is_waiting.get_future().wait();
  pool.stop();
  BOOST_TEST((waits.wait_for(kPatience / 2) == std::future_status::ready));
  BOOST_TEST(!waits.get());
  busy.let_end();
}

BOOST_AUTO_TEST_CASE(the_end_waits_for_what_is_being_done) {
  WorkerPool pool(2, 10);
  const Held slow;
  pool.add(slow);
  BOOST_TEST_REQUIRE(slow.begins());
  std::thread later([&] { slow.let_end(); });
  pool.end(kPatience);
  BOOST_TEST(slow.state->has_ended);
  later.join();
}

BOOST_AUTO_TEST_CASE(the_end_does_not_wait_for_what_hangs) {
  const Held hangs;
  {
    WorkerPool pool(2, 10);
    pool.add(hangs);
    BOOST_TEST_REQUIRE(hangs.begins());
    pool.end(1ms);
    BOOST_TEST(!hangs.state->has_ended);
  }
  hangs.let_end();  // the thread outlives the pool, and does no harm
  BOOST_TEST(eventually([&] { return hangs.state->has_ended.load(); }));
}

BOOST_AUTO_TEST_SUITE_END()
