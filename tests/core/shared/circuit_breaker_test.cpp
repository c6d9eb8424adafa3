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
constexpr pid_t kMe = 10;
constexpr pid_t kOther = 11;

struct Breaker {
  CircuitBreaker breaker{};

  bool fail(Moment now, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    return breaker.failed(now, kRetry, retry_after);
  }
  void open_at(Moment now) {
    for (std::uint32_t i = 1; i < CircuitBreaker::kFailuresToOpen; ++i) BOOST_TEST(!fail(now));
    BOOST_TEST(fail(now));
    BOOST_TEST(breaker.is_open());
  }
  Admission admit(Moment now, pid_t process = kMe) { return breaker.admit(process, now, kLease); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(circuit_breaker)

BOOST_FIXTURE_TEST_CASE(is_closed_at_first, Breaker) {
  BOOST_TEST(!breaker.is_open());
  BOOST_TEST(breaker.may_admit(Moment(5ms)));
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
  BOOST_TEST(!breaker.may_admit(Moment(1004ms)));
  BOOST_TEST(breaker.may_admit(Moment(1005ms)));
  BOOST_TEST((admit(Moment(1005ms)) == Admission::trial));
}

BOOST_FIXTURE_TEST_CASE(a_single_request_is_the_trial, Breaker) {
  open_at(Moment(0ms));
  BOOST_TEST((admit(Moment(1000ms)) == Admission::trial));
  BOOST_TEST((admit(Moment(1000ms), kOther) == Admission::refused));
  BOOST_TEST((admit(Moment(1199ms)) == Admission::refused));
  BOOST_TEST(!breaker.may_admit(Moment(1199ms)));
  // Nothing came of it within its lease.
  BOOST_TEST((admit(Moment(1200ms), kOther) == Admission::trial));
  BOOST_TEST((admit(Moment(1200ms)) == Admission::refused));
}

BOOST_FIXTURE_TEST_CASE(a_trial_that_tells_nothing_is_followed_by_another, Breaker) {
  open_at(Moment(0ms));
  BOOST_TEST((admit(Moment(1000ms)) == Admission::trial));
  breaker.trial_told_nothing();
  BOOST_TEST(breaker.is_open());
  BOOST_TEST((admit(Moment(1001ms), kOther) == Admission::trial));
  BOOST_TEST((admit(Moment(1001ms)) == Admission::refused));
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
  breaker.process_ended(kMe);
  BOOST_TEST((admit(Moment(1001ms)) == Admission::refused));
  breaker.process_ended(kOther);
  BOOST_TEST((admit(Moment(1001ms)) == Admission::trial));
}

BOOST_FIXTURE_TEST_CASE(retry_after_lengthens_up_to_ten_fold, Breaker) {
  const auto opened_for = [](std::chrono::seconds asked) {
    Breaker fresh;
    fresh.fail(Moment(1ms));
    fresh.fail(Moment(1ms));
    fresh.fail(Moment(1ms), asked);
    Moment at(1ms);
    while (!fresh.breaker.may_admit(at)) at += 500ms;
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
    breaker.failed(Moment(7ms), 0ms, std::nullopt);
  BOOST_TEST(breaker.is_open());
  BOOST_TEST((admit(Moment(7ms)) == Admission::trial));
  BOOST_TEST((admit(Moment(7ms)) == Admission::refused));
}

BOOST_AUTO_TEST_SUITE_END()
