#include "shared/table_bucket.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace crowd_confluence {
namespace {

/// A token may be used from so many addresses before it is the first to make room: a user has a
/// few, at home, at work and on the way.
constexpr std::size_t kFewAddresses = 4;

}  // namespace

std::size_t SessionTable::Bucket::count() const {
  return static_cast<std::size_t>(std::count_if(words_, words_ + kWays, [](const TableWord& tag) {
    return tag.load(std::memory_order_relaxed) != 0;
  }));
}

void SessionTable::Bucket::repair() const {
  for (std::size_t way = 0; way < kWays; ++way)
    if (const Slot each = slot(way); !each.is_free()) each.repair();
}

std::optional<SessionTable::Slot> SessionTable::Bucket::slot_of(const VisitorKey& key) const {
  std::optional<Slot> found;
  look_for(key, [&](const Slot& candidate) {
    if (candidate.entry().kind == Kind::empty || !candidate.has(key)) return false;
    found.emplace(candidate);
    return true;
  });
  return found;
}

bool SessionTable::Bucket::write(const VisitorKey& key, const Entry& entry,
                                 const std::optional<Slot>& own, Moment now) const {
  assert(entry.kind != Kind::empty && (entry.text_length() == 0 || entry.text != nullptr));
  assert(!own || own->has(key));
  const std::optional<Slot> place = own ? own : room_for(key, entry.kind, now);
  if (!place) return false;
  place->begin_writing(key);
  TableText::Blocks blocks(blocks_);
  const std::size_t needed = TableText::blocks_for(entry.text_length());
  if (needed > 0) {
    for (std::size_t way = 0; way < kWays; ++way)
      if (const Slot each = slot(way); !each.is_free())
        blocks.mark(text_, each.first_block(), true);
    while (blocks.free() < needed) {
      const auto displaced = least_worth(key, now, true);
      if (!displaced) break;  // never: the whole bucket has room for the longest text
      blocks.mark(text_, displaced->first_block(), false);
      displaced->clear();
    }
  }
  place->end_writing(key, entry, blocks);
  return true;
}

std::optional<SessionTable::Slot> SessionTable::Bucket::room_for(const VisitorKey& key, Kind kind,
                                                                 Moment now) const {
  for (std::size_t i = 0; i < kWays; ++i)
    if (const Slot each = slot((first_way(key) + i) % kWays); each.is_free()) return each;
  std::optional<Slot> least = least_worth(key, now, false);
  const Entry old = least->entry();
  if (kind != Kind::session && old.kind == Kind::session && old.is_good(now)) return std::nullopt;
  return least;
}

/// Of what is worth equally little, what ends first. With `with_text_only`, nullopt when nothing
/// has a text.
std::optional<SessionTable::Slot> SessionTable::Bucket::least_worth(const VisitorKey& newcomer,
                                                                    Moment now,
                                                                    bool with_text_only) const {
  // How bad a loss it is; how many the token has otherwise; when it ends.
  using Worth = std::tuple<int, std::ptrdiff_t, Moment>;
  const auto worth_of = [&](const Slot& each) -> Worth {
    const Entry entry = each.entry();
    const Moment end = std::max(entry.expires, entry.tombstone_ends());
    if (entry.kind == Kind::empty) return {0, 0, {}};
    if (entry.kind != Kind::session) return {now >= end ? 1 : 3, 0, end};
    if (now >= end) return {2, 0, end};
    const std::uint64_t token = each.key()[1];
    const std::size_t others = entries_of_token(token) + (token == newcomer[1] ? 1 : 0);
    return {4, others > kFewAddresses ? -static_cast<std::ptrdiff_t>(others) : 0, end};
  };
  std::optional<Slot> least;
  Worth least_of_all;
  for (std::size_t way = 0; way < kWays; ++way) {
    const Slot each = slot(way);
    if (with_text_only && each.first_block() == TableText::kNone) continue;
    const Worth worth = worth_of(each);
    if (least && worth >= least_of_all) continue;
    least.emplace(each);
    least_of_all = worth;
  }
  return least;
}

std::size_t SessionTable::Bucket::entries_of_token(std::uint64_t token) const {
  std::size_t count = 0;
  for (std::size_t way = 0; way < kWays; ++way) {
    const Slot each = slot(way);
    if (!each.is_free() && each.key()[1] == token) ++count;
  }
  return count;
}

}  // namespace crowd_confluence
