#include "crowd_confluence/session_table.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <optional>
#include <utility>

#include "robust_mutex.h"

// The layout, which docs/shared-memory.md describes:
//
//   locks    kLocks robust mutexes, each for the buckets whose number has its remainder
//   tags     kWays words a bucket: the first half of the key of each slot's entry, 0 for none
//   slots    kWays slots a bucket
//
// A slot is an array of 64-bit words, as each can be read and written as a whole whatever another
// process does: sequence, key, key, what, until when it answers, time of renewal or end of the
// mark, then the text.

namespace crowd_confluence {
namespace {

using Word = std::atomic<std::uint64_t>;
static_assert(Word::is_always_lock_free && sizeof(Word) == 8);

constexpr std::size_t kWays = 16;
constexpr std::size_t kLocks = 256;
constexpr std::size_t kHeadWords = 6;
constexpr std::size_t kTextWords = SessionTable::kMaxSessionBytes / 8;
constexpr std::size_t kSlotWords = kHeadWords + kTextWords;
static_assert(kSlotWords * 8 == 1024);

/// A reader that meets a writer this often takes the entry for absent: the writer may have been
/// killed.
constexpr int kMaxReadAttempts = 100;

struct alignas(64) Lock {
  pthread_mutex_t mutex;
};

std::size_t buckets_for(std::size_t visitors) {
  return (2 * std::max<std::size_t>(visitors, 1) + kWays - 1) / kWays;
}

Lock* locks_of(void* memory) {
  return static_cast<Lock*>(memory);
}
Word* tags_of(void* memory) {
  return reinterpret_cast<Word*>(locks_of(memory) + kLocks);
}

std::uint64_t tag_of(const VisitorKey& key) {
  return key[0] != 0 ? key[0] : 1;
}

}  // namespace

/// What a slot holds, apart from key and sequence.
struct SessionTable::Entry {
  Kind kind = Kind::empty;
  Reason reason = Reason::internal;
  std::uint16_t user_length = 0;
  std::uint16_t cookies_length = 0;
  Moment expires{};            // zero for a mark: it answers nobody
  Moment renews{};             // of a refusal or mark: when the mark ends
  const char* text = nullptr;  // of the session that is to be written

  [[nodiscard]] std::uint64_t packed() const {
    return std::uint64_t{static_cast<std::uint8_t>(kind)} |
           std::uint64_t{static_cast<std::uint8_t>(reason)} << 8 |
           std::uint64_t{user_length} << 16 | std::uint64_t{cookies_length} << 32;
  }
  void unpack(std::uint64_t word) {
    kind = static_cast<Kind>(word & 0xff);
    reason = static_cast<Reason>(word >> 8 & 0xff);
    user_length = static_cast<std::uint16_t>(word >> 16);
    cookies_length = static_cast<std::uint16_t>(word >> 32);
  }
  [[nodiscard]] std::size_t text_length() const {
    return std::size_t{user_length} + std::size_t{cookies_length};
  }
  [[nodiscard]] bool is_good(Moment now) const { return kind != Kind::empty && now < expires; }
  [[nodiscard]] bool is_marked(Moment now) const { return now < mark_ends(); }
  [[nodiscard]] Moment mark_ends() const {
    return kind == Kind::refusal || kind == Kind::mark ? renews : Moment::zero();
  }

  /// What is worth least makes room: nothing, what is over, refusals and marks, sessions; and of
  /// several the one that ends first.
  [[nodiscard]] std::pair<int, Moment> worth(Moment now) const {
    if (kind == Kind::empty) return {0, {}};
    const Moment end = std::max(expires, mark_ends());
    if (now >= end) return {1, end};
    return {kind == Kind::session ? 3 : 2, end};
  }
};

class SessionTable::Slot {
 public:
  Slot(Word* tag, Word* words) : tag_(tag), words_(words) {}

  /// Calls `read` until what it saw was not being written; false when there is no getting at it.
  template <typename Read>
  [[nodiscard]] bool read(const VisitorKey& key, Read read) const {
    for (int attempt = 0; attempt < kMaxReadAttempts; ++attempt) {
      const std::uint64_t before = words_[0].load(std::memory_order_acquire);
      if (before % 2 != 0) continue;
      const bool is_wanted = load(1) == key[0] && load(2) == key[1];
      if (is_wanted && !read(*this)) continue;
      std::atomic_thread_fence(std::memory_order_acquire);
      if (words_[0].load(std::memory_order_relaxed) == before) return is_wanted;
    }
    return false;
  }

  [[nodiscard]] Entry entry() const {
    Entry entry;
    entry.unpack(load(3));
    entry.expires = Moment(static_cast<Moment::rep>(load(4)));
    entry.renews = Moment(static_cast<Moment::rep>(load(5)));
    return entry;
  }

  void copy_text(char* to, std::size_t length) const {
    // Whole words first: a copy of a fixed size is an instruction, not a call.
    std::size_t i = 0;
    for (; i + 8 <= length; i += 8) {
      const std::uint64_t word = load(kHeadWords + i / 8);
      std::memcpy(to + i, &word, 8);
    }
    if (i == length) return;
    const std::uint64_t word = load(kHeadWords + i / 8);
    std::memcpy(to + i, &word, length - i);
  }

  bool move_renewal(Moment from, Moment to) const {
    auto expected = static_cast<std::uint64_t>(from.count());
    return words_[5].compare_exchange_strong(expected, static_cast<std::uint64_t>(to.count()),
                                             std::memory_order_relaxed);
  }

  [[nodiscard]] bool has(const VisitorKey& key) const {
    return load(1) == key[0] && load(2) == key[1];
  }

  // The functions below need the bucket's lock.

  /// Whoever holds the lock finds a slot that is being written only if its writer was killed.
  void repair() const {
    if (words_[0].load(std::memory_order_relaxed) % 2 != 0) clear_after_begin();
  }

  void write(const VisitorKey& key, const Entry& entry) const {
    begin();
    store(1, key[0]);
    store(2, key[1]);
    store(3, entry.packed());
    store(4, static_cast<std::uint64_t>(entry.expires.count()));
    store(5, static_cast<std::uint64_t>(entry.renews.count()));
    for (std::size_t i = 0; i < entry.text_length(); i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, entry.text + i, std::min<std::size_t>(8, entry.text_length() - i));
      store(kHeadWords + i / 8, word);
    }
    tag_->store(tag_of(key), std::memory_order_relaxed);
    end();
  }

  void clear() const {
    begin();
    clear_after_begin();
  }

 private:
  [[nodiscard]] std::uint64_t load(std::size_t i) const {
    return words_[i].load(std::memory_order_relaxed);
  }
  void store(std::size_t i, std::uint64_t word) const {
    words_[i].store(word, std::memory_order_relaxed);
  }

  void begin() const {
    words_[0].store(load(0) + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
  }
  void end() const { words_[0].store(load(0) + 1, std::memory_order_release); }

  void clear_after_begin() const {
    tag_->store(0, std::memory_order_relaxed);
    store(3, Entry().packed());
    end();
  }

  Word* tag_;
  Word* words_;
};

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
  return kLocks * sizeof(Lock) + buckets_for(visitors) * kWays * (1 + kSlotWords) * sizeof(Word);
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
  Word* const tags = tags_of(memory_);
  Word* const slots = tags + buckets_ * kWays;
  const std::size_t number = bucket * kWays + way;
  return {tags + number, slots + number * kSlotWords};
}

SessionTable::Found SessionTable::find(const VisitorKey& key, Moment now, Moment renewal_lease,
                                       Outcome& outcome) const {
  const std::size_t bucket = bucket_of(key);
  const Word* const tags = tags_of(memory_) + bucket * kWays;
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
    if (entry.kind == Kind::refusal) {
      outcome.session.prepare(0, 0);  // an attempt before may have read a session here
      outcome.result = Result::rejected;
      return {true, false, false, entry.expires};
    }
    outcome.result = Result::session;
    return {true, now >= entry.renews && found.move_renewal(entry.renews, now + renewal_lease),
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

SessionTable::Found SessionTable::find_after_writers(const VisitorKey& key, Moment now,
                                                     Moment renewal_lease, Outcome& outcome) const {
  const std::size_t bucket = bucket_of(key);
  const BucketLock lock(*this, bucket);
  Found found = find(key, now, renewal_lease, outcome);
  if (const auto own = slot_of(bucket, key)) found.is_marked = own->entry().is_marked(now);
  return found;
}

/// An entry of no kind, for what is too large to be kept, clears what it replaces.
SessionTable::Stored SessionTable::put(const VisitorKey& key, const Entry& new_entry,
                                       Replaces replaces, Moment now) {
  const std::size_t bucket = bucket_of(key);
  const BucketLock lock(*this, bucket);
  const auto own = slot_of(bucket, key);
  const Entry old = own ? own->entry() : Entry();
  if (replaces == Replaces::sessions && old.kind != Kind::session) return Stored::no_room;
  if (replaces == Replaces::all_but_marks && old.is_marked(now)) return Stored::no_room;
  if (new_entry.kind == Kind::empty) {
    if (own) own->clear();
    return Stored::too_large;
  }
  Entry entry = new_entry;
  if (entry.kind == Kind::refusal) entry.renews = std::max(entry.renews, old.mark_ends());
  const auto place = own ? own : room_for(bucket, entry.kind, now);
  if (!place) return Stored::no_room;
  place->write(key, entry);
  return Stored::yes;
}

SessionTable::Stored SessionTable::put_session(const VisitorKey& key, Moment now, Moment ttl,
                                               Reason reason, const Session& session) {
  return put_session(key, now, ttl, reason, session, Replaces::all);
}

SessionTable::Stored SessionTable::renew_session(const VisitorKey& key, Moment now, Moment ttl,
                                                 Reason reason, const Session& session) {
  return put_session(key, now, ttl, reason, session, Replaces::sessions);
}

SessionTable::Stored SessionTable::adopt_session(const VisitorKey& key, Moment now, Moment ttl,
                                                 Reason reason, const Session& session) {
  return put_session(key, now, ttl, reason, session, Replaces::all_but_marks);
}

SessionTable::Stored SessionTable::put_session(const VisitorKey& key, Moment now, Moment ttl,
                                               Reason reason, const Session& session,
                                               Replaces replaces) {
  Entry entry;
  if (session.user().size() + session.cookies().size() <= kMaxSessionBytes) {
    entry.kind = Kind::session;
    entry.reason = reason;
    entry.user_length = static_cast<std::uint16_t>(session.user().size());
    entry.cookies_length = static_cast<std::uint16_t>(session.cookies().size());
    entry.expires = now + ttl;
    entry.renews = now + ttl - ttl / 4;
    entry.text = session.user().data();
  }
  return put(key, entry, replaces, now);
}

SessionTable::Stored SessionTable::put_refusal(const VisitorKey& key, Moment now, Moment ttl,
                                               Reason reason, Moment mark_ttl) {
  Entry entry;
  entry.kind = Kind::refusal;
  entry.reason = reason;
  entry.expires = now + ttl;
  entry.renews = now + mark_ttl;
  return put(key, entry, Replaces::all, now);
}

bool SessionTable::drop_session(const VisitorKey& key, const IsMeant& is_meant, Moment now,
                                Moment mark_ttl) {
  const std::size_t bucket = bucket_of(key);
  const BucketLock lock(*this, bucket);
  const auto own = slot_of(bucket, key);
  Entry entry = own ? own->entry() : Entry();
  const bool is_session = entry.kind == Kind::session && entry.text_length() <= kMaxSessionBytes;
  if (is_session) {
    std::array<char, kMaxSessionBytes> text;
    own->copy_text(text.data(), entry.text_length());
    if (!is_meant({text.data() + entry.user_length, entry.cookies_length})) return false;
  }
  if (mark_ttl <= Moment::zero()) {
    if (is_session) own->clear();
    return is_session;
  }
  const Moment mark_ends = std::max(now + mark_ttl, entry.mark_ends());
  if (entry.kind != Kind::refusal) {
    entry = Entry();
    entry.kind = Kind::mark;
  }
  entry.renews = mark_ends;
  if (const auto place = own ? own : room_for(bucket, Kind::mark, now)) place->write(key, entry);
  return is_session;
}

std::size_t SessionTable::count() const {
  const Word* const tags = tags_of(memory_);
  return static_cast<std::size_t>(std::count_if(tags, tags + buckets_ * kWays, [](const Word& tag) {
    return tag.load(std::memory_order_relaxed) != 0;
  }));
}

}  // namespace crowd_confluence
