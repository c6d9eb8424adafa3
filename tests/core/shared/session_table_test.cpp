// What one process sees of the table. Several, and killed ones: session_table_processes_test.cpp.

#include "shared/session_table.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "harness/printing.h"
#include "harness/processes.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using processes::key_number;
using processes::SharedMemory;
using Stored = SessionTable::Stored;
namespace data = boost::unit_test::data;

namespace {

constexpr Duration kLease = 1000ms;

Session session_of(std::string_view user, std::string_view cookies) {
  Session session;
  BOOST_TEST_REQUIRE(session.assign(user, cookies));
  return session;
}

/// Room for `visitors`; the smallest one is a single bucket.
struct Table {
  explicit Table(std::size_t visitors = 1)
      : memory(SessionTable::bytes_for(visitors)),
        table(SessionTable::create(memory.get(), visitors)) {}

  bool has(const VisitorKey& key, Moment now) {
    Outcome outcome;
    return table.find(key, now, kLease, outcome).is_found;
  }
  Stored put(const VisitorKey& key, Moment now, Duration ttl, std::string_view cookies = "J=1") {
    return table.put_session(key, now, ttl, Reason::known, session_of("alice", cookies));
  }
  Stored refuse(const VisitorKey& key, Moment now, Duration ttl) {
    return table.put_negative(key, now, ttl, Reason::anonymous, 0ms);
  }
  Stored adopt(const VisitorKey& key, Moment now) {
    return table.adopt_session(key, now, 100ms, Reason::known, session_of("alice", "J=adopted"));
  }
  /// Forgets the session with these cookies.
  bool drop(const VisitorKey& key, std::string_view cookies, Moment now = Moment(0ms),
            Duration tombstone_ttl = 0ms) {
    return table.drop_session(
        key, [&](std::string_view others) { return others == cookies; }, now, tombstone_ttl);
  }
  bool has_tombstone(const VisitorKey& key, Moment now) {
    Outcome outcome;
    return table.find_locked(key, now, kLease, outcome).has_tombstone;
  }
  std::string cookies(const VisitorKey& key, Moment now) {
    Outcome outcome;
    table.find(key, now, kLease, outcome);
    return std::string(outcome.session.cookies());
  }

  /// The words of the slot that holds this key, the sequence first.
  std::atomic<std::uint64_t>* slot_of(const VisitorKey& key) {
    auto* words = memory.as<std::atomic<std::uint64_t>>();
    for (std::size_t i = 1; i + 1 < memory.size() / 8; ++i)
      if (words[i].load() == key[0] && words[i + 1].load() == key[1]) return words + i - 1;
    BOOST_FAIL("the key is not in the table");
    return nullptr;
  }

  SharedMemory memory;
  SessionTable table;
};

/// Of a bucket.
constexpr std::size_t kPlaces = 32;

}  // namespace

BOOST_AUTO_TEST_SUITE(session_table)

BOOST_AUTO_TEST_CASE(an_unknown_visitor_leaves_the_outcome_alone) {
  Table t;
  Outcome outcome;
  outcome.result = Result::unavailable;
  outcome.source = Source::exchange;
  outcome.reason = Reason::tls;
  const auto found = t.table.find(key_number(1), Moment(0ms), kLease, outcome);
  BOOST_TEST(!found.is_found);
  BOOST_TEST(!found.is_to_renew);
  BOOST_TEST(outcome.result == Result::unavailable);
  BOOST_TEST(outcome.source == Source::exchange);
  BOOST_TEST(outcome.reason == Reason::tls);
  BOOST_TEST(t.table.count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_session_is_found_as_it_was_put) {
  Table t;
  BOOST_TEST((t.table.put_session(key_number(1), Moment(1000ms), 100ms, Reason::seraph,
                                  session_of("alice", "JSESSIONID=A1; R=n1")) == Stored::yes));
  Outcome outcome;
  const auto found = t.table.find(key_number(1), Moment(1000ms), kLease, outcome);
  BOOST_TEST(found.is_found);
  BOOST_TEST(!found.is_to_renew);
  BOOST_TEST(outcome.result == Result::session);
  BOOST_TEST(outcome.source == Source::table);
  BOOST_TEST(outcome.reason == Reason::seraph);
  BOOST_TEST(outcome.session.user() == "alice");
  BOOST_TEST(outcome.session.cookies() == "JSESSIONID=A1; R=n1");
  BOOST_TEST(t.table.count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_found_without_a_session) {
  Table t;
  Outcome outcome;
  t.put(key_number(1), Moment(0ms), 100ms);
  BOOST_TEST(t.table.find(key_number(1), Moment(1ms), kLease, outcome).is_found);
  BOOST_TEST(!outcome.session.empty());

  BOOST_TEST((t.table.put_negative(key_number(1), Moment(1ms), 100ms, Reason::login_denied, 0ms) ==
              Stored::yes));
  // The same outcome again: what it held before must not stay in it.
  const auto found = t.table.find(key_number(1), Moment(2ms), kLease, outcome);
  BOOST_TEST(found.is_found);
  BOOST_TEST(!found.is_to_renew);
  BOOST_TEST(outcome.result == Result::rejected);
  BOOST_TEST(outcome.source == Source::table);
  BOOST_TEST(outcome.reason == Reason::login_denied);
  BOOST_TEST(outcome.session.empty());
  BOOST_TEST(outcome.session.user() == "");
  BOOST_TEST(t.table.count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_session_replaces_a_refusal) {
  Table t;
  t.refuse(key_number(1), Moment(0ms), 100ms);
  BOOST_TEST((t.put(key_number(1), Moment(1ms), 100ms, "J=2") == Stored::yes));
  BOOST_TEST(t.cookies(key_number(1), Moment(2ms)) == "J=2");
  BOOST_TEST(t.table.count() == 1u);
}

BOOST_AUTO_TEST_CASE(life_ends_at_the_very_moment) {
  Table t;
  t.put(key_number(1), Moment(1000ms), 100ms);
  t.refuse(key_number(2), Moment(1000ms), 100ms);
  t.put(key_number(3), Moment(1000ms), 0ms);
  for (const auto& key : {key_number(1), key_number(2)}) {
    BOOST_TEST(t.has(key, Moment(1000ms)));
    BOOST_TEST(t.has(key, Moment(1099ms)));
    BOOST_TEST(!t.has(key, Moment(1100ms)));
    BOOST_TEST(!t.has(key, Moment(99999ms)));
  }
  BOOST_TEST(!t.has(key_number(3), Moment(1000ms)));
}

BOOST_AUTO_TEST_CASE(the_last_quarter_is_for_renewing_and_one_is_told) {
  Table t;
  t.put(key_number(1), Moment(1000ms), 100ms);
  Outcome outcome;
  const auto is_to_renew = [&](Moment now) {
    return t.table.find(key_number(1), now, 10ms, outcome).is_to_renew;
  };
  BOOST_TEST(!is_to_renew(Moment(1074ms)));
  BOOST_TEST(is_to_renew(Moment(1075ms)));
  BOOST_TEST(!is_to_renew(Moment(1075ms)));
  BOOST_TEST(!is_to_renew(Moment(1084ms)));
  BOOST_TEST(is_to_renew(Moment(1085ms)));
  BOOST_TEST(!is_to_renew(Moment(1094ms)));
  BOOST_TEST(is_to_renew(Moment(1099ms)));
  BOOST_TEST(!is_to_renew(Moment(1100ms)));  // over
}

BOOST_AUTO_TEST_CASE(of_many_threads_one_is_told_to_renew) {
  for (int round = 0; round < 20; ++round) {
    Table t;
    t.put(key_number(1), Moment(0ms), 100ms);
    std::atomic<int> told{0};
    std::atomic<int> found{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        Outcome outcome;
        for (int look = 0; look < 50; ++look) {
          const auto seen = t.table.find(key_number(1), Moment(80ms), 1000ms, outcome);
          if (seen.is_found) ++found;
          if (seen.is_to_renew) ++told;
        }
      });
    for (auto& thread : threads) thread.join();
    BOOST_TEST(told == 1);
    BOOST_TEST(found == 8 * 50);
  }
}

BOOST_AUTO_TEST_CASE(renewing_needs_a_session_that_is_there) {
  Table t;
  const auto renew = [&](std::uint64_t number, Moment now) {
    return t.table.renew_session(key_number(number), now, 100ms, Reason::known,
                                 session_of("alice", "J=new"));
  };
  BOOST_TEST((renew(1, Moment(0ms)) == Stored::no_room));
  BOOST_TEST(!t.has(key_number(1), Moment(0ms)));

  t.refuse(key_number(2), Moment(0ms), 100ms);
  BOOST_TEST((renew(2, Moment(1ms)) == Stored::no_room));
  Outcome outcome;
  t.table.find(key_number(2), Moment(1ms), kLease, outcome);
  BOOST_TEST(outcome.result == Result::rejected);

  t.put(key_number(3), Moment(0ms), 100ms, "J=old");
  BOOST_TEST((renew(3, Moment(99ms)) == Stored::yes));
  BOOST_TEST(t.cookies(key_number(3), Moment(198ms)) == "J=new");
  BOOST_TEST(!t.has(key_number(3), Moment(199ms)));

  BOOST_TEST(t.drop(key_number(3), "J=new"));
  BOOST_TEST((renew(3, Moment(100ms)) == Stored::no_room));
  BOOST_TEST(!t.has(key_number(3), Moment(100ms)));
}

BOOST_AUTO_TEST_CASE(a_renewal_that_ends_after_the_session_counts) {
  // Others may be waiting for it by then: nobody said that the session is over.
  Table t;
  t.put(key_number(1), Moment(0ms), 100ms, "J=old");
  BOOST_TEST((t.table.renew_session(key_number(1), Moment(100ms), 100ms, Reason::known,
                                    session_of("alice", "J=new")) == Stored::yes));
  BOOST_TEST(t.cookies(key_number(1), Moment(100ms)) == "J=new");
}

BOOST_AUTO_TEST_CASE(dropping_is_for_the_session_that_was_seen) {
  Table t;
  t.put(key_number(1), Moment(0ms), 100ms, "J=1; K=22");
  BOOST_TEST(!t.drop(key_number(1), "J=1; K=23"));
  BOOST_TEST(!t.drop(key_number(1), "J=1; K=2"));
  BOOST_TEST(!t.drop(key_number(1), ""));
  BOOST_TEST(!t.drop(key_number(2), "J=1; K=22"));
  BOOST_TEST(t.has(key_number(1), Moment(1ms)));
  BOOST_TEST(t.drop(key_number(1), "J=1; K=22"));
  BOOST_TEST(!t.has(key_number(1), Moment(1ms)));
  BOOST_TEST(!t.drop(key_number(1), "J=1; K=22"));
  BOOST_TEST(t.table.count() == 0u);

  t.refuse(key_number(1), Moment(0ms), 100ms);
  BOOST_TEST(!t.drop(key_number(1), ""));
  BOOST_TEST(t.has(key_number(1), Moment(1ms)));
}

BOOST_AUTO_TEST_CASE(a_mark_counts_as_absent_and_keeps_out_what_comes_from_elsewhere) {
  Table t;
  const VisitorKey key = key_number(1);
  for (const bool was_known : {true, false}) {
    t.put(key, Moment(0ms), 100ms, "J=1");
    if (!was_known) t.drop(key, "J=1");
    BOOST_TEST(!t.has_tombstone(key, Moment(1ms)));
    BOOST_TEST(t.drop(key, "J=1", Moment(1ms), 50ms) == was_known);
    BOOST_TEST(!t.has(key, Moment(1ms)));
    BOOST_TEST(t.table.count() == 1u);
    BOOST_TEST(t.has_tombstone(key, Moment(50ms)));
    BOOST_TEST(!t.has_tombstone(key, Moment(51ms)));
    BOOST_TEST((t.adopt(key, Moment(50ms)) == Stored::no_room));
    BOOST_TEST((t.table.renew_session(key, Moment(50ms), 100ms, Reason::known,
                                      session_of("alice", "J=new")) == Stored::no_room));
    BOOST_TEST(!t.has(key, Moment(50ms)));
    BOOST_TEST((t.adopt(key, Moment(51ms)) == Stored::yes));
    BOOST_TEST(t.cookies(key, Moment(51ms)) == "J=adopted");
    t.drop(key, "J=adopted");
  }
}

BOOST_AUTO_TEST_CASE(what_is_proven_takes_the_place_of_a_mark) {
  Table t;
  t.drop(key_number(1), "J=1", Moment(0ms), 50ms);
  BOOST_TEST((t.put(key_number(1), Moment(1ms), 100ms, "J=2") == Stored::yes));
  BOOST_TEST(t.cookies(key_number(1), Moment(1ms)) == "J=2");
  BOOST_TEST(!t.has_tombstone(key_number(1), Moment(1ms)));
  BOOST_TEST(t.table.count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_session_that_is_not_meant_gets_no_mark) {
  Table t;
  t.put(key_number(1), Moment(0ms), 100ms, "J=2");
  BOOST_TEST(!t.drop(key_number(1), "J=1", Moment(1ms), 50ms));
  BOOST_TEST(!t.has_tombstone(key_number(1), Moment(1ms)));
  BOOST_TEST(t.cookies(key_number(1), Moment(1ms)) == "J=2");
}

BOOST_AUTO_TEST_CASE(a_mark_outlives_a_refusal) {
  Table t;
  const VisitorKey key = key_number(1);
  const auto refuse = [&](Moment now, Duration ttl, Duration tombstone_ttl) {
    BOOST_TEST(
        (t.table.put_negative(key, now, ttl, Reason::anonymous, tombstone_ttl) == Stored::yes));
  };
  // One that was there before, one that comes with it, one that comes later.
  t.drop(key, "", Moment(0ms), 50ms);
  refuse(Moment(1ms), 10ms, 0ms);
  BOOST_TEST(t.has(key, Moment(10ms)));
  BOOST_TEST(t.has_tombstone(key, Moment(10ms)));
  BOOST_TEST(!t.has(key, Moment(11ms)));
  BOOST_TEST(t.has_tombstone(key, Moment(49ms)));
  BOOST_TEST((t.adopt(key, Moment(49ms)) == Stored::no_room));
  BOOST_TEST(!t.has_tombstone(key, Moment(50ms)));

  refuse(Moment(100ms), 0ms, 50ms);
  BOOST_TEST(!t.has(key, Moment(100ms)));
  BOOST_TEST(t.has_tombstone(key, Moment(149ms)));
  BOOST_TEST(!t.has_tombstone(key, Moment(150ms)));

  refuse(Moment(200ms), 10ms, 0ms);
  BOOST_TEST(!t.drop(key, "", Moment(201ms), 50ms));
  Outcome outcome;
  BOOST_TEST(t.table.find(key, Moment(209ms), kLease, outcome).is_found);
  BOOST_TEST(outcome.result == Result::rejected);
  BOOST_TEST(outcome.reason == Reason::anonymous);
  BOOST_TEST(t.has_tombstone(key, Moment(250ms)));
  BOOST_TEST(!t.has_tombstone(key, Moment(251ms)));
}

BOOST_AUTO_TEST_CASE(a_mark_is_worth_as_little_as_a_refusal) {
  Table t;
  for (std::uint64_t n = 0; n < kPlaces; ++n) t.put(key_number(n), Moment(0ms), 100ms);
  BOOST_TEST(!t.drop(key_number(50), "", Moment(1ms), 1000ms));
  BOOST_TEST(!t.has_tombstone(key_number(50), Moment(1ms)));
  for (std::uint64_t n = 0; n < kPlaces; ++n) BOOST_TEST(t.has(key_number(n), Moment(1ms)));
  // Once it has a place a session displaces it, but only if nothing is worth less.
  BOOST_TEST(t.drop(key_number(3), "J=1", Moment(1ms), 1000ms));
  t.drop(key_number(4), "J=1");
  BOOST_TEST((t.put(key_number(51), Moment(2ms), 1000ms) == Stored::yes));
  BOOST_TEST(t.has_tombstone(key_number(3), Moment(2ms)));
  BOOST_TEST((t.put(key_number(52), Moment(2ms), 1000ms) == Stored::yes));
  BOOST_TEST(!t.has_tombstone(key_number(3), Moment(2ms)));
  // One that is over is worth no more than anything else that is.
  BOOST_TEST(t.drop(key_number(5), "J=1", Moment(2ms), 10ms));
  BOOST_TEST((t.refuse(key_number(53), Moment(12ms), 100ms) == Stored::yes));
  for (std::uint64_t n = 6; n < kPlaces; ++n) BOOST_TEST(t.has(key_number(n), Moment(12ms)));
}

BOOST_AUTO_TEST_CASE(every_length_fits_up_to_the_largest) {
  Table t;
  for (std::size_t length = 1; length <= Session::kCapacity; length += length < 500 ? 1 : 61) {
    const std::size_t user_length = length * 7 % std::min<std::size_t>(length, 97);
    std::string text(length, '\0');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>('!' + (i + length) % 90);
    const auto user = std::string_view(text).substr(0, user_length);
    const auto cookies = std::string_view(text).substr(user_length);
    BOOST_TEST_REQUIRE((t.table.put_session(key_number(1), Moment(0ms), 100ms, Reason::known,
                                            session_of(user, cookies)) == Stored::yes));
    Outcome outcome;
    BOOST_TEST_REQUIRE(t.table.find(key_number(1), Moment(0ms), kLease, outcome).is_found);
    BOOST_TEST_REQUIRE((outcome.session.user() == user));
    BOOST_TEST_REQUIRE((outcome.session.cookies() == cookies));
  }
}

BOOST_AUTO_TEST_CASE(a_large_session_of_each_visitor_is_remembered) {
  // Of a table of usual size, all visitors; of a large one, as many as there is memory for.
  constexpr std::uint64_t kVisitors = processes::kSanitized ? 100 : 1000;
  Table t(8192);
  const std::string cookies(Session::kCapacity - 5, 'x');
  for (std::uint64_t n = 0; n < kVisitors; ++n)
    BOOST_TEST((t.put(key_number(n), Moment(0ms), 100ms, cookies) == Stored::yes));
  std::uint64_t known = 0;
  for (std::uint64_t n = 0; n < kVisitors; ++n)
    if (t.cookies(key_number(n), Moment(1ms)) == cookies) ++known;
  BOOST_TEST(known == kVisitors);
}

BOOST_AUTO_TEST_CASE(where_texts_find_no_room_the_oldest_makes_some) {
  Table t(1'000'000);
  const std::string cookies(Session::kCapacity - 5, 'x');
  // Of one bucket.
  const auto key = [](std::uint64_t n) { return VisitorKey{n + 1, 7}; };
  for (std::uint64_t n = 0; n < 20; ++n)
    t.table.put_session({100 + n, 7 + 55'556 * (n + 1)}, Moment(0ms), 100ms, Reason::known,
                        session_of("alice", "J=1"));
  for (std::uint64_t n = 0; n < 3; ++n) {
    BOOST_TEST((t.put(key(n), Moment(1ms), 100ms, cookies) == Stored::yes));
    BOOST_TEST(t.cookies(key(n), Moment(1ms)) == cookies);
  }
  BOOST_TEST((t.put(key(9), Moment(1ms), 100ms) == Stored::yes));
  BOOST_TEST(t.has(key(9), Moment(1ms)));
  BOOST_TEST(t.has(key(2), Moment(1ms)));
}

// Memory.

namespace {

/// How many pages of the memory were ever touched.
std::size_t touched_pages(const SharedMemory& memory) {
  std::vector<unsigned char> pages((memory.size() + 4095) / 4096);
  BOOST_TEST_REQUIRE(mincore(memory.get(), memory.size(), pages.data()) == 0);
  return static_cast<std::size_t>(
      std::count_if(pages.begin(), pages.end(), [](unsigned char page) { return page & 1; }));
}

bool contains(const SharedMemory& memory, std::string_view text) {
  return memmem(memory.get(), memory.size(), text.data(), text.size()) != nullptr;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_million_visitors_take_a_gigabyte_at_most_and_few_a_page_each) {
  BOOST_TEST(SessionTable::bytes_for(1'000'000) <= 1'000'000'000u);
  for (const std::uint64_t visitors : {1000U, 5000U}) {
    Table t(1'000'000);
    const std::string cookies =
        "JSESSIONID=" + std::string(32, 'A') + "; R=" + std::string(200, 'b');
    for (std::uint64_t n = 0; n < visitors; ++n) {
      // As a miss goes.
      Outcome outcome;
      std::string ended;
      t.table.find(key_number(n), Moment(0ms), kLease, outcome);
      t.table.find_or_take(key_number(n), Moment(0ms), kLease, outcome, ended);
      t.put(key_number(n), Moment(0ms), 100ms, cookies);
    }
    BOOST_TEST(t.table.count() == visitors);
    BOOST_TEST(touched_pages(t.memory) * 4096 <= visitors * 4300);
  }
}

BOOST_AUTO_TEST_CASE(nothing_of_what_is_over_stays_in_memory) {
  Table t;
  const VisitorKey key = key_number(1);
  const std::string secret = "J=" + std::string(300, 's') + "-secret-" + std::string(3000, 't');
  const auto put = [&] {
    t.put(key, Moment(0ms), 100ms, secret);
    BOOST_TEST(contains(t.memory, "ssssssssssss"));
    BOOST_TEST(contains(t.memory, "tttttttttttt"));
  };
  const auto is_gone = [&] {
    return !contains(t.memory, "ssssssssssss") && !contains(t.memory, "tttttttttttt");
  };
  put();
  BOOST_TEST(t.drop(key, secret));
  BOOST_TEST(is_gone());
  put();
  BOOST_TEST(t.drop(key, secret, Moment(0ms), 50ms));
  BOOST_TEST(is_gone());
  put();
  t.refuse(key, Moment(0ms), 100ms);
  BOOST_TEST(is_gone());
  put();
  t.put(key, Moment(0ms), 100ms, "J=2");
  BOOST_TEST(is_gone());
  put();
  Outcome outcome;
  std::string cookies;
  t.table.find_or_take(key, Moment(100ms), kLease, outcome, cookies);
  BOOST_TEST(cookies == secret);
  BOOST_TEST(is_gone());
  put();  // a writer was killed
  t.slot_of(key)->fetch_add(1);
  t.put(key_number(2), Moment(0ms), 100ms);
  BOOST_TEST(is_gone());
}

BOOST_AUTO_TEST_CASE(making_room_takes_the_expired_then_the_refused_then_the_oldest) {
  Table t;
  // Number 3 will have expired, 7 is a negative entry, 9 the oldest of the good ones.
  for (std::uint64_t n = 0; n < kPlaces; ++n) {
    if (n == 7) {
      t.refuse(key_number(n), Moment(0ms), 10000ms);
    } else if (n == 3) {
      t.put(key_number(n), Moment(0ms), 10ms);
    } else {
      t.put(key_number(n), Moment(n == 9 ? 0ms : 5ms), 1000ms);
    }
  }
  for (std::uint64_t n = 0; n < kPlaces; ++n) BOOST_TEST(t.has(key_number(n), Moment(9ms)));

  const auto check_gone = [&](std::initializer_list<std::uint64_t> gone, std::uint64_t added) {
    for (std::uint64_t n = 100; n < 100 + added; ++n)
      BOOST_TEST(t.has(key_number(n), Moment(20ms)));
    for (std::uint64_t n = 0; n < kPlaces; ++n) {
      const bool is_gone = std::find(gone.begin(), gone.end(), n) != gone.end();
      BOOST_TEST(t.has(key_number(n), Moment(20ms)) == !is_gone, "number " << n);
    }
  };
  BOOST_TEST((t.put(key_number(100), Moment(20ms), 1000ms) == Stored::yes));
  check_gone({3}, 1);
  BOOST_TEST((t.put(key_number(101), Moment(20ms), 1000ms) == Stored::yes));
  check_gone({3, 7}, 2);
  BOOST_TEST((t.put(key_number(102), Moment(20ms), 1000ms) == Stored::yes));
  check_gone({3, 7, 9}, 3);
  BOOST_TEST(t.table.count() == kPlaces);
}

BOOST_AUTO_TEST_CASE(a_free_place_is_taken_before_anything_is_displaced) {
  Table t;
  for (std::uint64_t n = 0; n < kPlaces - 1; ++n) t.put(key_number(n), Moment(0ms), 100ms);
  t.put(key_number(100), Moment(1ms), 100ms);
  for (std::uint64_t n = 0; n < kPlaces - 1; ++n) BOOST_TEST(t.has(key_number(n), Moment(1ms)));
  BOOST_TEST(t.has(key_number(100), Moment(1ms)));
}

BOOST_AUTO_TEST_CASE(what_was_refused_makes_room_before_a_session_that_has_ended) {
  Table t;
  t.put(key_number(0), Moment(0ms), 10ms, "J=ended");
  t.refuse(key_number(1), Moment(0ms), 15ms);
  for (std::uint64_t n = 2; n < kPlaces; ++n) t.put(key_number(n), Moment(0ms), 1000ms);
  t.refuse(key_number(100), Moment(20ms), 100ms);
  Outcome outcome;
  std::string cookies;
  t.table.find_or_take(key_number(0), Moment(20ms), kLease, outcome, cookies);
  BOOST_TEST(cookies == "J=ended");
}

BOOST_AUTO_TEST_CASE(one_token_at_many_addresses_pushes_no_others_out) {
  constexpr std::uint64_t kVisitors = 2000;
  Table t(kVisitors);
  for (std::uint64_t n = 0; n < kVisitors; ++n) t.put(key_number(n), Moment(0ms), 1000ms);
  const std::size_t before = t.table.count();
  constexpr std::uint64_t kToken = 4711;
  for (std::uint64_t address = 1; address <= 20'000; ++address)
    t.put({address * 0x9e3779b97f4a7c15, kToken}, Moment(1ms), 1000ms);
  std::uint64_t lost = before;
  for (std::uint64_t n = 0; n < kVisitors; ++n)
    if (t.has(key_number(n), Moment(2ms))) --lost;
  BOOST_TEST(lost <= 1u);
}

BOOST_AUTO_TEST_CASE(nor_those_of_the_same_bucket_but_one) {
  Table t;
  for (std::uint64_t n = 0; n < kPlaces / 2; ++n) t.put(key_number(n), Moment(0ms), 1000ms);
  for (std::uint64_t address = 1; address <= 1000; ++address)
    t.put({address, 4711}, Moment(1ms), 1000ms);
  for (std::uint64_t n = 0; n < kPlaces / 2; ++n) BOOST_TEST(t.has(key_number(n), Moment(2ms)));
  // New visitors take back what it has, and so do visitors at a few addresses.
  for (std::uint64_t n = 100; n < 110; ++n) t.put(key_number(n), Moment(3ms), 1000ms);
  for (std::uint64_t address = 1; address <= 2; ++address)
    t.put({address, 4712}, Moment(3ms), 1000ms);
  for (std::uint64_t n = 0; n < kPlaces / 2; ++n) BOOST_TEST(t.has(key_number(n), Moment(4ms)));
  for (std::uint64_t n = 100; n < 110; ++n) BOOST_TEST(t.has(key_number(n), Moment(4ms)));
  for (std::uint64_t address = 1; address <= 2; ++address)
    BOOST_TEST(t.has({address, 4712}, Moment(4ms)));
}

BOOST_AUTO_TEST_CASE(the_cookies_of_an_ended_session_are_there_until_something_takes_its_place) {
  Table t;
  const VisitorKey key = key_number(1);
  bool is_proven = false;
  const auto take = [&](const VisitorKey& of, Moment now) {
    Outcome outcome;
    std::string cookies = "old";
    is_proven = t.table.find_or_take(of, now, kLease, outcome, cookies).is_proven;
    return cookies;
  };
  BOOST_TEST(take(key, Moment(0ms)) == "");
  BOOST_TEST(!is_proven);
  t.put(key, Moment(0ms), 100ms, "J=1; R=2");
  BOOST_TEST(take(key, Moment(99ms)) == "");
  BOOST_TEST(t.has(key, Moment(99ms)));
  BOOST_TEST(take(key_number(2), Moment(100ms)) == "");
  BOOST_TEST(take(key, Moment(100ms)) == "J=1; R=2");
  // That the visitor was proven once is known from now on.
  BOOST_TEST(take(key, Moment(100ms)) == "");
  BOOST_TEST(is_proven);
  BOOST_TEST(!t.has(key, Moment(100ms)));
  Outcome outcome;
  BOOST_TEST(t.table.find(key, Moment(100ms), kLease, outcome).is_proven);
  t.put(key, Moment(0ms), 100ms, "J=1; R=2");
  t.refuse(key, Moment(100ms), 10ms);
  BOOST_TEST(take(key, Moment(1000ms)) == "");
  BOOST_TEST(!is_proven);
  for (const Duration tombstone_ttl : {0ms, 10ms}) {
    t.put(key, Moment(0ms), 100ms, "J=1");
    BOOST_TEST(t.drop(key, "J=1", Moment(50ms), tombstone_ttl));
    BOOST_TEST(take(key, Moment(100ms)) == "");
    BOOST_TEST(!is_proven);
  }
}

BOOST_AUTO_TEST_CASE(who_is_left_alone_is_unavailable_for_a_while) {
  Table t;
  const VisitorKey key = key_number(1);
  BOOST_TEST((t.table.leave_alone(key, Moment(0ms), 50ms, Reason::rate_limited) == Stored::yes));
  Outcome outcome;
  BOOST_TEST(t.table.find(key, Moment(49ms), kLease, outcome).is_found);
  BOOST_TEST(outcome.result == Result::unavailable);
  BOOST_TEST(outcome.reason == Reason::rate_limited);
  BOOST_TEST(outcome.source == Source::table);
  BOOST_TEST(outcome.session.empty());
  const auto after = t.table.find(key, Moment(50ms), kLease, outcome);
  BOOST_TEST(!after.is_found);
  BOOST_TEST(!after.is_proven);
  BOOST_TEST((t.put(key, Moment(50ms), 100ms, "J=2") == Stored::yes));
  BOOST_TEST(t.cookies(key, Moment(50ms)) == "J=2");
}

BOOST_AUTO_TEST_CASE(a_session_that_is_good_stays_when_its_visitor_is_left_alone) {
  Table t;
  const VisitorKey key = key_number(1);
  for (const Duration pause : {10ms, 500ms}) {
    t.put(key, Moment(0ms), 100ms, "J=1");
    Outcome outcome;
    BOOST_TEST(t.table.find(key, Moment(80ms), 1ms, outcome).is_to_renew);
    BOOST_TEST(
        (t.table.leave_alone(key, Moment(80ms), pause, Reason::server_error) == Stored::yes));
    const auto find = [&](Moment now) { return t.table.find(key, now, 1ms, outcome); };
    BOOST_TEST(find(Moment(89ms)).is_found);
    BOOST_TEST(outcome.result == Result::session);
    BOOST_TEST(outcome.session.cookies() == "J=1");
    BOOST_TEST(!find(Moment(89ms)).is_to_renew);
    // Before it is over, or after.
    BOOST_TEST(find(Moment(90ms)).is_to_renew == (pause == 10ms));
    BOOST_TEST(find(Moment(99ms)).is_found);
    const auto ended = find(Moment(100ms));
    BOOST_TEST(ended.is_proven);
    BOOST_TEST(ended.is_found == (pause == 500ms));
    if (pause == 10ms) continue;
    BOOST_TEST(outcome.result == Result::unavailable);
    BOOST_TEST(outcome.reason == Reason::server_error);
    BOOST_TEST(outcome.session.empty());
    BOOST_TEST(find(Moment(579ms)).is_found);
    BOOST_TEST(!find(Moment(580ms)).is_found);
    // The cookies are still there for the next exchange, and a session forgets it all.
    std::string cookies;
    t.table.find_or_take(key, Moment(580ms), 1ms, outcome, cookies);
    BOOST_TEST(cookies == "J=1");
    t.put(key, Moment(580ms), 100ms);
    BOOST_TEST(!find(Moment(680ms)).is_found);
  }
}

BOOST_AUTO_TEST_CASE(a_mark_outlives_that_its_visitor_is_left_alone) {
  Table t;
  const VisitorKey key = key_number(1);
  t.drop(key, "", Moment(0ms), 50ms);
  t.table.leave_alone(key, Moment(1ms), 10ms, Reason::rate_limited);
  BOOST_TEST(t.has(key, Moment(10ms)));
  BOOST_TEST(!t.has(key, Moment(11ms)));
  BOOST_TEST(t.has_tombstone(key, Moment(49ms)));
  BOOST_TEST((t.adopt(key, Moment(49ms)) == Stored::no_room));
}

BOOST_AUTO_TEST_CASE(who_is_left_alone_displaces_no_good_session) {
  Table t;
  for (std::uint64_t n = 0; n < kPlaces; ++n) t.put(key_number(n), Moment(0ms), 100ms);
  BOOST_TEST((t.table.leave_alone(key_number(50), Moment(1ms), 100ms, Reason::rate_limited) ==
              Stored::no_room));
  for (std::uint64_t n = 0; n < kPlaces; ++n) BOOST_TEST(t.has(key_number(n), Moment(1ms)));
}

BOOST_AUTO_TEST_CASE(an_expired_session_that_may_still_be_renewed_is_left_if_there_is_room) {
  Table t;
  t.put(key_number(0), Moment(0ms), 10ms);
  for (std::uint64_t n = 1; n < kPlaces; ++n) t.put(key_number(n), Moment(10ms), 100ms);
  t.drop(key_number(7), "J=1");
  BOOST_TEST((t.put(key_number(100), Moment(10ms), 100ms) == Stored::yes));
  BOOST_TEST((t.table.renew_session(key_number(0), Moment(10ms), 100ms, Reason::known,
                                    session_of("alice", "J=new")) == Stored::yes));
}

BOOST_AUTO_TEST_CASE(a_refusal_never_displaces_a_good_session) {
  Table t;
  for (std::uint64_t n = 0; n < kPlaces; ++n) t.put(key_number(n), Moment(0ms), 100ms);
  BOOST_TEST((t.refuse(key_number(50), Moment(1ms), 100ms) == Stored::no_room));
  for (std::uint64_t n = 0; n < kPlaces; ++n) BOOST_TEST(t.has(key_number(n), Moment(1ms)));
  BOOST_TEST(!t.has(key_number(50), Moment(1ms)));
  // Once one of them has expired there is room.
  BOOST_TEST((t.refuse(key_number(50), Moment(100ms), 100ms) == Stored::yes));
  BOOST_TEST(t.has(key_number(50), Moment(100ms)));
  // A negative entry does displace another one.
  for (std::uint64_t n = 1; n < kPlaces; ++n) t.put(key_number(n), Moment(100ms), 100ms);
  BOOST_TEST((t.refuse(key_number(51), Moment(101ms), 100ms) == Stored::yes));
  BOOST_TEST(!t.has(key_number(50), Moment(101ms)));
  for (std::uint64_t n = 1; n < kPlaces; ++n) BOOST_TEST(t.has(key_number(n), Moment(101ms)));
}

BOOST_AUTO_TEST_CASE(a_flood_of_made_up_tokens_pushes_nobody_out) {
  constexpr std::uint64_t kVisitors = 500;
  Table t(kVisitors);
  for (std::uint64_t n = 0; n < kVisitors; ++n) t.put(key_number(n), Moment(0ms), 1000ms);
  std::vector<std::uint64_t> present;
  for (std::uint64_t n = 0; n < kVisitors; ++n)
    if (t.has(key_number(n), Moment(1ms))) present.push_back(n);
  for (std::uint64_t n = 0; n < 50'000; ++n)
    t.refuse(key_number(1'000'000 + n), Moment(1ms), 100ms);
  BOOST_TEST(std::all_of(present.begin(), present.end(),
                         [&](std::uint64_t n) { return t.has(key_number(n), Moment(2ms)); }));
}

BOOST_AUTO_TEST_CASE(as_many_visitors_as_were_asked_for_fit_but_for_one_in_a_thousand) {
  constexpr std::uint64_t kVisitors = processes::kSanitized ? 2048 : 8192;
  constexpr std::uint64_t kTables = processes::kSanitized ? 4 : 12;
  std::uint64_t lost = 0;
  for (std::uint64_t table = 0; table < kTables; ++table) {
    Table t(kVisitors);
    for (std::uint64_t n = 0; n < kVisitors; ++n)
      t.put(key_number(table * kVisitors + n), Moment(0ms), 100ms);
    for (std::uint64_t n = 0; n < kVisitors; ++n)
      if (!t.has(key_number(table * kVisitors + n), Moment(1ms))) ++lost;
  }
  BOOST_TEST(lost * 1000 < kTables * kVisitors, lost << " of " << kTables * kVisitors);
}

BOOST_DATA_TEST_CASE(the_smallest_and_odd_sizes_work, data::make({0, 1, 2, 7, 8, 9, 1000}),
                     visitors) {
  const auto size = static_cast<std::size_t>(visitors);
  Table t(size);
  for (std::uint64_t n = 0; n < 100; ++n) {
    BOOST_TEST((t.put(key_number(n), Moment(0ms), 100ms) == Stored::yes));
    BOOST_TEST(t.has(key_number(n), Moment(0ms)));
  }
}

BOOST_AUTO_TEST_CASE(keys_that_look_alike_are_told_apart) {
  Table t;
  const std::vector<VisitorKey> keys = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 1}, {1, 2}};
  BOOST_TEST(!t.has({0, 0}, Moment(0ms)));  // as an unused place looks
  for (std::size_t i = 0; i < keys.size(); ++i)
    t.put(keys[i], Moment(0ms), 100ms, "J=" + std::to_string(i));
  for (std::size_t i = 0; i < keys.size(); ++i)
    BOOST_TEST(t.cookies(keys[i], Moment(0ms)) == "J=" + std::to_string(i));
  BOOST_TEST(t.table.count() == keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    BOOST_TEST(t.drop(keys[i], "J=" + std::to_string(i)));
    BOOST_TEST(!t.has(keys[i], Moment(0ms)));
  }
  BOOST_TEST(t.table.count() == 0u);
}

BOOST_AUTO_TEST_CASE(another_view_of_the_memory_sees_the_same) {
  Table t(100);
  t.put(key_number(1), Moment(0ms), 100ms, "J=1");
  SessionTable other = SessionTable::attach(t.memory.get(), 100);
  Outcome outcome;
  BOOST_TEST(other.find(key_number(1), Moment(0ms), kLease, outcome).is_found);
  BOOST_TEST(outcome.session.cookies() == "J=1");
  BOOST_TEST(other.drop_session(
      key_number(1), [](std::string_view cookies) { return cookies == "J=1"; }, Moment(0ms), 0ms));
  BOOST_TEST(!t.has(key_number(1), Moment(0ms)));
}

BOOST_AUTO_TEST_CASE(the_sequence_may_wrap_around) {
  Table t;
  t.put(key_number(1), Moment(0ms), 100ms, "J=0");
  std::atomic<std::uint64_t>* const sequence = t.slot_of(key_number(1));
  sequence->store(std::numeric_limits<std::uint64_t>::max() - 5);  // even
  for (int i = 1; i <= 6; ++i) {
    BOOST_TEST((t.put(key_number(1), Moment(0ms), 100ms, "J=" + std::to_string(i)) == Stored::yes));
    BOOST_TEST(t.cookies(key_number(1), Moment(0ms)) == "J=" + std::to_string(i));
  }
  BOOST_TEST(sequence->load() == 6u);
}

BOOST_AUTO_TEST_CASE(what_a_killed_writer_left_is_absent_and_made_good) {
  Table t;
  for (std::uint64_t n = 0; n < kPlaces; ++n) t.put(key_number(n), Moment(0ms), 100ms);
  t.slot_of(key_number(5))->fetch_add(1);  // begun, and never ended
  for (std::uint64_t n = 0; n < kPlaces; ++n)
    BOOST_TEST(t.has(key_number(n), Moment(1ms)) == (n != 5));
  // The next writer of the bucket clears it, and so has a free place.
  t.put(key_number(120), Moment(1ms), 100ms);
  for (std::uint64_t n = 0; n < kPlaces; ++n)
    BOOST_TEST(t.has(key_number(n), Moment(1ms)) == (n != 5));
  BOOST_TEST(t.has(key_number(120), Moment(1ms)));
  t.put(key_number(5), Moment(1ms), 100ms);
  BOOST_TEST(t.has(key_number(5), Moment(1ms)));
}

BOOST_AUTO_TEST_CASE(lengths_that_no_writer_wrote_do_no_harm) {
  Table t;
  t.put(key_number(1), Moment(0ms), 100ms);
  t.slot_of(key_number(1))[3].store(0xffff'ffff'0001 | 0xffff'0000);
  BOOST_TEST(!t.has(key_number(1), Moment(1ms)));
  BOOST_TEST(!t.drop(key_number(1), "J=1"));
  t.put(key_number(1), Moment(0ms), 100ms);
  BOOST_TEST(t.has(key_number(1), Moment(1ms)));
}

BOOST_AUTO_TEST_SUITE_END()
