// What all processes know together of each Confluence: who waits for it, and whether it fails.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_UPSTREAM_STATE_H_
#define CROWD_CONFLUENCE_SRC_SHARED_UPSTREAM_STATE_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "crowd_confluence/clock.h"
#include "shared/caller.h"
#include "shared/circuit_breaker.h"
#include "shared/concurrency_limit.h"

namespace crowd_confluence {

/// A view of one Confluence's state in shared memory; copy it as you like. Thread-safe, and safe
/// across processes that may be killed at any step. While Confluence answers, only `enter` locks.
class UpstreamState {
 public:
  using Place = ConcurrencyLimit::Place;

  /// Counts a thread among those who wait, until `leave` or the end of its process. nullopt, and it
  /// is not counted, when there is no place for this caller (concurrency_limit.h).
  std::optional<Place> enter(const Caller& caller, std::uint32_t max, Moment now);
  void leave(const Place& place);
  [[nodiscard]] std::uint32_t waiting() const;

  /// The breaker's (circuit_breaker.h), under a lock.
  CircuitBreaker::Admission admit(const Caller& caller, Moment now, Duration trial_lease);
  [[nodiscard]] bool may_admit(const Caller& caller, Moment now);
  [[nodiscard]] Duration shut_for(Moment now);
  bool succeeded();
  bool failed(const Caller& caller, const CircuitBreaker::Failure& failure, Moment now,
              Duration retry);
  void trial_told_nothing(const Caller& caller);

  /// Gives up, and returns false, when the lock cannot be had soon: the caller must not hang.
  bool process_ended(pid_t process);

  /// The same for all views of this Confluence in this process.
  [[nodiscard]] const void* name() const { return slot_; }

 private:
  friend class UpstreamStates;
  struct Slot;
  struct Shared;
  UpstreamState(Shared& shared, std::uint32_t number);

  Shared* shared_;
  Slot* slot_;
  std::uint32_t number_;
};

/// A view of those of one server, from one start or restart to the next.
class UpstreamStates {
 public:
  [[nodiscard]] static std::size_t bytes(std::size_t upstreams);
  /// `memory`: zeroed, shared, aligned to 64, of bytes(upstreams).
  static UpstreamStates create(void* memory, std::size_t upstreams);
  /// What `create` made there.
  static UpstreamStates attach(void* memory);

  /// That of the upstream with this id (visitor_hash.h), which is not 0. When there are more than
  /// `create` was told, the last one is shared.
  [[nodiscard]] UpstreamState upstream(std::uint64_t id) const;
  void process_ended(pid_t process) const;

 private:
  explicit UpstreamStates(UpstreamState::Shared& shared) : shared_(&shared) {}

  UpstreamState::Shared* shared_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_UPSTREAM_STATE_H_
