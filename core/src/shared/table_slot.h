// How one entry of the table is written and read.
//
// A slot is an array of 64-bit words: the seqlock, key, key, what, until when it
// answers, time of renewal or end of the tombstone, then the text. docs/shared-memory.md describes
// it.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_TABLE_SLOT_H_
#define CROWD_CONFLUENCE_SRC_SHARED_TABLE_SLOT_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "shared/session_table.h"

namespace crowd_confluence {

/// Read and written as a whole, whatever another process does.
using TableWord = std::atomic<std::uint64_t>;
static_assert(TableWord::is_always_lock_free && sizeof(TableWord) == 8);

/// What a slot holds, apart from key and sequence.
struct SessionTable::Entry {
  Kind kind = Kind::empty;
  Reason reason = Reason::internal;
  std::uint16_t user_length = 0;
  std::uint16_t cookies_length = 0;
  Moment expires{};  // zero for a tombstone: it answers nobody
  Moment renews_or_tombstone_ends{};
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
  [[nodiscard]] bool has_tombstone(Moment now) const { return now < tombstone_ends(); }
  [[nodiscard]] Moment tombstone_ends() const {
    return kind == Kind::negative || kind == Kind::tombstone ? renews_or_tombstone_ends : Moment();
  }

  /// What is worth least makes room: nothing, what is over, negative entries and tombstones,
  /// sessions; and of several the one that ends first.
  [[nodiscard]] std::pair<int, Moment> worth(Moment now) const {
    if (kind == Kind::empty) return {0, {}};
    const Moment end = std::max(expires, tombstone_ends());
    if (now >= end) return {1, end};
    return {kind == Kind::session ? 3 : 2, end};
  }
};

/// Where an entry lies, protected by a seqlock. Reading takes no lock: what is seen counts if the
/// sequence was even, and the same before and after. Writing takes the bucket's lock, and makes the
/// sequence odd meanwhile.
class SessionTable::Slot {
 public:
  using Word = TableWord;
  static constexpr std::size_t kHeadWords = 6;
  static constexpr std::size_t kTextWords = kMaxSessionBytes / 8;
  static constexpr std::size_t kWords = kHeadWords + kTextWords;
  static_assert(kWords * sizeof(Word) == 1024);

  /// `tag`: tag_of the entry's key; 0: there is none.
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
    entry.expires = moment(load(4));
    entry.renews_or_tombstone_ends = moment(load(5));
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

  using Text = std::array<char, kMaxSessionBytes>;

  /// A session's cookies, copied into `text`.
  [[nodiscard]] std::string_view cookies(const Entry& entry, Text& text) const {
    if (entry.text_length() > text.size()) return {};
    copy_text(text.data(), entry.text_length());
    return {text.data() + entry.user_length, entry.cookies_length};
  }

  bool move_renewal(Moment from, Moment to) const {
    auto expected = word_of(from);
    return words_[5].compare_exchange_strong(expected, word_of(to), std::memory_order_relaxed);
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
    store(4, word_of(entry.expires));
    store(5, word_of(entry.renews_or_tombstone_ends));
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
  /// A reader that meets a writer this often takes the entry for absent: the writer may have been
  /// killed.
  static constexpr int kMaxReadAttempts = 100;

  static Moment moment(std::uint64_t word) {
    return Moment(Duration(static_cast<Duration::rep>(word)));
  }
  static std::uint64_t word_of(Moment moment) {
    return static_cast<std::uint64_t>(moment.time_since_epoch().count());
  }

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

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_TABLE_SLOT_H_
