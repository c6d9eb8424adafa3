// What all processes know together of one Confluence: who waits for it, and whether it fails.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_UPSTREAM_STATE_H_
#define CROWD_CONFLUENCE_SRC_SHARED_UPSTREAM_STATE_H_

#include <pthread.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "crowd_confluence/clock.h"
#include "shared/circuit_breaker.h"
#include "shared/concurrency_limit.h"
#include "shared/failing_visitors.h"

namespace crowd_confluence {

/// Lies in shared memory. Thread-safe, and safe across processes that may be killed at any step.
class UpstreamState {
 public:
  /// Counts a thread among those who wait, until `leave` or the end of its process. False, and it
  /// is not counted, when `max` threads of all processes wait already.
  bool enter(std::uint32_t max);
  void leave();
  [[nodiscard]] std::uint32_t waiting();

  /// The breaker's (circuit_breaker.h), under a lock, and nobody who is barred for himself
  /// (troubled_visitors.h). `trial_lease` must cover a whole exchange. `visitor` is one half of the
  /// visitor's key, never 0.
  CircuitBreaker::Admission admit(std::uint64_t visitor, Moment now, Duration trial_lease);
  [[nodiscard]] bool may_admit(std::uint64_t visitor, Moment now);
  bool succeeded(std::uint64_t visitor);
  bool failed(Moment now, Duration retry, std::optional<std::chrono::seconds> retry_after);
  /// As `failed`, of a failure that perhaps concerns this visitor only. If that is nothing new, the
  /// breaker stays as it is.
  bool failed_for(std::uint64_t visitor, Moment now, Duration retry,
                  std::optional<std::chrono::seconds> retry_after);
  /// The trial is over; nothing, or nothing new, came of it. Harmless after one of the others.
  void trial_told_nothing();

  /// Gives up, and returns false, when the lock cannot be had soon: the caller must not hang.
  bool process_ended(pid_t process);

 private:
  friend class UpstreamStates;

  pthread_mutex_t mutex_;
  std::atomic<std::uint64_t> id_;  // 0: not in use
  CircuitBreaker breaker_;
  FailingVisitors troubled_;
  ConcurrencyLimit limit_;
};

/// All of one server. When there are more Confluences than places, the last place is shared.
class UpstreamStates {
 public:
  static constexpr std::size_t kMaxUpstreams = 32;

  [[nodiscard]] static std::size_t bytes();
  /// `memory`: zeroed, shared, aligned to 64, of bytes().
  static UpstreamStates create(void* memory);
  static UpstreamStates attach(void* memory);

  /// The place of the upstream with this id (visitor_key.h), which is not 0.
  [[nodiscard]] UpstreamState& upstream(std::uint64_t id);
  void process_ended(pid_t process);

 private:
  explicit UpstreamStates(UpstreamState* places) : places_(places) {}

  UpstreamState* places_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_UPSTREAM_STATE_H_
