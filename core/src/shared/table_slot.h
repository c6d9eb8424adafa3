// How one entry of the table is written and read.
//
// An entry's head is eight 64-bit words: the seqlock, key, key, what, until when it answers, time
// of renewal or end of the tombstone, first block of the text, until when it is left alone.
// docs/shared-memory.md describes it.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_TABLE_SLOT_H_
#define CROWD_CONFLUENCE_SRC_SHARED_TABLE_SLOT_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "shared/session_table.h"
#include "shared/table_text.h"

namespace crowd_confluence {

/// What a slot holds, apart from key, sequence and text.
struct SessionTable::Entry {
  Kind kind = Kind::empty;
  Reason reason = Reason::internal;
  Reason failure = Reason::known;  // of a session: why it is left alone
  std::uint16_t user_length = 0;
  std::uint16_t cookies_length = 0;
  Moment expires{};  // zero for a tombstone: it answers nobody
  Moment renews_or_tombstone_ends{};
  std::uint64_t first_block = TableText::kNone;
  Moment left_alone_until{};   // of a session that has ended by then
  const char* text = nullptr;  // of the session that is to be written

  [[nodiscard]] std::uint64_t packed() const {
    return std::uint64_t{static_cast<std::uint8_t>(kind)} |
           std::uint64_t{static_cast<std::uint8_t>(reason)} << 8 |
           std::uint64_t{user_length} << 16 | std::uint64_t{cookies_length} << 32 |
           std::uint64_t{static_cast<std::uint8_t>(failure)} << 48;
  }
  void unpack(std::uint64_t word) {
    kind = static_cast<Kind>(word & 0xff);
    reason = static_cast<Reason>(word >> 8 & 0xff);
    user_length = static_cast<std::uint16_t>(word >> 16);
    cookies_length = static_cast<std::uint16_t>(word >> 32);
    failure = static_cast<Reason>(word >> 48 & 0xff);
  }
  [[nodiscard]] std::size_t text_length() const {
    return std::size_t{user_length} + std::size_t{cookies_length};
  }
  [[nodiscard]] bool is_good(Moment now) const { return kind != Kind::empty && now < expires; }
  [[nodiscard]] bool is_left_alone(Moment now) const {
    return kind == Kind::session && now < left_alone_until;
  }
  [[nodiscard]] bool has_tombstone(Moment now) const { return now < tombstone_ends(); }
  [[nodiscard]] Moment tombstone_ends() const {
    return kind == Kind::negative || kind == Kind::tombstone ? renews_or_tombstone_ends : Moment();
  }
};

/// Where an entry lies, protected by a seqlock. Reading takes no lock: what is seen counts if the
/// sequence was even, and the same before and after. Writing takes the bucket's lock, and makes the
/// sequence odd meanwhile. A slot whose tag is 0 was never in use, or is free: nobody looks
/// further.
class SessionTable::Slot {
 public:
  static constexpr std::size_t kWords = 8;

  /// `tag`: tag_of the entry's key; 0: there is none.
  Slot(TableWord* tag, TableWord* words, TableText text) : tag_(tag), words_(words), text_(text) {}

  /// Calls `read` until what it saw was not being written; false when there is no getting at it.
  template <typename Read>
  [[nodiscard]] bool read(const VisitorKey& key, Read read) const {
    for (int attempt = 0; attempt < kMaxReadAttempts; ++attempt) {
      const std::uint64_t before = words_[0].load(std::memory_order_acquire);
      if (before % 2 != 0) continue;
      const bool is_wanted = has(key);
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
    entry.first_block = load(6);
    entry.left_alone_until = moment(load(7));
    return entry;
  }

  /// False when that is no text: the entry was being written.
  [[nodiscard]] bool copy_text(const Entry& entry, char* to) const {
    return entry.text_length() <= Session::kCapacity &&
           text_.read(entry.first_block, to, entry.text_length());
  }

  /// A session's cookies.
  [[nodiscard]] std::string cookies(const Entry& entry) const {
    std::string text(std::min<std::size_t>(entry.text_length(), Session::kCapacity), '\0');
    if (!copy_text(entry, text.data())) return {};
    return text.substr(entry.user_length);
  }

  bool move_renewal(Moment from, Moment to) const {
    auto expected = word_of(from);
    return words_[5].compare_exchange_strong(expected, word_of(to), std::memory_order_relaxed);
  }

  [[nodiscard]] bool has(const VisitorKey& key) const {
    return load(1) == key[0] && load(2) == key[1];
  }
  [[nodiscard]] VisitorKey key() const { return {load(1), load(2)}; }
  [[nodiscard]] bool is_free() const { return tag_->load(std::memory_order_relaxed) == 0; }
  [[nodiscard]] std::uint64_t first_block() const { return load(6); }

  // The functions below need the bucket's lock.

  /// Whoever holds the lock finds a slot that is being written, or an empty one with a tag, only if
  /// its writer was killed.
  void repair() const {
    if (load(0) % 2 != 0) return clear_after_begin();
    if (entry().kind == Kind::empty) tag_->store(0, std::memory_order_relaxed);
  }

  /// What stands here is over, and its text overwritten: nothing of it stays when the writer is
  /// killed from now on. Followed by `end_writing`.
  void begin_writing(const VisitorKey& key) const {
    // So that a slot which is being written has a tag at every moment.
    if (is_free()) tag_->store(tag_of(key), std::memory_order_relaxed);
    begin();
    wipe();
  }

  /// `blocks`: has as many free ones as the text needs.
  template <typename Blocks>
  void end_writing(const VisitorKey& key, const Entry& entry, Blocks& blocks) const {
    store(1, key[0]);
    store(2, key[1]);
    store(3, entry.packed());
    store(4, word_of(entry.expires));
    store(5, word_of(entry.renews_or_tombstone_ends));
    store(7, word_of(entry.left_alone_until));
    text_.write(words_[6], entry.text, entry.text_length(), blocks);
    tag_->store(tag_of(key), std::memory_order_relaxed);
    end();
  }

  /// Changes what is not text.
  void change(const Entry& entry) const {
    begin();
    store(3, entry.packed());
    store(4, word_of(entry.expires));
    store(5, word_of(entry.renews_or_tombstone_ends));
    store(7, word_of(entry.left_alone_until));
    end();
  }

  /// The session stays, without a text.
  void take_text(Entry entry) const {
    begin();
    wipe();
    entry.user_length = entry.cookies_length = 0;
    store(3, entry.packed());
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

  void wipe() const {
    text_.wipe(load(6));
    store(6, TableText::kNone);
  }

  void clear_after_begin() const {
    wipe();
    store(3, Entry().packed());
    end();
    tag_->store(0, std::memory_order_relaxed);
  }

  TableWord* tag_;
  TableWord* words_;
  TableText text_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_TABLE_SLOT_H_
