#include "shared/session_table.h"

#include <algorithm>
#include <array>
#include <optional>

#include "shared/robust_mutex.h"
#include "shared/table_slot.h"

// The layout, which docs/shared-memory.md describes:
//
//   locks    kLocks robust mutexes, each for the buckets whose number has its remainder
//   tags     kWays words a bucket: the first half of the key of each slot's entry, 0 for none
//   slots    kWays slots a bucket, see table_slot.h

namespace crowd_confluence {
namespace {

constexpr std::size_t kWays = 16;
constexpr std::size_t kLocks = 256;

struct alignas(64) Lock {
  pthread_mutex_t mutex;
};

std::size_t buckets_for(std::size_t visitors) {
  return (2 * std::max<std::size_t>(visitors, 1) + kWays - 1) / kWays;
}

Lock* locks_of(void* memory) {
  return static_cast<Lock*>(memory);
}
TableWord* tags_of(void* memory) {
  return reinterpret_cast<TableWord*>(locks_of(memory) + kLocks);
}

}  // namespace

class SessionTable::BucketLock : public RobustLock {
 public:
  /// Makes good what a killed writer left in the bucket.
  BucketLock(const SessionTable& table, std::size_t bucket)
      : RobustLock(&locks_of(table.memory_)[bucket % kLocks].mutex) {
    for (std::size_t way = 0; way < kWays; ++way) table.slot(bucket, way).repair();
  }
};

SessionTable::SessionTable(void* memory, std::size_t buckets)
    : memory_(memory), buckets_(buckets) {}

std::size_t SessionTable::bytes_for(std::size_t visitors) {
  return kLocks * sizeof(Lock) +
         buckets_for(visitors) * kWays * (1 + Slot::kWords) * sizeof(TableWord);
}

SessionTable SessionTable::create(void* memory, std::size_t visitors) {
  for (std::size_t i = 0; i < kLocks; ++i) init_robust_mutex(&locks_of(memory)[i].mutex);
  return attach(memory, visitors);
}

SessionTable SessionTable::attach(void* memory, std::size_t visitors) {
  return {memory, buckets_for(visitors)};
}

std::size_t SessionTable::bucket_of(const VisitorKey& key) const {
  return key[1] % buckets_;
}

SessionTable::Slot SessionTable::slot(std::size_t bucket, std::size_t way) const {
  TableWord* const tags = tags_of(memory_);
  TableWord* const slots = tags + buckets_ * kWays;
  const std::size_t number = bucket * kWays + way;
  return {tags + number, slots + number * Slot::kWords};
}

SessionTable::Found SessionTable::find(const VisitorKey& key, Moment now, Duration renewal_lease,
                                       Outcome& outcome) const {
  const std::size_t bucket = bucket_of(key);
  const TableWord* const tags = tags_of(memory_) + bucket * kWays;
  const std::uint64_t tag = tag_of(key);
  for (std::size_t way = 0; way < kWays; ++way) {
    if (tags[way].load(std::memory_order_relaxed) != tag) continue;
    const Slot found = slot(bucket, way);
    Entry entry;
    const bool is_read = found.read(key, [&](const Slot& seen) {
      entry = seen.entry();
      if (entry.kind != Kind::session || !entry.is_good(now)) return true;
      if (entry.text_length() > kMaxSessionBytes) return false;  // half written
      seen.copy_text(outcome.session.prepare(entry.user_length, entry.cookies_length),
                     entry.text_length());
      return true;
    });
    if (!is_read || !entry.is_good(now)) {
      outcome.session.prepare(0, 0);
      continue;
    }
    outcome.reason = entry.reason;
    outcome.source = Source::table;
    if (entry.kind == Kind::negative) {
      outcome.session.prepare(0, 0);  // an attempt before may have read a session here
      outcome.result = Result::rejected;
      return {true, false, false, entry.expires};
    }
    outcome.result = Result::session;
    return {true,
            now >= entry.renews_or_tombstone_ends &&
                found.move_renewal(entry.renews_or_tombstone_ends, now + renewal_lease),
            false, entry.expires};
  }
  return {};
}

std::optional<SessionTable::Slot> SessionTable::slot_of(std::size_t bucket,
                                                        const VisitorKey& key) const {
  for (std::size_t way = 0; way < kWays; ++way) {
    const Slot candidate = slot(bucket, way);
    if (candidate.entry().kind != Kind::empty && candidate.has(key)) return candidate;
  }
  return std::nullopt;
}

std::optional<SessionTable::Slot> SessionTable::room_for(std::size_t bucket, Kind kind,
                                                         Moment now) const {
  Slot best = slot(bucket, 0);
  for (std::size_t way = 1; way < kWays; ++way) {
    const Slot candidate = slot(bucket, way);
    if (candidate.entry().worth(now) < best.entry().worth(now)) best = candidate;
  }
  const Entry old = best.entry();
  if (kind != Kind::session && old.kind == Kind::session && old.is_good(now)) return std::nullopt;
  return best;
}

SessionTable::Found SessionTable::find_locked(const VisitorKey& key, Moment now,
                                              Duration renewal_lease, Outcome& outcome) const {
  const std::size_t bucket = bucket_of(key);
  const BucketLock lock(*this, bucket);
  Found found = find(key, now, renewal_lease, outcome);
  if (const auto own = slot_of(bucket, key)) found.has_tombstone = own->entry().has_tombstone(now);
  return found;
}

std::string SessionTable::take_ended_cookies(const VisitorKey& key, Moment now) {
  const std::size_t bucket = bucket_of(key);
  const BucketLock lock(*this, bucket);
  const auto own = slot_of(bucket, key);
  const Entry entry = own ? own->entry() : Entry();
  if (entry.kind != Kind::session || entry.is_good(now)) return {};
  Slot::Text text;
  std::string cookies(own->cookies(entry, text));
  own->clear();
  return cookies;
}

/// An entry of no kind, for what is too large to be kept, clears what it replaces.
SessionTable::Stored SessionTable::put(const VisitorKey& key, const Entry& new_entry,
                                       Replaces replaces, Moment now) {
  const std::size_t bucket = bucket_of(key);
  const BucketLock lock(*this, bucket);
  const auto own = slot_of(bucket, key);
  const Entry old = own ? own->entry() : Entry();
  if (replaces == Replaces::sessions && old.kind != Kind::session) return Stored::no_room;
  if (replaces == Replaces::all_but_tombstones && old.has_tombstone(now)) return Stored::no_room;
  if (new_entry.kind == Kind::empty) {
    if (own) own->clear();
    return Stored::too_large;
  }
  Entry entry = new_entry;
  if (entry.kind == Kind::negative)
    entry.renews_or_tombstone_ends = std::max(entry.renews_or_tombstone_ends, old.tombstone_ends());
  const auto place = own ? own : room_for(bucket, entry.kind, now);
  if (!place) return Stored::no_room;
  place->write(key, entry);
  return Stored::yes;
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
  Entry entry;
  if (session.user().size() + session.cookies().size() <= kMaxSessionBytes) {
    entry.kind = Kind::session;
    entry.reason = reason;
    entry.user_length = static_cast<std::uint16_t>(session.user().size());
    entry.cookies_length = static_cast<std::uint16_t>(session.cookies().size());
    entry.expires = now + ttl;
    entry.renews_or_tombstone_ends = now + ttl - ttl / 4;
    entry.text = session.user().data();
  }
  return put(key, entry, replaces, now);
}

SessionTable::Stored SessionTable::put_negative(const VisitorKey& key, Moment now, Duration ttl,
                                                Reason reason, Duration tombstone_ttl) {
  Entry entry;
  entry.kind = Kind::negative;
  entry.reason = reason;
  entry.expires = now + ttl;
  entry.renews_or_tombstone_ends = now + tombstone_ttl;
  return put(key, entry, Replaces::all, now);
}

bool SessionTable::drop_session(const VisitorKey& key, const IsMeant& is_meant, Moment now,
                                Duration tombstone_ttl) {
  const std::size_t bucket = bucket_of(key);
  const BucketLock lock(*this, bucket);
  const auto own = slot_of(bucket, key);
  Entry entry = own ? own->entry() : Entry();
  const bool is_session = entry.kind == Kind::session;
  if (is_session) {
    Slot::Text text;
    if (!is_meant(own->cookies(entry, text))) return false;
  }
  if (tombstone_ttl <= Duration::zero()) {
    if (is_session) own->clear();
    return is_session;
  }
  const Moment tombstone_ends = std::max(now + tombstone_ttl, entry.tombstone_ends());
  if (entry.kind != Kind::negative) {
    entry = Entry();
    entry.kind = Kind::tombstone;
  }
  entry.renews_or_tombstone_ends = tombstone_ends;
  if (const auto place = own ? own : room_for(bucket, Kind::tombstone, now))
    place->write(key, entry);
  return is_session;
}

std::size_t SessionTable::count() const {
  const TableWord* const tags = tags_of(memory_);
  return static_cast<std::size_t>(
      std::count_if(tags, tags + buckets_ * kWays,
                    [](const TableWord& tag) { return tag.load(std::memory_order_relaxed) != 0; }));
}

}  // namespace crowd_confluence
