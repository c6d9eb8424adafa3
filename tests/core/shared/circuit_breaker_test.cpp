#include "shared/circuit_breaker.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <limits>

using namespace crowd_confluence;
using namespace std::chrono_literals;
using Admission = CircuitBreaker::Admission;

namespace {

constexpr Duration kRetry = 1000ms;
constexpr Duration kLease = 200ms;
constexpr pid_t kProcess = 10;
constexpr pid_t kOtherProcess = 11;

/// A stranger at an address of that number.
Caller client(std::uint64_t number, pid_t process = kProcess) {
  return {process, number, 100 + number, false};
}
/// A visitor who was proven before, at that address.
Caller proven(std::uint64_t number) {
  return {kProcess, number, 200 + number, true};
}
const Caller kMe = client(1);
const Caller kOther = client(2);

struct Breaker {
  CircuitBreaker breaker{};

  /// In a way that nobody can provoke.
  bool fail(Moment now, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    return breaker.failed(kMe, {false, retry_after}, now, kRetry);
  }
  /// In a way that the caller may have provoked.
  bool fail_for(const Caller& caller, Moment now) {
    return breaker.failed(caller, {true, std::nullopt}, now, kRetry);
  }
  void open_at(Moment now) {
    for (std::uint32_t i = 1; i < CircuitBreaker::kFailuresToOpen; ++i) BOOST_TEST(!fail(now));
    BOOST_TEST(fail(now));
    BOOST_TEST(breaker.is_open());
  }
  Admission admit(Moment now, const Caller& caller = kMe) {
    return breaker.admit(caller, now, kLease);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(circuit_breaker)

BOOST_FIXTURE_TEST_CASE(is_closed_at_first, Breaker) {
  BOOST_TEST(!breaker.is_open());
  BOOST_TEST(breaker.may_admit(kMe, Moment(5ms)));
  BOOST_TEST((admit(Moment(5ms)) == Admission::normal));
  BOOST_TEST(!breaker.succeeded());
}

BOOST_FIXTURE_TEST_CASE(opens_on_failures_in_a_row_only, Breaker) {
  for (int i = 0; i < 5; ++i) {
    for (std::uint32_t k = 1; k < CircuitBreaker::kFailuresToOpen; ++k)
      BOOST_TEST(!fail(Moment(1ms)));
    BOOST_TEST(!breaker.succeeded());
    BOOST_TEST(!breaker.is_open());
  }
  open_at(Moment(5ms));
}

BOOST_FIXTURE_TEST_CASE(lets_nobody_through_until_the_very_moment, Breaker) {
  open_at(Moment(5ms));
  BOOST_TEST((admit(Moment(5ms)) == Admission::refused));
  BOOST_TEST((admit(Moment(1004ms)) == Admission::refused));
  BOOST_TEST(!breaker.may_admit(kMe, Moment(1004ms)));
  BOOST_TEST(breaker.may_admit(kMe, Moment(1005ms)));
  BOOST_TEST((admit(Moment(1005ms)) == Admission::trial));
}

BOOST_FIXTURE_TEST_CASE(tells_for_how_long_it_is_shut, Breaker) {
  BOOST_TEST((breaker.shut_for(Moment(5ms)) == 0ms));
  open_at(Moment(5ms));
  BOOST_TEST((breaker.shut_for(Moment(5ms)) == kRetry));
  BOOST_TEST((breaker.shut_for(Moment(1004ms)) == 1ms));
  BOOST_TEST((breaker.shut_for(Moment(1005ms)) == 0ms));
  BOOST_TEST((breaker.shut_for(Moment(5000ms)) == 0ms));
}

BOOST_FIXTURE_TEST_CASE(a_client_has_one_trial_at_a_time, Breaker) {
  open_at(Moment(0ms));
  BOOST_TEST((admit(Moment(1000ms)) == Admission::trial));
  BOOST_TEST((admit(Moment(1000ms)) == Admission::refused));
  BOOST_TEST((admit(Moment(1199ms), client(1, kOtherProcess)) == Admission::refused));
  BOOST_TEST(!breaker.may_admit(kMe, Moment(1199ms)));
  // Nothing came of it within its lease.
  BOOST_TEST((admit(Moment(1200ms)) == Admission::trial));
  BOOST_TEST((admit(Moment(1200ms)) == Admission::refused));
}

BOOST_FIXTURE_TEST_CASE(few_clients_have_one_and_there_is_always_one_for_who_was_proven, Breaker) {
  open_at(Moment(0ms));
  for (std::uint64_t number = 1; number <= 3; ++number)
    BOOST_TEST((admit(Moment(1000ms), client(number)) == Admission::trial));
  BOOST_TEST((admit(Moment(1000ms), client(4)) == Admission::refused));
  BOOST_TEST((admit(Moment(1000ms), proven(1)) == Admission::trial));
  BOOST_TEST((admit(Moment(1000ms), proven(5)) == Admission::refused));
  BOOST_TEST((admit(Moment(1200ms), proven(5)) == Admission::trial));
}

BOOST_FIXTURE_TEST_CASE(a_trial_that_tells_nothing_is_followed_by_another, Breaker) {
  open_at(Moment(0ms));
  BOOST_TEST((admit(Moment(1000ms)) == Admission::trial));
  breaker.trial_told_nothing(kOther);
  BOOST_TEST((admit(Moment(1001ms)) == Admission::refused));
  breaker.trial_told_nothing(kMe);
  BOOST_TEST(breaker.is_open());
  BOOST_TEST((admit(Moment(1001ms)) == Admission::trial));
  BOOST_TEST((admit(Moment(1001ms)) == Admission::refused));
}

BOOST_FIXTURE_TEST_CASE(one_client_opens_it_only_by_what_it_cannot_provoke, Breaker) {
  for (int i = 0; i < 100; ++i) BOOST_TEST(!fail_for(kMe, Moment(0ms)));
  BOOST_TEST(!breaker.is_open());
  BOOST_TEST(fail_for(kOther, Moment(0ms)));
  BOOST_TEST((admit(Moment(999ms), client(3)) == Admission::refused));
}

BOOST_FIXTURE_TEST_CASE(failures_of_several_clients_open_it_with_a_success_between_they_do_not,
                        Breaker) {
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST(!fail_for(kMe, Moment(0ms)));
    BOOST_TEST(!fail_for(kOther, Moment(0ms)));
    BOOST_TEST(!breaker.succeeded());
  }
  BOOST_TEST(!fail_for(client(1), Moment(0ms)));
  BOOST_TEST(!fail_for(client(2), Moment(0ms)));
  BOOST_TEST(fail_for(client(3), Moment(0ms)));
}

BOOST_FIXTURE_TEST_CASE(one_client_does_not_keep_it_open, Breaker) {
  open_at(Moment(0ms));
  BOOST_TEST((admit(Moment(1000ms)) == Admission::trial));
  BOOST_TEST(!fail_for(kMe, Moment(1100ms)));
  // It waits, by itself.
  BOOST_TEST((admit(Moment(2099ms)) == Admission::refused));
  breaker.trial_told_nothing(kMe);
  BOOST_TEST((admit(Moment(2099ms)) == Admission::refused));
  BOOST_TEST((admit(Moment(1101ms), kOther) == Admission::trial));
  BOOST_TEST((admit(Moment(1102ms), proven(1)) == Admission::trial));
  BOOST_TEST(breaker.succeeded());
  BOOST_TEST((admit(Moment(1103ms)) == Admission::normal));
}

BOOST_FIXTURE_TEST_CASE(a_failure_of_another_one_does, Breaker) {
  open_at(Moment(0ms));
  BOOST_TEST((admit(Moment(1000ms)) == Admission::trial));
  BOOST_TEST((admit(Moment(1000ms), kOther) == Admission::trial));
  BOOST_TEST(!fail_for(kMe, Moment(1100ms)));
  BOOST_TEST(!fail_for(kOther, Moment(1200ms)));
  BOOST_TEST((admit(Moment(2199ms), client(3)) == Admission::refused));
  BOOST_TEST((admit(Moment(2199ms), proven(3)) == Admission::refused));
  BOOST_TEST((admit(Moment(2200ms), client(3)) == Admission::trial));
}

BOOST_FIXTURE_TEST_CASE(a_trial_that_succeeds_closes, Breaker) {
  open_at(Moment(0ms));
  BOOST_TEST((admit(Moment(1000ms)) == Admission::trial));
  BOOST_TEST(breaker.succeeded());
  BOOST_TEST(!breaker.is_open());
  BOOST_TEST(!breaker.succeeded());  // said once
  BOOST_TEST((admit(Moment(1001ms)) == Admission::normal));
  BOOST_TEST(!fail(Moment(1002ms)));  // counting begins anew
  BOOST_TEST(!breaker.is_open());
}

BOOST_FIXTURE_TEST_CASE(a_trial_that_fails_keeps_it_open_and_says_nothing, Breaker) {
  open_at(Moment(0ms));
  BOOST_TEST((admit(Moment(1000ms)) == Admission::trial));
  BOOST_TEST(!fail(Moment(1100ms)));
  BOOST_TEST((admit(Moment(1100ms)) == Admission::refused));
  BOOST_TEST((admit(Moment(2099ms)) == Admission::refused));
  BOOST_TEST((admit(Moment(2100ms)) == Admission::trial));
}

BOOST_FIXTURE_TEST_CASE(a_late_failure_lets_no_second_trial_through, Breaker) {
  open_at(Moment(0ms));
  BOOST_TEST((admit(Moment(1000ms)) == Admission::trial));
  BOOST_TEST(!fail(Moment(1001ms)));  // of an exchange that began before it opened
  BOOST_TEST((admit(Moment(1002ms)) == Admission::refused));
}

BOOST_FIXTURE_TEST_CASE(the_trial_of_a_process_that_is_no_more_is_over, Breaker) {
  open_at(Moment(0ms));
  BOOST_TEST((admit(Moment(1000ms), kOther) == Admission::trial));
  breaker.process_ended(kOtherProcess);
  BOOST_TEST((admit(Moment(1001ms), kOther) == Admission::refused));
  breaker.process_ended(kProcess);
  BOOST_TEST((admit(Moment(1001ms), kOther) == Admission::trial));
  // What it has found out stays.
  BOOST_TEST(!fail_for(kOther, Moment(1002ms)));
  breaker.process_ended(kProcess);
  BOOST_TEST((admit(Moment(1003ms), kOther) == Admission::refused));
}

BOOST_FIXTURE_TEST_CASE(retry_after_lengthens_up_to_ten_fold, Breaker) {
  const auto opened_for = [](std::chrono::seconds asked) {
    Breaker fresh;
    fresh.fail(Moment(1ms));
    fresh.fail(Moment(1ms));
    fresh.fail(Moment(1ms), asked);
    Moment at(1ms);
    while (!fresh.breaker.may_admit(kMe, at)) at += 500ms;
    return at - Moment(1ms);
  };
  BOOST_TEST((opened_for(0s) == kRetry));
  BOOST_TEST((opened_for(1s) == kRetry));
  BOOST_TEST((opened_for(3s) == 3000ms));
  BOOST_TEST((opened_for(10s) == 10 * kRetry));
  BOOST_TEST((opened_for(11s) == 10 * kRetry));
  BOOST_TEST((opened_for(std::chrono::seconds::max()) == 10 * kRetry));
  BOOST_TEST((opened_for(-5s) == kRetry));
  BOOST_TEST((opened_for(std::chrono::seconds::min()) == kRetry));
}

BOOST_FIXTURE_TEST_CASE(a_later_failure_does_not_shorten_it, Breaker) {
  fail(Moment(0ms));
  fail(Moment(0ms));
  BOOST_TEST(fail(Moment(0ms), 8s));
  BOOST_TEST(!fail(Moment(10ms)));
  BOOST_TEST((admit(Moment(7999ms)) == Admission::refused));
  BOOST_TEST((admit(Moment(8000ms)) == Admission::trial));
}

BOOST_FIXTURE_TEST_CASE(a_retry_of_nothing_tries_at_once, Breaker) {
  for (std::uint32_t i = 0; i < CircuitBreaker::kFailuresToOpen; ++i)
    breaker.failed(kMe, {}, Moment(7ms), 0ms);
  BOOST_TEST(breaker.is_open());
  BOOST_TEST((admit(Moment(7ms)) == Admission::trial));
  BOOST_TEST((admit(Moment(7ms)) == Admission::refused));
}

BOOST_AUTO_TEST_SUITE_END()
