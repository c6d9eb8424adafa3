// Leaves a failing Confluence alone.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_CIRCUIT_BREAKER_H_
#define CROWD_CONFLUENCE_SRC_SHARED_CIRCUIT_BREAKER_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

#include "crowd_confluence/clock.h"

namespace crowd_confluence {

/// Opens after kFailuresToOpen failures in a row, lets nobody through for `retry`, then a single
/// request as a trial: its success closes the breaker, its failure keeps it open for another
/// `retry`.
///
/// A plain value without a lock or a clock of its own; zeroed memory is a closed breaker.
class CircuitBreaker {
 public:
  static constexpr std::uint32_t kFailuresToOpen = 3;

  enum class Admission { normal, trial, refused };

  /// Whether a request may be made now. A trial is the only one until `trial_lease` is over, or
  /// until it is told of by one of the functions below. The lease must cover the longest that a
  /// whole exchange can take: when it is over, whoever made the trial counts as lost, and another
  /// one is let through.
  Admission admit(pid_t process, Moment now, Duration trial_lease);

  /// As `admit`, without taking the trial: false only while nobody is let through.
  [[nodiscard]] bool may_admit(Moment now) const;

  /// True if this closed the breaker.
  bool succeeded();

  /// True if this opened the breaker. `retry_after`, as the server asked for it, lengthens `retry`,
  /// at most ten-fold.
  bool failed(Moment now, Duration retry, std::optional<std::chrono::seconds> retry_after);

  /// The trial is over, and nothing came of it that concerns others. Another one is let through.
  void trial_told_nothing() { trial_until_ = Moment(); }

  /// A trial of a process that is no more is over.
  void process_ended(pid_t process);

  [[nodiscard]] bool is_open() const { return open_until_ != Moment(); }

 private:
  Moment open_until_;   // zero: closed
  Moment trial_until_;  // zero: no trial
  pid_t trial_process_;
  std::uint32_t failures_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_CIRCUIT_BREAKER_H_
