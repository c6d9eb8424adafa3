// The table between several threads and processes, of which some are killed.

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <charconv>
#include <chrono>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "harness/processes.h"
#include "shared/session_table.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using processes::can_stop_at_writes;
using processes::Child;
using processes::key_number;
using processes::kSanitized;
using processes::SharedMemory;
using Stored = SessionTable::Stored;
namespace utf = boost::unit_test;

namespace {

constexpr Moment kNow{1000ms};
constexpr Duration kTtl = 60'000ms;
constexpr Duration kLease = 1000ms;
constexpr std::uint64_t kKeys = 4;

/// Every session tells its own number in its user, and in its cookies' length and characters.
Session session_number(std::uint64_t number) {
  Session session;
  session.assign(std::to_string(number),
                 std::string(1 + number * 37 % 3000, static_cast<char>('a' + number % 26)));
  return session;
}

bool is_whole(const Session& session) {
  std::uint64_t number = 0;
  const auto user = session.user();
  if (std::from_chars(user.data(), user.data() + user.size(), number).ptr !=
      user.data() + user.size())
    return false;
  return session.cookies() == session_number(number).cookies();
}

struct Table {
  explicit Table(std::size_t visitors = 1)
      : memory(SessionTable::bytes_for(visitors)),
        table(SessionTable::create(memory.get(), visitors)) {}

  bool put(std::uint64_t key, std::uint64_t number) {
    return table.put_session(key_number(key), kNow, kTtl, Reason::known, session_number(number)) ==
           Stored::yes;
  }
  SessionTable::Found find(std::uint64_t key, Outcome& outcome) const {
    return table.find(key_number(key), kNow, kLease, outcome);
  }
  /// The user of the session of this key, empty for none.
  std::string user(std::uint64_t key) const {
    Outcome outcome;
    find(key, outcome);
    return std::string(outcome.session.user());
  }
  bool drop(std::uint64_t key) {
    Outcome outcome;
    return find(key, outcome).is_found && drop(key, outcome.session.cookies(), 0ms);
  }
  bool drop(std::uint64_t key, std::string_view cookies, Duration tombstone_ttl) {
    return table.drop_session(
        key_number(key), [&](std::string_view others) { return others == cookies; }, kNow,
        tombstone_ttl);
  }
  bool has_tombstone(std::uint64_t key) const {
    Outcome outcome;
    return table.find_locked(key_number(key), kNow, kLease, outcome).has_tombstone;
  }

  SharedMemory memory;
  SessionTable table;
};

struct Reading {
  std::atomic<bool> is_over;
  std::atomic<std::uint64_t> written;
  std::atomic<std::uint64_t> found;
};

/// Writes over the same few keys, each time another session, until it is over.
bool write_until_over(Table& t, Reading& reading, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  bool is_well = true;
  for (; !reading.is_over; ++reading.written) {
    const std::uint64_t number = random() % 100'000;
    const std::uint64_t key = number % kKeys;
    switch (random() % 16) {
      case 0:
        t.drop(key);
        break;
      case 1:
        t.table.put_negative(key_number(key), kNow, kTtl, Reason::anonymous, 0ms);
        break;
      case 2:
        t.table.drop_session(
            key_number(key), [](std::string_view) { return true; }, kNow, kTtl);
        break;
      default:
        is_well = t.put(key, number) && is_well;
    }
  }
  return is_well;
}

/// Reads them so many times or more, until a tenth as much was written, and tells whether each
/// session was one that somebody wrote.
bool read_all(const Table& t, Reading& reading, std::uint64_t times) {
  Outcome outcome;
  for (std::uint64_t i = 0; i < times || reading.written < times / 10; ++i) {
    if (!t.find(i % kKeys, outcome).is_found) continue;
    ++reading.found;
    if (outcome.result == Result::session ? !is_whole(outcome.session) : !outcome.session.empty())
      return false;
  }
  return true;
}

constexpr std::uint64_t kReads = kSanitized ? 20'000 : 300'000;

}  // namespace

BOOST_AUTO_TEST_SUITE(session_table_processes)

BOOST_AUTO_TEST_CASE(no_reader_sees_a_mixture_while_processes_write, *utf::timeout(100)) {
  Table t;
  const processes::Shared<Reading> reading;
  std::deque<Child> writers;
  for (std::uint64_t i = 0; i < 3; ++i)
    writers.emplace_back([&] { return write_until_over(t, *reading, i); });
  std::deque<Child> readers;
  for (int i = 0; i < 2; ++i) readers.emplace_back([&] { return read_all(t, *reading, kReads); });
  for (Child& reader : readers) BOOST_TEST(reader.succeeds());
  reading->is_over = true;
  for (Child& writer : writers) BOOST_TEST(writer.succeeds());
  BOOST_TEST(reading->found > 1000u);
}

BOOST_AUTO_TEST_CASE(no_reader_sees_a_mixture_while_threads_write, *utf::timeout(100)) {
  Table t;
  Reading reading{};
  std::atomic<int> well{0};
  std::vector<std::thread> writers;
  for (std::uint64_t i = 0; i < 2; ++i)
    writers.emplace_back([&, i] { well += write_until_over(t, reading, i) ? 1 : 0; });
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] { well += read_all(t, reading, kReads) ? 1 : 0; });
  for (auto& reader : readers) reader.join();
  reading.is_over = true;
  for (auto& writer : writers) writer.join();
  BOOST_TEST(well == 4);
  BOOST_TEST(reading.found > 1000u);
}

BOOST_AUTO_TEST_CASE(the_table_works_after_writers_were_killed_at_random_moments,
                     *utf::timeout(100)) {
  Table t;
  const processes::Shared<Reading> reading;
  // Good sessions in the same bucket that nobody touches: they must outlive it all.
  for (std::uint64_t key = 100; key < 104; ++key) BOOST_TEST_REQUIRE(t.put(key, key));
  Child reader([&] {
    while (!reading->is_over)
      if (!read_all(t, *reading, 100)) return false;
    return true;
  });
  std::mt19937_64 random(1);
  for (int kill = 0; kill < (kSanitized ? 30 : 200); ++kill) {
    const processes::Shared<std::atomic<bool>> has_begun;
    Child writer([&] {
      *has_begun = true;
      return write_until_over(t, *reading, static_cast<std::uint64_t>(kill));
    });
    BOOST_TEST_REQUIRE(processes::eventually([&] { return has_begun->load(); }));
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 1000);
    while (std::chrono::steady_clock::now() < until) continue;
    writer.kill();
    for (std::uint64_t key = 100; key < 104; ++key)
      BOOST_TEST_REQUIRE(t.user(key) == std::to_string(key));
  }
  reading->is_over = true;
  BOOST_TEST(reader.succeeds());
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    BOOST_TEST(t.put(key, 7));
    BOOST_TEST(t.user(key) == "7");
  }
  BOOST_TEST(t.table.count() == kKeys + 4);
}

// Each of the following is killed before every single write into the table.

namespace {

constexpr std::uint64_t kWritten = 1;
constexpr std::uint64_t kOld = 11;
constexpr std::uint64_t kNew = 22;

/// What is true whenever and whatever was killed: the others' entries are there, the one that was
/// being written is old, new or absent, and everything can be written and dropped.
void check_after_kill(Table& t, const std::vector<std::uint64_t>& others) {
  for (const std::uint64_t key : others) BOOST_TEST(t.user(key) == std::to_string(key));
  const std::string user = t.user(kWritten);
  BOOST_TEST((user.empty() || user == std::to_string(kOld) || user == std::to_string(kNew)), user);

  BOOST_TEST(t.put(kWritten, 33));
  BOOST_TEST(t.user(kWritten) == "33");
  for (const std::uint64_t key : others) BOOST_TEST(t.user(key) == std::to_string(key));
  BOOST_TEST(t.drop(kWritten));
  BOOST_TEST(t.user(kWritten) == "");
  BOOST_TEST(t.table.count() == others.size());
}

struct WithOthers : Table {
  WithOthers() {
    for (const std::uint64_t key : others) BOOST_TEST_REQUIRE(put(key, key));
  }
  std::vector<std::uint64_t> others = {100, 101, 102};
};

}  // namespace

BOOST_AUTO_TEST_CASE(killed_while_adding, *utf::precondition(can_stop_at_writes)) {
  WithOthers t;
  const auto kills = processes::kill_before_every_write(
      t.memory, [&] { t.put(kWritten, kNew); }, [&] { check_after_kill(t, t.others); });
  BOOST_TEST(kills >= 20u);
}

BOOST_AUTO_TEST_CASE(killed_while_replacing, *utf::precondition(can_stop_at_writes)) {
  WithOthers t;
  t.put(kWritten, kOld);
  const auto kills = processes::kill_before_every_write(
      t.memory, [&] { t.put(kWritten, kNew); }, [&] { check_after_kill(t, t.others); });
  BOOST_TEST(kills >= 20u);
}

BOOST_AUTO_TEST_CASE(killed_while_displacing, *utf::precondition(can_stop_at_writes)) {
  Table t;
  std::vector<std::uint64_t> others;
  for (std::uint64_t key = 101; key <= 131; ++key) others.push_back(key);
  // The one that ends first, and so makes room.
  t.table.put_session(key_number(100), kNow, kTtl / 2, Reason::known, session_number(100));
  for (const std::uint64_t key : others) BOOST_TEST_REQUIRE(t.put(key, key));
  const auto check = [&] {
    const std::string displaced = t.user(100);
    BOOST_TEST((displaced.empty() || displaced == "100"));
    t.drop(100);
    check_after_kill(t, others);
  };
  const auto kills = processes::kill_before_every_write(
      t.memory, [&] { t.put(kWritten, kNew); }, check);
  BOOST_TEST(kills >= 20u);
}

BOOST_AUTO_TEST_CASE(killed_while_dropping, *utf::precondition(can_stop_at_writes)) {
  WithOthers t;
  t.put(kWritten, kOld);
  const auto kills = processes::kill_before_every_write(
      t.memory, [&] { t.drop(kWritten); }, [&] { check_after_kill(t, t.others); });
  BOOST_TEST(kills >= 10u);
}

BOOST_AUTO_TEST_CASE(killed_while_marking, *utf::precondition(can_stop_at_writes)) {
  WithOthers t;
  t.put(kWritten, kOld);
  const std::string cookies(session_number(kOld).cookies());
  const auto kills = processes::kill_before_every_write(
      t.memory, [&] { t.drop(kWritten, cookies, kTtl); },
      [&] {
        if (t.has_tombstone(kWritten)) BOOST_TEST(t.user(kWritten) == "");
        check_after_kill(t, t.others);
      });
  BOOST_TEST(kills >= 10u);
}

BOOST_AUTO_TEST_CASE(killed_while_making_good_what_another_left,
                     *utf::precondition(can_stop_at_writes)) {
  WithOthers t;
  t.put(kWritten, kOld);
  auto* words = t.memory.as<std::atomic<std::uint64_t>>();
  const VisitorKey key = key_number(kWritten);
  std::size_t i = 1;
  while (words[i].load() != key[0] || words[i + 1].load() != key[1]) ++i;
  words[i - 1].fetch_add(1);
  const auto kills = processes::kill_before_every_write(
      t.memory, [&] { t.put(kWritten, kNew); }, [&] { check_after_kill(t, t.others); });
  BOOST_TEST(kills >= 20u);
}

BOOST_AUTO_TEST_CASE(a_leader_waits_for_a_writer_where_others_would_miss,
                     *utf::precondition(can_stop_at_writes)) {
  WithOthers t;
  t.put(kWritten, kOld);
  // Stopped where its slot is half written, as a process may be that others leave no time.
  std::size_t write = 0;
  std::optional<Child> writer;
  do {
    writer.reset();
    writer.emplace(processes::stop_before_write(t.memory, write++, [&] { t.put(kWritten, kNew); }));
  } while (!t.user(kWritten).empty());
  Outcome outcome;
  std::thread leader([&] { t.table.find_locked(key_number(kWritten), kNow, kLease, outcome); });
  writer->go_on();
  BOOST_TEST(writer->succeeds());
  leader.join();
  BOOST_TEST(outcome.session.user() == std::to_string(kNew));
}

BOOST_AUTO_TEST_CASE(what_is_dropped_while_it_is_renewed_stays_dropped, *utf::timeout(100)) {
  Table t;
  const processes::Shared<Reading> reading;
  const auto renew_all_the_time = [&](std::uint64_t seed) {
    for (std::uint64_t n = seed; !reading->is_over; n += 2)
      t.table.renew_session(key_number(1), kNow, kTtl, Reason::known, session_number(n));
    return true;
  };
  Child other([&] { return renew_all_the_time(1); });
  std::thread thread([&] { renew_all_the_time(2); });
  for (int round = 0; round < (kSanitized ? 50 : 300); ++round) {
    BOOST_TEST_REQUIRE(t.put(1, 0));
    // Renewing goes on: the cookies may change between the look at them and dropping them.
    BOOST_TEST_REQUIRE(processes::eventually([&] { return t.drop(1); }));
    for (int look = 0; look < 200; ++look) BOOST_TEST_REQUIRE(t.user(1) == "");
  }
  reading->is_over = true;
  thread.join();
  BOOST_TEST(other.succeeds());
}

BOOST_AUTO_TEST_CASE(of_many_processes_one_is_told_to_renew, *utf::timeout(60)) {
  Table t;
  t.put(1, 1);
  const processes::Shared<std::atomic<int>> told;
  std::deque<Child> children;
  for (int i = 0; i < 6; ++i)
    children.emplace_back([&] {
      Outcome outcome;
      for (int look = 0; look < 1000; ++look) {
        const auto found = t.table.find(key_number(1), kNow + kTtl - 1ms, kTtl, outcome);
        if (!found.is_found) return false;
        if (found.is_to_renew) ++*told;
      }
      return true;
    });
  for (Child& child : children) BOOST_TEST(child.succeeds());
  BOOST_TEST(*told == 1);
}

BOOST_AUTO_TEST_SUITE_END()
