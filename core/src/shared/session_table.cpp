#include "shared/session_table.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include "shared/robust_mutex.h"
#include "shared/table_bucket.h"
#include "shared/table_slot.h"

// The layout, which docs/shared-memory.md describes:
//
//   locks    kLocks robust mutexes, each for the buckets whose number has its remainder
//   used     a bit for each bucket: whether it was ever locked
//   buckets  see table_bucket.h, from a page's beginning on

namespace crowd_confluence {
namespace {

constexpr std::size_t kLocks = 256;
constexpr std::size_t kPage = 4096;

/// Twice as many would still fit a bucket, but for one visitor in a thousand.
constexpr std::size_t kVisitorsOfBucket = 18;

/// Small tables have more room for texts, as pages that nobody needs are never touched.
constexpr std::size_t kPagesOfSmallTable = 16 * 1024;

struct alignas(64) Lock {
  pthread_mutex_t mutex;
};

std::size_t buckets_for(std::size_t visitors) {
  return (std::max<std::size_t>(visitors, 1) + kVisitorsOfBucket - 1) / kVisitorsOfBucket;
}

Lock* locks_of(void* memory) {
  return static_cast<Lock*>(memory);
}
TableWord* used_of(void* memory) {
  return reinterpret_cast<TableWord*>(locks_of(memory) + kLocks);
}

/// Before the buckets.
std::size_t head_words(std::size_t buckets) {
  const std::size_t bytes = kLocks * sizeof(Lock) + (buckets / 64 + 1) * sizeof(TableWord);
  return (bytes + kPage - 1) / kPage * kPage / sizeof(TableWord);
}

}  // namespace

class SessionTable::LockedBucket : public Bucket {
 public:
  LockedBucket(const SessionTable& table, const VisitorKey& key)
      : Bucket(table.bucket(table.bucket_of(key))),
        lock_(&locks_of(table.memory_)[table.bucket_of(key) % kLocks].mutex) {
    TableWord& used = used_of(table.memory_)[table.bucket_of(key) / 64];
    const std::uint64_t own = std::uint64_t{1} << table.bucket_of(key) % 64;
    if ((used.load(std::memory_order_relaxed) & own) == 0) used.fetch_or(own);
    repair();
  }

 private:
  const RobustLock lock_;
};

SessionTable::SessionTable(void* memory, std::size_t visitors)
    : memory_(memory),
      buckets_(buckets_for(visitors)),
      bucket_words_(
          std::clamp(kPagesOfSmallTable / buckets_, Bucket::kFewestPages, Bucket::kMostPages) *
          Bucket::kPageWords) {
  static_assert(Bucket::kPageWords * sizeof(TableWord) == kPage);
  static_assert(TableText::kMostBlocksOfText * TableText::kBlockWords <=
                Bucket::kFewestPages * Bucket::kPageWords - Bucket::kHeadWords);
  static_assert(TableText::kMostBlocks * TableText::kBlockWords >=
                Bucket::kMostPages * Bucket::kPageWords - Bucket::kHeadWords);
}

std::size_t SessionTable::bytes_for(std::size_t visitors) {
  const SessionTable table(nullptr, visitors);
  return (head_words(table.buckets_) + table.buckets_ * table.bucket_words_) * sizeof(TableWord);
}

SessionTable SessionTable::create(void* memory, std::size_t visitors) {
  assert(reinterpret_cast<std::uintptr_t>(memory) % kPage == 0);
  for (std::size_t i = 0; i < kLocks; ++i) init_robust_mutex(&locks_of(memory)[i].mutex);
  return attach(memory, visitors);
}

SessionTable SessionTable::attach(void* memory, std::size_t visitors) {
  assert(memory != nullptr);
  return {memory, visitors};
}

std::size_t SessionTable::bucket_of(const VisitorKey& key) const {
  return key[1] % buckets_;
}

SessionTable::Bucket SessionTable::bucket(std::size_t number) const {
  assert(number < buckets_);
  TableWord* const buckets = static_cast<TableWord*>(memory_) + head_words(buckets_);
  return {buckets + number * bucket_words_, bucket_words_};
}

SessionTable::Found SessionTable::find(const VisitorKey& key, Moment now, Duration renewal_lease,
                                       Outcome& outcome) const {
  Found result;
  bucket(bucket_of(key)).look_for(key, [&](const Slot& found) {
    Entry entry;
    const bool is_read = found.read(key, [&](const Slot& seen) {
      entry = seen.entry();
      if (entry.kind != Kind::session || !entry.is_good(now)) return true;
      if (entry.text_length() > Session::kCapacity) return false;  // half written
      return seen.copy_text(entry,
                            outcome.session.prepare(entry.user_length, entry.cookies_length));
    });
    const bool is_good = is_read && entry.is_good(now);
    const bool is_session = entry.kind == Kind::session;
    if (!is_good || !is_session) outcome.session.prepare(0, 0);  // an attempt may have read one
    if (!is_read) return false;
    result.is_proven = is_session;
    if (!is_good && !entry.is_left_alone(now)) return false;
    result.is_found = true;
    result.expires = entry.expires;
    result.is_to_renew = is_good && is_session && now >= entry.renews_or_tombstone_ends &&
                         found.move_renewal(entry.renews_or_tombstone_ends, now + renewal_lease);
    outcome.source = Source::table;
    outcome.reason = is_good ? entry.reason : entry.failure;
    outcome.result = is_good && is_session ? Result::session : meaning_of(outcome.reason).result;
    outcome.retry_after = outcome.result == Result::unavailable
                              ? (is_good ? entry.expires : entry.left_alone_until) - now
                              : Duration::zero();
    return true;
  });
  return result;
}

SessionTable::Found SessionTable::find_locked(const VisitorKey& key, Moment now,
                                              Duration renewal_lease, Outcome& outcome) const {
  const LockedBucket bucket(*this, key);
  Found found = find(key, now, renewal_lease, outcome);
  if (const auto own = bucket.slot_of(key)) found.has_tombstone = own->entry().has_tombstone(now);
  return found;
}

SessionTable::Found SessionTable::find_or_take(const VisitorKey& key, Moment now,
                                               Duration renewal_lease, Outcome& outcome,
                                               std::string& cookies) {
  cookies.clear();
  const LockedBucket bucket(*this, key);
  Found found = find(key, now, renewal_lease, outcome);
  const auto own = found.is_found ? std::nullopt : bucket.slot_of(key);
  if (!own) return found;
  const Entry entry = own->entry();
  found.has_tombstone = entry.has_tombstone(now);
  if (entry.kind != Kind::session || entry.text_length() == 0) return found;
  cookies = own->cookies(entry);
  own->take_text(entry);
  return found;
}

SessionTable::Stored SessionTable::put(const VisitorKey& key, Entry entry, Replaces replaces,
                                       Moment now) {
  const LockedBucket bucket(*this, key);
  const auto own = bucket.slot_of(key);
  const Entry old = own ? own->entry() : Entry();
  if (replaces == Replaces::sessions && old.kind != Kind::session) return Stored::no_room;
  if (replaces == Replaces::all_but_tombstones && old.has_tombstone(now)) return Stored::no_room;
  if (entry.kind == Kind::negative)
    entry.renews_or_tombstone_ends = std::max(entry.renews_or_tombstone_ends, old.tombstone_ends());
  return bucket.write(key, entry, own, now) ? Stored::yes : Stored::no_room;
}

SessionTable::Stored SessionTable::put_session(const VisitorKey& key, Moment now, Duration ttl,
                                               Reason reason, const Session& session) {
  return put_session(key, now, ttl, reason, session, Replaces::all);
}

SessionTable::Stored SessionTable::renew_session(const VisitorKey& key, Moment now, Duration ttl,
                                                 Reason reason, const Session& session) {
  return put_session(key, now, ttl, reason, session, Replaces::sessions);
}

SessionTable::Stored SessionTable::adopt_session(const VisitorKey& key, Moment now, Duration ttl,
                                                 Reason reason, const Session& session) {
  return put_session(key, now, ttl, reason, session, Replaces::all_but_tombstones);
}

SessionTable::Stored SessionTable::put_session(const VisitorKey& key, Moment now, Duration ttl,
                                               Reason reason, const Session& session,
                                               Replaces replaces) {
  assert(meaning_of(reason).result == Result::session && !session.empty());
  assert(ttl >= Duration::zero());
  Entry entry;
  entry.kind = Kind::session;
  entry.reason = reason;
  entry.user_length = static_cast<std::uint16_t>(session.user().size());
  entry.cookies_length = static_cast<std::uint16_t>(session.cookies().size());
  entry.expires = now + ttl;
  entry.renews_or_tombstone_ends = now + ttl - ttl / 4;
  entry.text = session.user().data();
  return put(key, entry, replaces, now);
}

SessionTable::Stored SessionTable::put_negative(const VisitorKey& key, Moment now, Duration ttl,
                                                Reason reason, Duration tombstone_ttl) {
  assert(meaning_of(reason).result == Result::rejected);
  assert(ttl >= Duration::zero() && tombstone_ttl >= Duration::zero());
  Entry entry;
  entry.kind = Kind::negative;
  entry.reason = reason;
  entry.expires = now + ttl;
  entry.renews_or_tombstone_ends = now + tombstone_ttl;
  return put(key, entry, Replaces::all, now);
}

SessionTable::Stored SessionTable::leave_alone(const VisitorKey& key, Moment now, Duration ttl,
                                               Reason reason) {
  return leave_alone(key, now, ttl, reason, false);
}

SessionTable::Stored SessionTable::leave_alone_if_again(const VisitorKey& key, Moment now,
                                                        Duration ttl, Reason reason) {
  return leave_alone(key, now, ttl, reason, true);
}

SessionTable::Stored SessionTable::leave_alone(const VisitorKey& key, Moment now, Duration ttl,
                                               Reason reason, bool only_if_again) {
  assert(meaning_of(reason).result == Result::unavailable && ttl >= Duration::zero());
  const LockedBucket bucket(*this, key);
  const auto own = bucket.slot_of(key);
  Entry entry = own ? own->entry() : Entry();
  const bool is_session = entry.kind == Kind::session;
  if (only_if_again && reason != (is_session ? entry.failure : entry.reason))
    ttl = Duration::zero();
  if (is_session) {
    entry.failure = reason;
    entry.left_alone_until = now + ttl;
    entry.renews_or_tombstone_ends = std::max(entry.renews_or_tombstone_ends, now + ttl);
    own->change(entry);
    return Stored::yes;
  }
  entry.renews_or_tombstone_ends = entry.tombstone_ends();
  entry.kind = Kind::negative;
  entry.reason = reason;
  entry.expires = now + ttl;
  return bucket.write(key, entry, own, now) ? Stored::yes : Stored::no_room;
}

bool SessionTable::drop_session(const VisitorKey& key, const IsMeant& is_meant, Moment now,
                                Duration tombstone_ttl) {
  assert(is_meant);
  const LockedBucket bucket(*this, key);
  const auto own = bucket.slot_of(key);
  Entry entry = own ? own->entry() : Entry();
  const bool is_session = entry.kind == Kind::session && entry.text_length() > 0;
  if (is_session && !is_meant(own->cookies(entry))) return false;
  if (tombstone_ttl <= Duration::zero()) {
    if (entry.kind == Kind::session) own->clear();
    return is_session;
  }
  const Moment tombstone_ends = std::max(now + tombstone_ttl, entry.tombstone_ends());
  if (entry.kind != Kind::negative) {
    entry = Entry();
    entry.kind = Kind::tombstone;
  }
  entry.renews_or_tombstone_ends = tombstone_ends;
  bucket.write(key, entry, own, now);
  return is_session;
}

std::size_t SessionTable::count() const {
  std::size_t count = 0;
  for (std::size_t number = 0; number < buckets_; ++number)
    if ((used_of(memory_)[number / 64].load() >> number % 64 & 1) != 0)
      count += bucket(number).count();
  return count;
}

}  // namespace crowd_confluence
