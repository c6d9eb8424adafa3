#include "crowd_confluence/clock.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>

#include "harness/processes.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(clock_)

BOOST_AUTO_TEST_CASE(it_goes_on_and_never_back) {
  const Clock& clock = Clock::monotonic();
  const Moment began = clock.now();
  BOOST_TEST((began > Moment()));
  Moment last = began;
  while (last < began + 5ms) {
    const Moment now = clock.now();
    BOOST_TEST_REQUIRE((now >= last));
    last = now;
  }
}

BOOST_AUTO_TEST_CASE(it_is_the_same_in_all_processes) {
  const Clock& clock = Clock::monotonic();
  const Moment before = clock.now();
  const processes::Shared<std::atomic<std::int64_t>> seen;
  processes::Child child([&] {
    *seen = clock.now().time_since_epoch().count();
    return true;
  });
  BOOST_TEST(child.succeeds());
  BOOST_TEST((Moment(Duration(*seen)) >= before));
  BOOST_TEST((Moment(Duration(*seen)) <= clock.now()));
}

BOOST_AUTO_TEST_SUITE_END()
