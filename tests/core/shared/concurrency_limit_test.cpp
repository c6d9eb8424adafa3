#include "shared/concurrency_limit.h"

#include <boost/test/unit_test.hpp>
#include <memory>

using crowd_confluence::ConcurrencyLimit;

namespace {

/// As it lies in shared memory: zeroed.
struct Zeroed {
  std::unique_ptr<ConcurrencyLimit> memory = std::make_unique<ConcurrencyLimit>();
  ConcurrencyLimit& limit = *memory;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(concurrency_limit)

BOOST_FIXTURE_TEST_CASE(admits_as_many_as_told_over_all_processes, Zeroed) {
  BOOST_TEST(limit.waiting() == 0u);
  BOOST_TEST(limit.enter(10, 3));
  BOOST_TEST(limit.enter(11, 3));
  BOOST_TEST(limit.enter(10, 3));
  BOOST_TEST(limit.waiting() == 3u);
  BOOST_TEST(!limit.enter(10, 3));
  BOOST_TEST(!limit.enter(12, 3));
  BOOST_TEST(limit.waiting() == 3u);
  limit.leave(11);
  BOOST_TEST(limit.enter(12, 3));
  BOOST_TEST(!limit.enter(12, 3));
  BOOST_TEST(limit.enter(12, 4));  // who asks says how many
}

BOOST_FIXTURE_TEST_CASE(a_limit_of_nothing_admits_nobody, Zeroed) {
  BOOST_TEST(!limit.enter(10, 0));
  BOOST_TEST(limit.waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(who_never_entered_cannot_leave, Zeroed) {
  limit.leave(10);
  BOOST_TEST(limit.enter(10, 5));
  limit.leave(11);
  BOOST_TEST(limit.waiting() == 1u);
  limit.leave(10);
  limit.leave(10);
  BOOST_TEST(limit.waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_an_ended_process_counted_is_forgotten, Zeroed) {
  for (int i = 0; i < 3; ++i) limit.enter(10, 9);
  limit.enter(11, 9);
  limit.process_ended(12);
  BOOST_TEST(limit.waiting() == 4u);
  limit.process_ended(10);
  BOOST_TEST(limit.waiting() == 1u);
  limit.process_ended(10);
  limit.leave(11);
  BOOST_TEST(limit.waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(ended_processes_can_be_told_by_a_question, Zeroed) {
  for (int i = 0; i < 3; ++i) limit.enter(10, 9);
  limit.enter(11, 9);
  limit.leave(11);
  limit.enter(12, 9);
  limit.forget([](pid_t process) {
    BOOST_TEST(process != 11);  // nobody of it waits
    return process == 10;
  });
  BOOST_TEST(limit.waiting() == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_places_of_processes_are_used_again, Zeroed) {
  constexpr auto kMax = static_cast<pid_t>(ConcurrencyLimit::kMaxProcesses);
  for (pid_t process = 1; process <= kMax; ++process) BOOST_TEST(limit.enter(process, 5000));
  BOOST_TEST(!limit.enter(kMax + 1, 5000));
  BOOST_TEST(limit.enter(kMax, 5000));
  limit.leave(7);
  BOOST_TEST(limit.enter(kMax + 1, 5000));
  BOOST_TEST(!limit.enter(7, 5000));
  BOOST_TEST(limit.waiting() == ConcurrencyLimit::kMaxProcesses + 1);
  for (pid_t process = 1; process <= kMax + 1; ++process) limit.process_ended(process);
  BOOST_TEST(limit.waiting() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
