#include "crowd_confluence/shared/shared_state.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>

#include "harness/processes.h"
#include "shared/shared_parts.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using processes::key_number;
using processes::SharedMemory;

namespace {

const Secret kSecret = Secret::derived_from("some words");

struct State {
  static constexpr std::size_t kVisitors = 100;
  static constexpr std::size_t kUpstreams = 40;
  SharedMemory memory{SharedState::bytes_for(kVisitors)};
  SharedMemory upstream_memory{SharedState::upstream_bytes_for(kUpstreams)};
  SharedState state = SharedState::create(memory.get(), kVisitors, kSecret);
  State() { state.begin_upstreams(upstream_memory.get(), kUpstreams); }

  std::optional<SharedState> attached() const {
    return SharedState::attach(memory.get(), kVisitors);
  }
  UpstreamState upstream(std::uint64_t id) const {
    return SharedParts(state).upstreams.upstream(id);
  }
};

Caller somebody() {
  return {getpid(), 1, 1, false};
}

bool enter(UpstreamState upstream) {
  return upstream.enter(somebody(), 9, Moment(0ms)).has_value();
}

bool put(SessionTable table, const VisitorKey& key) {
  Session session;
  session.assign("alice", "J=1");
  return table.put_session(key, Moment(0ms), 1h, Reason::known, session) ==
         SessionTable::Stored::yes;
}

bool has(const SessionTable& table, const VisitorKey& key) {
  Outcome outcome;
  return table.find(key, Moment(1ms), 1s, outcome).is_found && outcome.session.cookies() == "J=1";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shared_state)

BOOST_FIXTURE_TEST_CASE(who_attaches_sees_the_same, State) {
  BOOST_TEST(put(SharedParts(state).table, key_number(1)));
  const auto leader = SharedParts(state).flights.join(key_number(1), Moment(0ms), 1h, getpid());
  BOOST_TEST(leader.role == SingleFlight::Ticket::leads);

  auto other = attached();
  BOOST_TEST_REQUIRE(other.has_value());
  other->begin_upstreams(upstream_memory.get(), kUpstreams);
  BOOST_TEST((other->secret() == kSecret));
  BOOST_TEST(has(SharedParts(*other).table, key_number(1)));
  BOOST_TEST(SharedParts(*other).flights.join(key_number(1), Moment(0ms), 1h, getpid()).role ==
             SingleFlight::Ticket::follows);
}

BOOST_FIXTURE_TEST_CASE(a_restart_begins_anew_with_upstreams_and_keeps_the_rest, State) {
  BOOST_TEST(put(SharedParts(state).table, key_number(1)));
  BOOST_TEST(enter(upstream(5)));
  for (int i = 0; i < 3; ++i) upstream(5).failed(somebody(), {}, Moment(0ms), 1h);
  BOOST_TEST(!upstream(5).may_admit(somebody(), Moment(1ms)));

  auto next = attached();
  BOOST_TEST_REQUIRE(next.has_value());
  const SharedMemory more(SharedState::upstream_bytes_for(2 * kUpstreams));
  next->begin_upstreams(more.get(), 2 * kUpstreams);
  UpstreamState anew = SharedParts(*next).upstreams.upstream(5);
  BOOST_TEST(anew.waiting() == 0u);
  BOOST_TEST(anew.may_admit(somebody(), Moment(1ms)));
  BOOST_TEST(has(SharedParts(*next).table, key_number(1)));
  // Who was there before goes on as before.
  BOOST_TEST(upstream(5).waiting() == 1u);
  BOOST_TEST(!upstream(5).may_admit(somebody(), Moment(1ms)));
}

BOOST_FIXTURE_TEST_CASE(other_sizes_versions_and_empty_memory_are_refused, State) {
  BOOST_TEST(!SharedState::attach(memory.get(), kVisitors + 1).has_value());
  BOOST_TEST(!SharedState::attach(memory.get(), kVisitors - 1).has_value());
  BOOST_TEST(attached().has_value());
  // The number of the layout stands first, for every version to find.
  auto& layout = *memory.as<std::uint64_t>();
  BOOST_TEST(layout == 0x4343'4600'0000'0004u);
  ++layout;
  BOOST_TEST(!attached().has_value());
  const SharedMemory empty(SharedState::bytes_for(kVisitors));
  BOOST_TEST(!SharedState::attach(empty.get(), kVisitors).has_value());
}

BOOST_FIXTURE_TEST_CASE(the_parts_do_not_touch_each_other, State) {
  for (std::uint64_t id = 1; id <= kUpstreams; ++id) {
    BOOST_TEST(enter(upstream(id)));
    upstream(id).failed(somebody(), {}, Moment(0ms), 1h);
  }
  for (std::uint64_t n = 0; n < 5000; ++n)
    (void)SharedParts(state).flights.join(key_number(n), Moment(0ms), 1h, getpid());
  for (std::uint64_t n = 0; n < kVisitors; ++n) put(SharedParts(state).table, key_number(n));

  BOOST_TEST(has(SharedParts(state).table, key_number(kVisitors - 1)));
  BOOST_TEST(SharedParts(state).table.count() <= kVisitors);
  BOOST_TEST(SharedParts(state).table.count() > kVisitors * 9 / 10);
  for (std::uint64_t id = 1; id <= kUpstreams; ++id) BOOST_TEST(upstream(id).waiting() == 1u);
  BOOST_TEST(attached().has_value());
  BOOST_TEST((state.secret() == kSecret));
}

BOOST_FIXTURE_TEST_CASE(nothing_lies_beyond_the_memory_that_was_asked_for, State) {
  // The last slots of the table are its last bytes.
  const std::size_t bytes = SharedState::bytes_for(kVisitors);
  SharedMemory larger(bytes + 4096);
  std::fill_n(larger.as<char>() + bytes, 4096, '\x5a');
  SharedState other = SharedState::create(larger.get(), kVisitors, kSecret);
  other.begin_upstreams(upstream_memory.get(), kUpstreams);
  for (std::uint64_t n = 0; n < 2000; ++n) put(SharedParts(other).table, key_number(n));
  BOOST_TEST(std::count(larger.as<char>() + bytes, larger.as<char>() + bytes + 4096, '\x5a') ==
             4096);
}

BOOST_FIXTURE_TEST_CASE(what_a_killed_process_held_is_free, State) {
  const processes::Shared<std::atomic<bool>> is_ready;
  processes::Child child([&] {
    enter(upstream(1));
    (void)SharedParts(state).flights.join(key_number(1), Moment(0ms), 1h, getpid());
    *is_ready = true;
    pause();
    return true;
  });
  BOOST_TEST_REQUIRE(processes::eventually([&] { return is_ready->load(); }));
  BOOST_TEST(SharedParts(state).flights.join(key_number(1), Moment(0ms), 1h, getpid()).role ==
             SingleFlight::Ticket::follows);
  const pid_t process = child.id();
  child.kill();
  state.process_ended(process);
  BOOST_TEST(SharedParts(state).flights.join(key_number(1), Moment(0ms), 1h, getpid()).role ==
             SingleFlight::Ticket::leads);
  BOOST_TEST(upstream(1).waiting() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
