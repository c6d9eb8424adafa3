// Leaves a failing Confluence alone.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_CIRCUIT_BREAKER_H_
#define CROWD_CONFLUENCE_SRC_SHARED_CIRCUIT_BREAKER_H_

#include <sys/types.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "crowd_confluence/clock.h"
#include "shared/caller.h"

namespace crowd_confluence {

/// Opens after kFailuresToOpen failures in a row, lets nobody through for `retry`, then a few
/// requests as trials: a success closes the breaker, a failure keeps it open for another `retry`.
///
/// A token that somebody made up may provoke a failure (an error page, a reset, a slow answer), and
/// so one client must not open the breaker, nor keep it open. Failures that may be provoked open it
/// when they are those of kClientsToOpen clients at least. So it is with trials: one client has one
/// at a time; when it fails, that client alone waits for `retry`, and only when one of another
/// client fails as well, all do. Failures that nobody can provoke count for all, and so does what a
/// proven visitor meets, for whom there is always a trial left.
///
/// A plain value without a lock or a clock of its own; zeroed memory is a closed breaker. Makes
/// sense after each single write.
class CircuitBreaker {
 public:
  static constexpr std::uint32_t kFailuresToOpen = 3;
  static constexpr std::uint32_t kClientsToOpen = 2;

  enum class Admission { normal, trial, refused };

  struct Failure {
    bool may_be_provoked = false;  // by the token of the caller, who was never proven
    /// As the server asked for it. Lengthens `retry`, at most ten-fold.
    std::optional<std::chrono::seconds> retry_after;
  };

  /// Whether a request may be made now. A trial keeps its client from another one until
  /// `trial_lease` is over, or until it is told of by one of the functions below. The lease must
  /// cover the longest that a whole exchange can take: when it is over, whoever made the trial
  /// counts as lost.
  Admission admit(const Caller& caller, Moment now, Duration trial_lease);

  /// As `admit`, without taking a trial.
  [[nodiscard]] bool may_admit(const Caller& caller, Moment now) const;

  /// True if this closed the breaker.
  bool succeeded();

  /// True if this opened the breaker.
  bool failed(const Caller& caller, const Failure& failure, Moment now, Duration retry);

  /// The trial is over, and nothing came of it that concerns others. Harmless after `failed`.
  void trial_told_nothing(const Caller& caller);

  /// The trials of a process that is no more are over.
  void process_ended(pid_t process);

  /// For how long a failure leaves the server alone.
  [[nodiscard]] static Duration pause(Duration retry,
                                      std::optional<std::chrono::seconds> retry_after);

  /// For how long nobody is let through; zero when somebody is, or soon may be.
  [[nodiscard]] Duration shut_for(Moment now) const {
    return std::max(open_until_ - now, Duration::zero());
  }
  [[nodiscard]] bool is_open() const { return open_until_ != Moment(); }
  /// Whether nothing but a failure would change it.
  [[nodiscard]] bool is_at_rest() const { return !is_open() && failures_ == 0; }

 private:
  struct Trial {
    Moment until;  // the end of the lease, or, after a failure, of the client's `retry`
    std::uint64_t client;
    pid_t process;
    std::uint32_t has_failed;
  };

  static constexpr std::size_t kTrials = 4;  // the first one is for proven visitors

  [[nodiscard]] std::size_t trial_for(const Caller& caller, Moment now) const;
  [[nodiscard]] bool is_running(const Trial& trial, const Caller& caller) const;
  bool fails_again(const Caller& caller, Moment now, Duration retry);
  void open(const Failure& failure, Moment now, Duration retry);

  Moment open_until_;               // zero: closed
  std::uint64_t first_client_;      // of the failures in a row; 0: none that may have been provoked
  std::uint32_t failures_;          // in a row
  std::uint32_t certain_failures_;  // those of them that nobody can have provoked
  std::uint32_t other_clients_;     // whether a second client has failed
  std::array<Trial, kTrials> trials_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_CIRCUIT_BREAKER_H_
