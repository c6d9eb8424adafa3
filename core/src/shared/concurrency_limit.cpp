#include "shared/concurrency_limit.h"

#include <algorithm>
#include <cassert>

namespace crowd_confluence {
namespace {

/// How many wait for one Confluence already.
struct Waiting {
  std::uint32_t all = 0;
  std::uint32_t strangers = 0;
  std::uint32_t of_client = 0;  // strangers at the caller's address
  std::uint32_t of_visitor = 0;
};

std::uint32_t difference(std::uint32_t a, std::uint32_t b) {
  return a > b ? a - b : 0;
}

/// How many places are free for callers like this one.
std::uint32_t free_places(const Waiting& waiting, const Caller& caller, std::uint32_t max) {
  const std::uint32_t free = difference(max, waiting.all);
  if (max < ConcurrencyLimit::kFewestToShare) return free;
  if (caller.is_proven) return free;
  const std::uint32_t quarter = std::max(max / 4, 2U);
  const std::uint32_t reserve = max < ConcurrencyLimit::kFullReserve ? quarter - 1 : quarter;
  return std::min(free, difference(max - reserve, waiting.strangers));
}

bool has_place(const Waiting& waiting, const Caller& caller, std::uint32_t max) {
  const std::uint32_t free = free_places(waiting, caller, max);
  const std::uint32_t own = caller.is_proven ? waiting.of_visitor : waiting.of_client;
  if (own == 0 || free > ConcurrencyLimit::kPlenty || max < ConcurrencyLimit::kFewestToShare)
    return free > 0;
  // The last one is for somebody else.
  return free > 1 && own <= free + ConcurrencyLimit::kFew;
}

}  // namespace

std::optional<ConcurrencyLimit::Place> ConcurrencyLimit::enter(std::uint32_t upstream,
                                                               const Caller& caller,
                                                               std::uint32_t max) {
  assert(caller.process > 0 && caller.client != 0 && caller.visitor != 0);
  Waiting waiting;
  std::uint32_t free = kPlaces;
  std::uint32_t end = 0;  // behind the last place that is taken
  for (std::uint32_t i = 0; i < used_.load(); ++i) {
    const Waiter& waiter = waiters_[i];
    const std::uint64_t owner = waiter.owner.load();
    if (owner == 0) {
      if (free == kPlaces) free = i;
      continue;
    }
    end = i + 1;
    if (static_cast<std::uint32_t>(owner) != upstream + 1) continue;
    ++waiting.all;
    const std::uint64_t client = waiter.client.load(std::memory_order_relaxed);
    if (client != 0) ++waiting.strangers;
    if (client == caller.client) ++waiting.of_client;
    if (waiter.visitor.load(std::memory_order_relaxed) == caller.visitor) ++waiting.of_visitor;
  }
  if (free == kPlaces || free > end) free = end;
  if (!has_place(waiting, caller, max) || free == kPlaces) return std::nullopt;
  Waiter& taken = waiters_[free];
  taken.client.store(caller.is_proven ? 0 : caller.client);
  taken.visitor.store(caller.visitor);
  used_.store(free == end ? end + 1 : end);
  const std::uint64_t owner = owner_of(caller.process, upstream);
  taken.owner.store(owner);
  return Place{free, owner};
}

void ConcurrencyLimit::leave(const Place& place) {
  assert(place.number < kPlaces && place.owner != 0);
  // Whoever counted as ended may have lost the place to somebody else.
  std::uint64_t owner = place.owner;
  waiters_[place.number].owner.compare_exchange_strong(owner, 0);
}

void ConcurrencyLimit::process_ended(pid_t process) {
  forget([process](pid_t other) { return other == process; });
}

std::uint32_t ConcurrencyLimit::waiting(std::uint32_t upstream) const {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < used_.load(); ++i)
    if (static_cast<std::uint32_t>(waiters_[i].owner.load()) == upstream + 1) ++count;
  return count;
}

}  // namespace crowd_confluence
