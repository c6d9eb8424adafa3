// Some entries of the table that share room.
//
// A bucket is an array of 64-bit words, in pages of its own: a tag for each slot, the slots' heads,
// and blocks for their texts. All but the last texts of a full bucket lie in its first pages, so
// that a table with few visitors needs one page for each.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_TABLE_BUCKET_H_
#define CROWD_CONFLUENCE_SRC_SHARED_TABLE_BUCKET_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "shared/session_table.h"
#include "shared/table_slot.h"
#include "shared/table_text.h"

namespace crowd_confluence {

class SessionTable::Bucket {
 public:
  static constexpr std::size_t kWays = 32;
  static constexpr std::size_t kHeadWords = kWays + kWays * Slot::kWords;
  static constexpr std::size_t kPageWords = 4096 / sizeof(TableWord);
  static constexpr std::size_t kFewestPages = 4;
  static constexpr std::size_t kMostPages = 32;

  Bucket(TableWord* words, std::size_t count)
      : words_(words),
        text_(words + kHeadWords, (count - kHeadWords) / TableText::kBlockWords),
        blocks_((count - kHeadWords) / TableText::kBlockWords) {
    assert(count > kHeadWords && blocks_ <= TableText::kMostBlocks);
  }

  [[nodiscard]] Slot slot(std::size_t way) const {
    assert(way < kWays);
    return {words_ + way, words_ + kWays + way * Slot::kWords, text_};
  }

  /// Calls `look` with each slot whose tag is this key's, until it returns true.
  template <typename Look>
  void look_for(const VisitorKey& key, Look look) const {
    const std::uint64_t tag = tag_of(key);
    for (std::size_t i = 0; i < kWays; ++i) {
      const std::size_t way = (first_way(key) + i) % kWays;
      if (words_[way].load(std::memory_order_relaxed) == tag && look(slot(way))) return;
    }
  }

  [[nodiscard]] std::size_t count() const;

  // The functions below need the bucket's lock.

  /// Makes good what a killed writer left.
  void repair() const;

  /// Where this visitor's entry is.
  [[nodiscard]] std::optional<Slot> slot_of(const VisitorKey& key) const;

  /// Writes to `own`, or else to where there is room for an entry of this kind. False when there is
  /// none, and only for what is no session.
  bool write(const VisitorKey& key, const Entry& entry, const std::optional<Slot>& own,
             Moment now) const;

 private:
  /// Where an entry is looked for first, and put if it is free: mostly there is no other look.
  [[nodiscard]] static std::size_t first_way(const VisitorKey& key) { return key[0] % kWays; }

  [[nodiscard]] std::optional<Slot> room_for(const VisitorKey& key, Kind kind, Moment now) const;
  [[nodiscard]] std::optional<Slot> least_worth(const VisitorKey& newcomer, Moment now,
                                                bool with_text_only) const;
  [[nodiscard]] std::size_t entries_of_token(std::uint64_t token) const;

  TableWord* words_;
  TableText text_;
  std::size_t blocks_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_TABLE_BUCKET_H_
