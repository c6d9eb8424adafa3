#include "shared/single_flight.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "harness/printing.h"
#include "harness/processes.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using processes::can_stop_at_writes;
using processes::Child;
using processes::key_number;
using processes::kSanitized;
using processes::SharedMemory;
using Ticket = SingleFlight::Ticket;
namespace utf = boost::unit_test;

namespace {

constexpr Duration kLong = 1h;
const VisitorKey kKey = key_number(1);

struct Leases {
  SharedMemory memory{SingleFlight::bytes()};
  SingleFlight leases = SingleFlight::create(memory.get());
  const Clock& clock = Clock::monotonic();

  Ticket join(const VisitorKey& key = kKey, Duration lease = kLong) {
    return leases.join(key, clock.now(), lease, getpid());
  }
  std::optional<SingleFlight::Answer> wait(const Ticket& ticket, Duration limit = 20s) {
    return leases.wait(ticket, clock, clock.now() + limit);
  }
};

/// Keys that must share the few slots of one stripe.
VisitorKey key_of_one_stripe(std::uint64_t number) {
  return {64 * number, number};
}
constexpr std::uint64_t kSlots = 32;

}  // namespace

BOOST_AUTO_TEST_SUITE(single_flight)

BOOST_FIXTURE_TEST_CASE(the_first_leads_and_the_others_follow, Leases) {
  const Ticket leader = join();
  BOOST_TEST(leader.role == Ticket::leads);
  const Ticket follower = join();
  BOOST_TEST(follower.role == Ticket::follows);
  BOOST_TEST(SingleFlight::attach(memory.get()).join(kKey, clock.now(), kLong, getpid()).role ==
             Ticket::follows);
  BOOST_TEST(join(key_number(2)).role == Ticket::leads);

  leases.done(leader, Result::unavailable, Reason::tls);
  const auto shared = wait(follower);
  BOOST_TEST_REQUIRE(shared.has_value());
  BOOST_TEST(shared->result == Result::unavailable);
  BOOST_TEST(shared->reason == Reason::tls);
  BOOST_TEST(wait(follower).has_value());  // as often as asked
  BOOST_TEST(join().role == Ticket::leads);
}

BOOST_FIXTURE_TEST_CASE(every_result_is_shared_with_its_reason, Leases) {
  for (const auto& [result, reason] : {std::pair{Result::session, Reason::seraph},
                                       {Result::rejected, Reason::login_denied},
                                       {Result::unavailable, Reason::internal}}) {
    const Ticket leader = join();
    const Ticket follower = join();
    leases.done(leader, result, reason);
    const auto shared = wait(follower);
    BOOST_TEST_REQUIRE(shared.has_value());
    BOOST_TEST(shared->result == result);
    BOOST_TEST(shared->reason == reason);
  }
}

BOOST_FIXTURE_TEST_CASE(only_the_leader_of_now_is_heard, Leases) {
  const Ticket leader = join();
  const Ticket follower = join();
  leases.done(follower, Result::session, Reason::known);
  leases.done(Ticket(), Result::session, Reason::known);
  BOOST_TEST(!wait(follower, 1ms).has_value());
  leases.done(leader, Result::rejected, Reason::anonymous);
  leases.done(leader, Result::session, Reason::known);  // a second time
  BOOST_TEST(wait(follower)->result == Result::rejected);
}

BOOST_FIXTURE_TEST_CASE(a_follower_that_slept_long_takes_a_later_result, Leases) {
  const Ticket first = join();
  const Ticket follower = join();
  leases.done(first, Result::unavailable, Reason::timeout);
  const Ticket second = join();
  BOOST_TEST(second.role == Ticket::leads);
  BOOST_TEST(wait(follower)->reason == Reason::timeout);  // which has not been overtaken yet
  leases.done(second, Result::rejected, Reason::anonymous);
  const auto shared = wait(follower);
  BOOST_TEST_REQUIRE(shared.has_value());
  BOOST_TEST(shared->result == Result::rejected);
  // Whoever joins a later generation takes no result of before.
  const Ticket third = join();
  const Ticket late = join();
  BOOST_TEST(third.role == Ticket::leads);
  BOOST_TEST(!wait(late, 1ms).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_follower_waits_until_its_deadline_at_most, Leases) {
  join();
  const Ticket follower = join();
  const Moment began = clock.now();
  BOOST_TEST(!wait(follower, 30ms).has_value());
  BOOST_TEST((clock.now() - began >= 30ms));
  BOOST_TEST((clock.now() - began < 10s));
}

BOOST_FIXTURE_TEST_CASE(a_lease_runs_out_at_the_very_moment, Leases) {
  BOOST_TEST(leases.join(kKey, Moment(1000ms), 100ms, getpid()).role == Ticket::leads);
  BOOST_TEST(leases.join(kKey, Moment(1099ms), 100ms, getpid()).role == Ticket::follows);
  BOOST_TEST(leases.join(kKey, Moment(1100ms), 100ms, getpid()).role == Ticket::leads);
}

BOOST_FIXTURE_TEST_CASE(at_the_end_of_a_lost_lease_a_follower_leads, Leases) {
  const Ticket lost = join(kKey, 30ms);
  const Ticket follower = join();
  BOOST_TEST(follower.role == Ticket::follows);
  BOOST_TEST(!wait(follower).has_value());
  const Ticket next = join();
  BOOST_TEST(next.role == Ticket::leads);
  const Ticket other = join();
  BOOST_TEST(other.role == Ticket::follows);
  // The one that was too late is not heard any more, by nobody.
  leases.done(lost, Result::session, Reason::known);
  BOOST_TEST(!wait(other, 1ms).has_value());
  leases.done(next, Result::rejected, Reason::anonymous);
  BOOST_TEST(wait(other)->result == Result::rejected);
}

BOOST_FIXTURE_TEST_CASE(a_late_leader_that_nobody_replaced_is_heard, Leases) {
  const Ticket leader = leases.join(kKey, Moment(1000ms), 100ms, getpid());
  const Ticket follower = leases.join(kKey, Moment(1050ms), 100ms, getpid());
  leases.done(leader, Result::rejected, Reason::anonymous);
  BOOST_TEST(wait(follower)->result == Result::rejected);
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_gives_up_is_replaced_by_one_follower, Leases) {
  const Ticket leader = join();
  const Ticket follower = join();
  std::atomic<bool> has_result{true};
  std::thread waiting([&] { has_result = wait(follower).has_value(); });
  leases.give_up(leader);
  waiting.join();
  BOOST_TEST(!has_result);
  leases.done(leader, Result::rejected, Reason::anonymous);  // too late
  BOOST_TEST(!wait(follower).has_value());
  const Ticket next = join();
  BOOST_TEST(next.role == Ticket::leads);
  BOOST_TEST(join().role == Ticket::follows);
  leases.give_up(leader);  // it is another's now
  BOOST_TEST(join().role == Ticket::follows);
}

BOOST_FIXTURE_TEST_CASE(threads_wake_up_with_the_result, Leases) {
  const Ticket leader = join();
  std::atomic<int> shared{0};
  std::vector<Ticket> parts;
  for (int i = 0; i < 10; ++i) parts.push_back(join());
  std::vector<std::thread> followers;
  for (const Ticket& ticket : parts)
    followers.emplace_back([&, ticket] {
      const auto result = wait(ticket);
      if (result && result->result == Result::rejected) ++shared;
    });
  leases.done(leader, Result::rejected, Reason::anonymous);
  for (auto& follower : followers) follower.join();
  BOOST_TEST(shared == 10);
}

BOOST_FIXTURE_TEST_CASE(processes_wake_up_with_the_result, Leases) {
  const Ticket leader = join();
  const processes::Shared<std::atomic<int>> joined;
  std::deque<Child> followers;
  for (int i = 0; i < 4; ++i)
    followers.emplace_back([&] {
      const Ticket ticket = join();
      ++*joined;
      const auto result = wait(ticket);
      return ticket.role == Ticket::follows && result && result->reason == Reason::login_denied;
    });
  BOOST_TEST(processes::eventually([&] { return *joined == 4; }));
  leases.done(leader, Result::rejected, Reason::login_denied);
  for (Child& follower : followers) BOOST_TEST(follower.succeeds());
}

BOOST_FIXTURE_TEST_CASE(followers_take_over_when_the_leaders_process_is_known_to_have_ended,
                        Leases) {
  const processes::Shared<std::atomic<bool>> leads;
  Child leader([&] {
    *leads = join().role == Ticket::leads;
    pause();
    return true;
  });
  BOOST_TEST_REQUIRE(processes::eventually([&] { return leads->load(); }));
  const Ticket follower = join();
  BOOST_TEST(follower.role == Ticket::follows);
  std::atomic<bool> has_result{true};
  std::thread waiting([&] { has_result = wait(follower).has_value(); });
  const pid_t process = leader.id();
  leader.kill();
  leases.process_ended(process + 1);  // somebody else
  BOOST_TEST(join().role == Ticket::follows);
  leases.process_ended(process);
  waiting.join();
  BOOST_TEST(!has_result);
  BOOST_TEST(join().role == Ticket::leads);
  BOOST_TEST(join().role == Ticket::follows);
}

BOOST_FIXTURE_TEST_CASE(more_visitors_than_places_ask_alone, Leases) {
  std::vector<Ticket> leaders;
  for (std::uint64_t n = 1; n <= kSlots; ++n) leaders.push_back(join(key_of_one_stripe(n)));
  for (const Ticket& leader : leaders) BOOST_TEST(leader.role == Ticket::leads);
  const Ticket solo = join(key_of_one_stripe(100));
  BOOST_TEST(solo.role == Ticket::solo);
  leases.done(solo, Result::session, Reason::known);
  BOOST_TEST(join(key_of_one_stripe(1)).role == Ticket::follows);
  BOOST_TEST(join(key_number(7)).role != Ticket::solo);

  const Ticket follower = join(key_of_one_stripe(5));
  leases.done(leaders[4], Result::rejected, Reason::anonymous);
  BOOST_TEST(wait(follower)->result == Result::rejected);
  BOOST_TEST(join(key_of_one_stripe(100)).role == Ticket::leads);
  BOOST_TEST(join(key_of_one_stripe(100)).role == Ticket::follows);
  // The slot is another's now: the follower is not given that one's result.
  BOOST_TEST(!wait(follower).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_place_that_others_take_over_lets_its_followers_go, Leases) {
  const Ticket leader = join(key_of_one_stripe(1), 30ms);
  const Ticket follower = join(key_of_one_stripe(1));
  std::atomic<bool> has_result{true};
  std::thread waiting([&] { has_result = wait(follower).has_value(); });
  std::uint64_t n = 2;
  while (join(key_of_one_stripe(n), kLong).role == Ticket::leads) ++n;
  BOOST_TEST(processes::eventually(
      [&] { return join(key_of_one_stripe(n), kLong).role == Ticket::leads || n > 2 * kSlots; }));
  waiting.join();
  BOOST_TEST(!has_result);
  leases.done(leader, Result::session, Reason::known);  // harms nobody
  BOOST_TEST(join(key_of_one_stripe(n)).role == Ticket::follows);
}

BOOST_FIXTURE_TEST_CASE(a_key_of_zeros_is_as_good_as_another, Leases) {
  const VisitorKey zeros{0, 0};
  const Ticket leader = join(zeros);
  BOOST_TEST(leader.role == Ticket::leads);
  const Ticket follower = join(zeros);
  BOOST_TEST(follower.role == Ticket::follows);
  leases.done(leader, Result::rejected, Reason::anonymous);
  BOOST_TEST(wait(follower)->result == Result::rejected);
}

namespace {

constexpr std::size_t kStressKeys = 3;

struct Stress {
  /// Of each key the process that leads and says so.
  std::array<std::atomic<int>, kStressKeys> leader;
  std::atomic<std::uint64_t> led;
  std::atomic<std::uint64_t> shared;
  std::atomic<bool> went_wrong;
  std::atomic<bool> is_over;
};

/// Joins, leads or follows, until it is over. `identity` is unique.
void take_part(Leases& l, Stress& stress, int identity) {
  std::mt19937 random(static_cast<unsigned>(identity));
  while (!stress.is_over) {
    const std::size_t key = random() % kStressKeys;
    const Ticket ticket = l.join(key_number(key));
    if (ticket.role == Ticket::leads) {
      int nobody = 0;
      if (!stress.leader[key].compare_exchange_strong(nobody, identity)) stress.went_wrong = true;
      for (auto spin = random() % 300; spin > 0; --spin)
        if (stress.leader[key] != identity) stress.went_wrong = true;
      ++stress.led;
      stress.leader[key] = 0;
      l.leases.done(ticket, Result::rejected, Reason::anonymous);
    } else if (ticket.role == Ticket::follows) {
      const auto result = l.wait(ticket);
      if (result && result->reason != Reason::anonymous) stress.went_wrong = true;
      if (result) ++stress.shared;
    } else {
      stress.went_wrong = true;
    }
  }
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(there_are_never_two_leaders, Leases, *utf::timeout(100)) {
  const processes::Shared<Stress> stress;
  std::deque<Child> children;
  for (int i = 1; i <= 3; ++i)
    children.emplace_back([&, i] {
      take_part(*this, *stress, i);
      return true;
    });
  std::thread thread([&] { take_part(*this, *stress, 100); });
  std::thread other([&] { take_part(*this, *stress, 101); });
  BOOST_TEST(processes::eventually(
      [&] { return stress->went_wrong || (stress->led > 2000 && stress->shared > 2000); }));
  stress->is_over = true;
  thread.join();
  other.join();
  for (Child& child : children) BOOST_TEST(child.succeeds());
  BOOST_TEST(!stress->went_wrong);
}

BOOST_FIXTURE_TEST_CASE(nor_when_processes_are_killed_all_the_time, Leases, *utf::timeout(100)) {
  const processes::Shared<Stress> stress;
  Child survivor([&] {
    take_part(*this, *stress, 1);
    return true;
  });
  std::mt19937 random(1);
  for (int kill = 0; kill < (kSanitized ? 20 : 150); ++kill) {
    const int identity = 1000 + kill;
    const std::uint64_t led_before = stress->led;
    Child victim([&] {
      take_part(*this, *stress, identity);
      return true;
    });
    BOOST_TEST_REQUIRE(processes::eventually([&] { return stress->led > led_before + 5; }));
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 500);
    while (std::chrono::steady_clock::now() < until) continue;
    const pid_t process = victim.id();
    victim.kill();
    for (auto& leader : stress->leader) {
      int killed = identity;
      leader.compare_exchange_strong(killed, 0);
    }
    leases.process_ended(process);
  }
  stress->is_over = true;
  leases.process_ended(survivor.id());  // so that it waits for nobody
  BOOST_TEST(survivor.succeeds());
  BOOST_TEST(!stress->went_wrong);
}

// Killed before every single write.

BOOST_FIXTURE_TEST_CASE(killed_while_joining, Leases, *utf::precondition(can_stop_at_writes)) {
  // The slot has been another's before, whose result must not be taken for this one's.
  std::vector<Ticket> before;
  for (std::uint64_t n = 1; n <= kSlots; ++n)
    before.push_back(leases.join(key_of_one_stripe(n), Moment(500ms), kLong, getpid()));
  for (const Ticket& ticket : before) leases.done(ticket, Result::rejected, Reason::anonymous);
  const VisitorKey key = key_of_one_stripe(50);
  const auto kills = processes::kill_before_every_write(
      memory, [&] { (void)leases.join(key, Moment(1000ms), 100ms, getpid()); },
      [&] {
        const Ticket next = leases.join(key, Moment(1001ms), 100ms, getpid());
        BOOST_TEST((next.role == Ticket::leads || next.role == Ticket::follows));
        if (next.role == Ticket::follows) {
          const processes::ManualClock at_its_end(Moment(1100ms));
          BOOST_TEST(!leases.wait(next, at_its_end, Moment(kLong)).has_value());
        }
        // At the end of the dead one's lease somebody leads again.
        if (next.role == Ticket::leads) leases.done(next, Result::session, Reason::known);
        BOOST_TEST(leases.join(key, Moment(1100ms), 100ms, getpid()).role == Ticket::leads);
        BOOST_TEST(leases.join(key, Moment(1100ms), 100ms, getpid()).role == Ticket::follows);
        for (std::uint64_t n = 1; n < kSlots; ++n)
          BOOST_TEST(leases.join(key_of_one_stripe(n), Moment(1100ms), 100ms, getpid()).role ==
                     Ticket::leads);
      });
  BOOST_TEST(kills >= 8u);
}

BOOST_FIXTURE_TEST_CASE(killed_while_sharing, Leases, *utf::precondition(can_stop_at_writes)) {
  const Ticket leader = leases.join(kKey, Moment(1000ms), 100ms, getpid());
  const Ticket follower = leases.join(kKey, Moment(1001ms), 100ms, getpid());
  const processes::ManualClock at_its_end(Moment(1100ms));
  const auto kills = processes::kill_before_every_write(
      memory, [&] { leases.done(leader, Result::rejected, Reason::login_denied); },
      [&] {
        const auto shared = leases.wait(follower, at_its_end, Moment(kLong));
        if (shared) {
          BOOST_TEST(shared->result == Result::rejected);
          BOOST_TEST(shared->reason == Reason::login_denied);
        }
        BOOST_TEST(leases.join(kKey, Moment(1100ms), 100ms, getpid()).role == Ticket::leads);
      });
  BOOST_TEST(kills >= 4u);
}

BOOST_FIXTURE_TEST_CASE(what_a_leader_told_that_was_killed_then_is_not_the_next_ones_result, Leases,
                        *utf::precondition(can_stop_at_writes)) {
  const Ticket leader = leases.join(kKey, Moment(1000ms), 100ms, getpid());
  const processes::ManualClock later(Moment(1h));
  const auto kills = processes::kill_before_every_write(
      memory, [&] { leases.done(leader, Result::rejected, Reason::login_denied); },
      [&] {
        leases.process_ended(getpid());  // who has joined
        BOOST_TEST(leases.join(kKey, later.now(), 100ms, getpid()).role == Ticket::leads);
        const Ticket follower = leases.join(kKey, later.now(), 100ms, getpid());
        BOOST_TEST(follower.role == Ticket::follows);
        BOOST_TEST(!leases.wait(follower, later, later.now()).has_value());
      });
  BOOST_TEST(kills >= 4u);
}

BOOST_AUTO_TEST_SUITE_END()
