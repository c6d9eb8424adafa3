// How many threads of the whole server may wait for each Confluence at once, and who among those
// that want to.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_CONCURRENCY_LIMIT_H_
#define CROWD_CONFLUENCE_SRC_SHARED_CONCURRENCY_LIMIT_H_

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "shared/caller.h"

namespace crowd_confluence {

/// The places of all threads that wait, for whichever Confluence. Of the `max` places of one:
///
///  - a quarter is for visitors who were proven before; of fewer than kFullReserve places one less,
///    and at least one;
///  - of the others a client address may take as many as leave that number, less kFew, free for
///    other addresses, one at least, or more than kPlenty. So one address has about half of them
///    when nobody else comes, and several addresses still leave places that none of them can take;
///  - a visitor who was proven before is held to the same measure, over all places: there may be
///    many such visitors at an address, and they are no strangers, but nobody needs many places for
///    one visitor;
///  - of fewer than kFewestToShare places whoever comes first takes them all.
///
/// Lies in shared memory. Thread-safe but for `enter`, and safe across processes that may be killed
/// at any step: the places of a process are free again when `process_ended` is called for it.
class ConcurrencyLimit {
 public:
  /// More threads than this never wait, for all Confluences together.
  static constexpr std::size_t kPlaces = 16 * 1024;
  /// While more places than this are free, nobody is held to a share.
  static constexpr std::uint32_t kPlenty = 32;
  static constexpr std::uint32_t kFewestToShare = 4;
  static constexpr std::uint32_t kFullReserve = 16;
  /// On a small server one user's requests must find places, too.
  static constexpr std::uint32_t kFew = 3;

  struct Place {
    std::uint32_t number;
    std::uint64_t owner;
  };

  /// nullopt when there is no place for this caller. `upstream` is a small number of one's own for
  /// each Confluence. The calls must not be concurrent: UpstreamState locks.
  std::optional<Place> enter(std::uint32_t upstream, const Caller& caller, std::uint32_t max);
  void leave(const Place& place);
  void process_ended(pid_t process);

  /// Frees the places of processes of which `has_ended` tells so.
  template <typename HasEnded>
  void forget(HasEnded has_ended) {
    pid_t alive = 0;  // the last one that was asked about: a process mostly has several places
    for (std::uint32_t i = 0; i < used_.load(); ++i) {
      const std::uint64_t owner = waiters_[i].owner.load();
      const pid_t process = process_of(owner);
      if (owner == 0 || process == alive) continue;
      if (has_ended(process)) {
        leave({i, owner});
      } else {
        alive = process;
      }
    }
  }

  [[nodiscard]] std::uint32_t waiting(std::uint32_t upstream) const;

 private:
  /// `owner` is written last: who is killed before has taken no place.
  struct Waiter {
    std::atomic<std::uint64_t> owner;   // process and upstream in one word; 0: the place is free
    std::atomic<std::uint64_t> client;  // 0: proven before, and counted for no client
    std::atomic<std::uint64_t> visitor;
  };
  static pid_t process_of(std::uint64_t owner) { return static_cast<pid_t>(owner >> 32); }
  static std::uint64_t owner_of(pid_t process, std::uint32_t upstream) {
    return std::uint64_t{static_cast<std::uint32_t>(process)} << 32 | (upstream + 1);
  }

  std::atomic<std::uint32_t> used_;  // all places beyond are free
  std::array<Waiter, kPlaces> waiters_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_CONCURRENCY_LIMIT_H_
