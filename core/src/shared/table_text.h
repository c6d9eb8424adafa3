// The texts of a bucket's entries: blocks of a fixed size, of which each text has a chain.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_TABLE_TEXT_H_
#define CROWD_CONFLUENCE_SRC_SHARED_TABLE_TEXT_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "crowd_confluence/session.h"

namespace crowd_confluence {

/// Read and written as a whole, whatever another process does.
using TableWord = std::atomic<std::uint64_t>;
static_assert(TableWord::is_always_lock_free && sizeof(TableWord) == 8);

/// A view of the blocks. The first word of a block is the number of the next one, the others are
/// text. Blocks are counted from 1. A block that is in no chain is zero in all its words, and
/// nothing else tells that it is free.
class TableText {
 public:
  static constexpr std::size_t kBlockWords = 16;
  static constexpr std::size_t kBlockText = (kBlockWords - 1) * sizeof(TableWord);
  static constexpr std::uint64_t kNone = 0;
  static constexpr std::size_t kMostBlocks = 1024;  // that a bucket has
  static constexpr std::size_t kMostBlocksOfText =
      (Session::kCapacity + kBlockText - 1) / kBlockText;

  TableText(TableWord* words, std::size_t blocks) : words_(words), blocks_(blocks) {}

  [[nodiscard]] static std::size_t blocks_for(std::size_t length) {
    return (length + kBlockText - 1) / kBlockText;
  }

  /// False when the chain is too short for so much text, as it may be while it is written.
  [[nodiscard]] bool read(std::uint64_t block, char* to, std::size_t length) const {
    while (length > 0) {
      if (!is_block(block)) return false;
      const TableWord* const from = words_of(block);
      const std::size_t part = std::min(length, kBlockText);
      // Whole words first: a copy of a fixed size is an instruction, not a call.
      std::size_t i = 0;
      for (; i + 8 <= part; i += 8) {
        const std::uint64_t word = from[1 + i / 8].load(std::memory_order_relaxed);
        std::memcpy(to + i, &word, 8);
      }
      if (i < part) {
        const std::uint64_t word = from[1 + i / 8].load(std::memory_order_relaxed);
        std::memcpy(to + i, &word, part - i);
      }
      to += part;
      length -= part;
      block = from[0].load(std::memory_order_relaxed);
    }
    return true;
  }

  // The rest needs the bucket's lock.

  /// Which blocks are in a chain.
  class Blocks {
   public:
    explicit Blocks(std::size_t blocks) : free_(blocks) {}
    [[nodiscard]] std::size_t free() const { return free_; }

    /// The chain that begins with this block is in use, or, with `in_use` false, no longer.
    void mark(const TableText& text, std::uint64_t block, bool in_use) {
      for (; text.is_block(block) && used_[block] != in_use; block = text.next(block)) {
        used_[block] = in_use;
        in_use ? --free_ : ++free_;
      }
    }

    /// The first that is free, which is in use from now on. There must be one.
    [[nodiscard]] std::uint64_t take() {
      assert(free_ > 0);
      while (used_[next_]) ++next_;
      used_[next_] = true;
      --free_;
      return next_;
    }

   private:
    std::bitset<kMostBlocks + 1> used_;
    std::size_t free_;
    std::size_t next_ = 1;
  };

  /// Writes a chain that begins in `first`, which is kNone before. A writer that is killed leaves
  /// the beginning of a chain.
  void write(TableWord& first, const char* from, std::size_t length, Blocks& blocks) const {
    assert(blocks.free() >= blocks_for(length));
    for (TableWord* link = &first; length > 0;) {
      const std::uint64_t block = blocks.take();
      TableWord* const words = words_of(block);
      link->store(block, std::memory_order_relaxed);
      at_this_point();
      const std::size_t part = std::min(length, kBlockText);
      for (std::size_t i = 0; i < part; i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, from + i, std::min<std::size_t>(8, part - i));
        words[1 + i / 8].store(word, std::memory_order_relaxed);
      }
      from += part;
      length -= part;
      link = words;
    }
  }

  /// Overwrites a chain with zeros, the last block first: what is left of it when the writer is
  /// killed is still a chain.
  void wipe(std::uint64_t block) const {
    std::array<std::uint64_t, kMostBlocksOfText> chain;
    std::size_t length = 0;
    for (; is_block(block) && length < chain.size(); block = next(block)) chain[length++] = block;
    while (length > 0) {
      TableWord* const words = words_of(chain[--length]);
      for (std::size_t i = 0; i < kBlockWords; ++i) words[i].store(0, std::memory_order_relaxed);
      at_this_point();
    }
  }

 private:
  /// The compiler must not move writes across.
  static void at_this_point() { std::atomic_signal_fence(std::memory_order_seq_cst); }

  [[nodiscard]] bool is_block(std::uint64_t block) const {
    return block != kNone && block <= blocks_;
  }
  [[nodiscard]] TableWord* words_of(std::uint64_t block) const {
    assert(is_block(block));
    return words_ + (block - 1) * kBlockWords;
  }
  [[nodiscard]] std::uint64_t next(std::uint64_t block) const {
    return words_of(block)[0].load(std::memory_order_relaxed);
  }

  TableWord* words_;
  std::size_t blocks_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_TABLE_TEXT_H_
