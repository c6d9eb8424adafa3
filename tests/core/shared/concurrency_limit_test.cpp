#include "shared/concurrency_limit.h"

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <memory>
#include <vector>

using namespace crowd_confluence;
namespace data = boost::unit_test::data;

namespace {

using Place = ConcurrencyLimit::Place;

constexpr pid_t kProcess = 10;
constexpr std::uint32_t kHere = 0;
constexpr std::uint32_t kElsewhere = 1;

/// As it lies in shared memory: zeroed.
struct Zeroed {
  std::unique_ptr<ConcurrencyLimit> memory = std::make_unique<ConcurrencyLimit>();
  ConcurrencyLimit& limit = *memory;
  std::uint64_t visitors = 0;

  /// A new visitor at this address.
  std::optional<Place> enter(std::uint64_t client, std::uint32_t max, pid_t process = kProcess) {
    return limit.enter(kHere, {process, client, ++visitors, false}, max);
  }
  /// A visitor who was proven before.
  bool enter_proven(std::uint64_t visitor, std::uint32_t max) {
    return limit.enter(kHere, {kProcess, 1, 1'000'000 + visitor, true}, max).has_value();
  }
  /// As many as find a place.
  std::uint32_t flood(std::uint64_t client, std::uint32_t max) {
    std::uint32_t entered = 0;
    while (enter(client, max)) ++entered;
    return entered;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(concurrency_limit)

BOOST_FIXTURE_TEST_CASE(admits_as_many_as_told_over_all_processes, Zeroed) {
  BOOST_TEST(limit.waiting(kHere) == 0u);
  const auto first = enter(1, 3, 10);
  BOOST_TEST_REQUIRE(first.has_value());
  BOOST_TEST(enter(1, 3, 11).has_value());
  BOOST_TEST(enter(1, 3, 10).has_value());
  BOOST_TEST(limit.waiting(kHere) == 3u);
  BOOST_TEST(!enter(1, 3, 10).has_value());
  BOOST_TEST(!enter(2, 3, 12).has_value());
  limit.leave(*first);
  BOOST_TEST(limit.waiting(kHere) == 2u);
  BOOST_TEST(enter(2, 3, 12).has_value());
  BOOST_TEST(!enter(2, 3, 12).has_value());
  BOOST_TEST(!enter_proven(1, 3));
}

BOOST_FIXTURE_TEST_CASE(each_confluence_has_places_of_its_own, Zeroed) {
  BOOST_TEST(enter(1, 1).has_value());
  BOOST_TEST(!enter(1, 1).has_value());
  BOOST_TEST(limit.enter(kElsewhere, {kProcess, 1, 1, false}, 1).has_value());
  BOOST_TEST(limit.waiting(kHere) == 1u);
  BOOST_TEST(limit.waiting(kElsewhere) == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_place_is_left_once, Zeroed) {
  const auto place = enter(1, 5);
  limit.leave(*place);
  const auto next = enter(1, 5, 11);
  BOOST_TEST(next->number == place->number);
  limit.leave(*place);
  BOOST_TEST(limit.waiting(kHere) == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_an_ended_process_counted_is_forgotten, Zeroed) {
  for (int i = 0; i < 3; ++i) enter(1, 99, 10);
  const auto other = enter(1, 99, 11);
  limit.process_ended(12);
  BOOST_TEST(limit.waiting(kHere) == 4u);
  limit.process_ended(10);
  BOOST_TEST(limit.waiting(kHere) == 1u);
  limit.process_ended(10);
  limit.leave(*other);
  BOOST_TEST(limit.waiting(kHere) == 0u);
}

BOOST_FIXTURE_TEST_CASE(ended_processes_can_be_told_by_a_question, Zeroed) {
  for (int i = 0; i < 3; ++i) enter(1, 99, 10);
  limit.leave(*enter(1, 99, 11));
  for (int i = 0; i < 3; ++i) enter(1, 99, 12);
  int questions = 0;
  limit.forget([&](pid_t process) {
    ++questions;
    BOOST_TEST(process != 11);  // nobody of it waits
    return process == 10;
  });
  BOOST_TEST(limit.waiting(kHere) == 3u);
  BOOST_TEST(questions == 4);  // a process that lives is asked for once
}

BOOST_FIXTURE_TEST_CASE(all_places_are_used_and_used_again, Zeroed) {
  constexpr std::uint32_t kMax = 1'000'000;
  std::vector<Place> places;
  while (const auto place = enter(1, kMax)) places.push_back(*place);
  BOOST_TEST(places.size() == ConcurrencyLimit::kPlaces);
  BOOST_TEST(limit.waiting(kHere) == ConcurrencyLimit::kPlaces);
  limit.leave(places[7]);
  BOOST_TEST(enter(2, kMax).has_value());
  BOOST_TEST(!enter(2, kMax).has_value());
  limit.process_ended(kProcess);
  BOOST_TEST(limit.waiting(kHere) == 0u);
  BOOST_TEST(enter(2, 1).has_value());
}

// Shares.

BOOST_DATA_TEST_CASE_F(Zeroed, a_client_leaves_places_to_others_and_to_who_was_proven,
                       data::make({4U, 5U, 8U, 16U, 25U, 32U, 64U, 200U, 1000U}), max) {
  const std::uint32_t taken = flood(1, max);
  BOOST_TEST(taken >= max / 4);
  BOOST_TEST(taken <= std::max(3 * max / 4, max - 32));
  // Somebody else, however often; and a known visitor besides.
  for (std::uint64_t client = 2; client < 100; ++client) {
    const auto place = enter(client, max);
    BOOST_TEST_REQUIRE(place.has_value());
    BOOST_TEST(enter_proven(client, max));
    limit.process_ended(kProcess);
    BOOST_TEST(flood(1, max) == taken);
  }
}

BOOST_FIXTURE_TEST_CASE(with_plenty_of_places_one_address_may_have_most_of_them, Zeroed) {
  // Many users behind one proxy.
  BOOST_TEST(flood(1, 1000) >= 700u);
  limit.process_ended(kProcess);
  BOOST_TEST(flood(1, 200) >= 100u);
  limit.process_ended(kProcess);
  BOOST_TEST(flood(1, 8) == 6u);
}

BOOST_FIXTURE_TEST_CASE(several_clients_leave_places_to_others_too, Zeroed) {
  constexpr std::uint32_t kMax = 64;
  for (std::uint64_t client = 1; client <= 3; ++client) BOOST_TEST(flood(client, kMax) > 0u);
  for (std::uint64_t client = 1; client <= 3; ++client) BOOST_TEST(flood(client, kMax) == 0u);
  BOOST_TEST(enter(4, kMax).has_value());
}

BOOST_FIXTURE_TEST_CASE(strangers_of_all_addresses_leave_the_reserve, Zeroed) {
  constexpr std::uint32_t kMax = 16;
  std::uint64_t client = 1;
  while (enter(client, kMax)) ++client;
  BOOST_TEST(limit.waiting(kHere) == kMax - kMax / 4);
  std::uint64_t visitor = 1;
  while (enter_proven(visitor, kMax)) ++visitor;
  BOOST_TEST(limit.waiting(kHere) == kMax);
}

BOOST_FIXTURE_TEST_CASE(who_uses_the_reserve_takes_no_place_from_strangers, Zeroed) {
  constexpr std::uint32_t kMax = 16;
  for (std::uint64_t visitor = 1; visitor <= kMax / 4; ++visitor)
    BOOST_TEST(enter_proven(visitor, kMax));
  std::uint64_t client = 1;
  while (enter(client, kMax)) ++client;
  BOOST_TEST(limit.waiting(kHere) == kMax);
}

BOOST_FIXTURE_TEST_CASE(known_visitors_of_one_address_have_all_places_but_one_visitor_has_not,
                        Zeroed) {
  constexpr std::uint32_t kMax = 16;
  std::uint32_t of_one = 0;
  while (enter_proven(1, kMax)) ++of_one;
  BOOST_TEST(of_one >= kMax / 2);
  BOOST_TEST(of_one < kMax);
  for (std::uint64_t visitor = 2; visitor <= 1 + kMax - of_one; ++visitor)
    BOOST_TEST(enter_proven(visitor, kMax));
}

BOOST_FIXTURE_TEST_CASE(the_followers_of_one_visitor_count_for_the_client, Zeroed) {
  constexpr std::uint32_t kMax = 32;
  const auto follow = [&] { return limit.enter(kHere, {kProcess, 1, 7, false}, kMax).has_value(); };
  while (follow()) continue;
  BOOST_TEST(!enter(1, kMax).has_value());
  BOOST_TEST(enter(2, kMax).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
