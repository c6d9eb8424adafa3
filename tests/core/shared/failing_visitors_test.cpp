#include "shared/failing_visitors.h"

#include <boost/test/unit_test.hpp>
#include <chrono>

using namespace crowd_confluence;
using namespace std::chrono_literals;

namespace {

constexpr Duration kRetry = 1000ms;
constexpr std::uint64_t kVisitor = 7;
constexpr std::uint64_t kOther = 8;

struct Visitors {
  FailingVisitors visitors{};

  bool fail(std::uint64_t visitor, Moment now = Moment(0ms)) {
    return visitors.failed(visitor, now, kRetry);
  }
  void bar(std::uint64_t visitor, Moment now = Moment(0ms)) {
    for (std::uint32_t i = 0; i < FailingVisitors::kFailuresToBar; ++i) fail(visitor, now);
    BOOST_TEST(visitors.is_barred(visitor, now));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(failing_visitors)

BOOST_FIXTURE_TEST_CASE(nobody_is_known_at_first, Visitors) {
  BOOST_TEST(!visitors.is_barred(kVisitor, Moment(0ms)));
  BOOST_TEST(!visitors.is_barred(kVisitor, Moment(1000h)));
}

BOOST_FIXTURE_TEST_CASE(who_fails_again_and_again_is_barred_for_a_while, Visitors) {
  for (std::uint32_t i = 1; i < FailingVisitors::kFailuresToBar; ++i) {
    fail(kVisitor, Moment(5ms));
    BOOST_TEST(!visitors.is_barred(kVisitor, Moment(5ms)));
  }
  fail(kVisitor, Moment(5ms));
  BOOST_TEST(visitors.is_barred(kVisitor, Moment(5ms)));
  BOOST_TEST(visitors.is_barred(kVisitor, Moment(1004ms)));
  BOOST_TEST(!visitors.is_barred(kVisitor, Moment(1005ms)));
  BOOST_TEST(!visitors.is_barred(kOther, Moment(5ms)));
  // He has one try then.
  fail(kVisitor, Moment(1005ms));
  BOOST_TEST(visitors.is_barred(kVisitor, Moment(2004ms)));
}

BOOST_FIXTURE_TEST_CASE(a_success_of_his_own_clears_him, Visitors) {
  bar(kVisitor);
  visitors.succeeded(kOther);
  BOOST_TEST(visitors.is_barred(kVisitor, Moment(1ms)));
  visitors.succeeded(kVisitor);
  BOOST_TEST(!visitors.is_barred(kVisitor, Moment(1ms)));
  fail(kVisitor);
  BOOST_TEST(!visitors.is_barred(kVisitor, Moment(1ms)));
}

BOOST_FIXTURE_TEST_CASE(each_is_one_sign_since_anybody_had_success, Visitors) {
  BOOST_TEST(fail(kVisitor));
  BOOST_TEST(!fail(kVisitor));
  BOOST_TEST(fail(kOther));
  BOOST_TEST(!fail(kVisitor));
  BOOST_TEST(!fail(kOther));
  visitors.succeeded(1000);
  BOOST_TEST(fail(kVisitor));
  BOOST_TEST(!fail(kVisitor));
}

BOOST_FIXTURE_TEST_CASE(the_one_whose_failure_is_the_longest_ago_makes_room, Visitors) {
  for (std::uint64_t n = 1; n <= FailingVisitors::kPlaces; ++n)
    bar(n, Moment(Duration(10 - static_cast<int>(n))));
  BOOST_TEST(fail(1000, Moment(20ms)));
  const std::uint64_t displaced = FailingVisitors::kPlaces;
  for (std::uint64_t n = 1; n < displaced; ++n) BOOST_TEST(visitors.is_barred(n, Moment(20ms)));
  BOOST_TEST(!visitors.is_barred(displaced, Moment(20ms)));
  BOOST_TEST(!fail(1000, Moment(20ms)));
}

BOOST_FIXTURE_TEST_CASE(those_of_yesterday_take_no_place_from_those_of_today, Visitors) {
  for (std::uint64_t n = 1; n <= FailingVisitors::kPlaces; ++n) bar(n);
  for (std::uint32_t i = 0; i < FailingVisitors::kFailuresToBar; ++i)
    for (const std::uint64_t visitor : {kVisitor, kOther}) fail(visitor, Moment(24h));
  BOOST_TEST(visitors.is_barred(kVisitor, Moment(24h)));
  BOOST_TEST(visitors.is_barred(kOther, Moment(24h)));
}

BOOST_FIXTURE_TEST_CASE(free_places_are_taken_first, Visitors) {
  for (std::uint64_t n = 1; n <= FailingVisitors::kPlaces; ++n) BOOST_TEST(fail(n));
  for (std::uint64_t n = 1; n <= FailingVisitors::kPlaces; ++n) BOOST_TEST(!fail(n));
}

BOOST_AUTO_TEST_SUITE_END()
