#include "shared/failing_visitors.h"

#include <boost/test/unit_test.hpp>
#include <chrono>

using namespace crowd_confluence;
using namespace std::chrono_literals;

namespace {

constexpr Moment kRetry = 1000ms;
constexpr std::uint64_t kVisitor = 7;
constexpr std::uint64_t kOther = 8;

struct Visitors {
  TroubledVisitors visitors{};

  bool fail(std::uint64_t visitor, Moment now = 0ms) {
    return visitors.failed(visitor, now, kRetry);
  }
  void bar(std::uint64_t visitor, Moment now = 0ms) {
    for (std::uint32_t i = 0; i < TroubledVisitors::kFailuresToBar; ++i) fail(visitor, now);
    BOOST_TEST(visitors.is_barred(visitor, now));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(troubled_visitors)

BOOST_FIXTURE_TEST_CASE(nobody_is_known_at_first, Visitors) {
  BOOST_TEST(!visitors.is_barred(kVisitor, 0ms));
  BOOST_TEST(!visitors.is_barred(kVisitor, 1000h));
}

BOOST_FIXTURE_TEST_CASE(who_fails_again_and_again_is_barred_for_a_while, Visitors) {
  for (std::uint32_t i = 1; i < TroubledVisitors::kFailuresToBar; ++i) {
    fail(kVisitor, 5ms);
    BOOST_TEST(!visitors.is_barred(kVisitor, 5ms));
  }
  fail(kVisitor, 5ms);
  BOOST_TEST(visitors.is_barred(kVisitor, 5ms));
  BOOST_TEST(visitors.is_barred(kVisitor, 1004ms));
  BOOST_TEST(!visitors.is_barred(kVisitor, 1005ms));
  BOOST_TEST(!visitors.is_barred(kOther, 5ms));
  // He has one try then.
  fail(kVisitor, 1005ms);
  BOOST_TEST(visitors.is_barred(kVisitor, 2004ms));
}

BOOST_FIXTURE_TEST_CASE(a_success_of_his_own_clears_him, Visitors) {
  bar(kVisitor);
  visitors.succeeded(kOther);
  BOOST_TEST(visitors.is_barred(kVisitor, 1ms));
  visitors.succeeded(kVisitor);
  BOOST_TEST(!visitors.is_barred(kVisitor, 1ms));
  fail(kVisitor);
  BOOST_TEST(!visitors.is_barred(kVisitor, 1ms));
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
  for (std::uint64_t n = 1; n <= TroubledVisitors::kPlaces; ++n)
    bar(n, Moment(static_cast<Moment::rep>(10 - n)));
  BOOST_TEST(fail(1000, 20ms));
  const std::uint64_t displaced = TroubledVisitors::kPlaces;
  for (std::uint64_t n = 1; n < displaced; ++n) BOOST_TEST(visitors.is_barred(n, 20ms));
  BOOST_TEST(!visitors.is_barred(displaced, 20ms));
  BOOST_TEST(!fail(1000, 20ms));
}

BOOST_FIXTURE_TEST_CASE(those_of_yesterday_take_no_place_from_those_of_today, Visitors) {
  for (std::uint64_t n = 1; n <= TroubledVisitors::kPlaces; ++n) bar(n);
  for (std::uint32_t i = 0; i < TroubledVisitors::kFailuresToBar; ++i)
    for (const std::uint64_t visitor : {kVisitor, kOther}) fail(visitor, 24h);
  BOOST_TEST(visitors.is_barred(kVisitor, 24h));
  BOOST_TEST(visitors.is_barred(kOther, 24h));
}

BOOST_FIXTURE_TEST_CASE(free_places_are_taken_first, Visitors) {
  for (std::uint64_t n = 1; n <= TroubledVisitors::kPlaces; ++n) BOOST_TEST(fail(n));
  for (std::uint64_t n = 1; n <= TroubledVisitors::kPlaces; ++n) BOOST_TEST(!fail(n));
}

BOOST_AUTO_TEST_SUITE_END()
