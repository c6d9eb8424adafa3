#include "shared/circuit_breaker.h"

#include <algorithm>
#include <atomic>
#include <cassert>

namespace crowd_confluence {
namespace {

/// What a killed process has written is what stands before the point where it was killed.
void at_this_point() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace

/// The number of the trial that this caller may make, or kTrials.
std::size_t CircuitBreaker::trial_for(const Caller& caller, Moment now) const {
  if (now < open_until_) return kTrials;
  if (caller.is_proven && now >= trials_[0].until) return 0;
  std::size_t free = kTrials;
  for (std::size_t i = kTrials; i-- > 1;) {
    if (now >= trials_[i].until) {
      free = i;
    } else if (trials_[i].client == caller.client) {
      return kTrials;
    }
  }
  return caller.is_proven ? kTrials : free;
}

bool CircuitBreaker::is_running(const Trial& trial, const Caller& caller) const {
  return trial.until != Moment() && trial.has_failed == 0 && trial.client == caller.client &&
         trial.process == caller.process;
}

bool CircuitBreaker::may_admit(const Caller& caller, Moment now) const {
  return !is_open() || trial_for(caller, now) != kTrials;
}

CircuitBreaker::Admission CircuitBreaker::admit(const Caller& caller, Moment now,
                                                Duration trial_lease) {
  assert(trial_lease > Duration::zero() && caller.client != 0);
  if (!is_open()) return Admission::normal;
  const std::size_t number = trial_for(caller, now);
  if (number == kTrials) return Admission::refused;
  Trial& trial = trials_[number];
  trial.until = Moment();
  at_this_point();
  trial.client = caller.client;
  trial.process = caller.process;
  trial.has_failed = 0;
  at_this_point();
  trial.until = now + trial_lease;
  return Admission::trial;
}

bool CircuitBreaker::succeeded() {
  const bool was_open = is_open();
  open_until_ = Moment();
  for (Trial& trial : trials_) trial.until = Moment();
  failures_ = certain_failures_ = other_clients_ = 0;
  first_client_ = 0;
  return was_open;
}

bool CircuitBreaker::failed(const Caller& caller, const Failure& failure, Moment now,
                            Duration retry) {
  assert(retry >= Duration::zero() && caller.client != 0);
  if (is_open()) {
    if (!failure.may_be_provoked || fails_again(caller, now, retry)) open(failure, now, retry);
    return false;
  }
  if (!failure.may_be_provoked) {
    ++certain_failures_;
  } else if (first_client_ == 0) {
    first_client_ = caller.client;
  } else if (first_client_ != caller.client) {
    other_clients_ = 1;
  }
  ++failures_;
  const std::uint32_t clients = (first_client_ != 0 ? 1 : 0) + other_clients_ + certain_failures_;
  if (failures_ < kFailuresToOpen ||
      (clients < kClientsToOpen && certain_failures_ < kFailuresToOpen))
    return false;
  open(failure, now, retry);
  return true;
}

/// A trial failed in a way that may have been provoked: whether another client's has, too.
bool CircuitBreaker::fails_again(const Caller& caller, Moment now, Duration retry) {
  bool has_other = false;
  for (Trial& trial : trials_) {
    if (is_running(trial, caller)) {
      trial.until = now + retry;
      at_this_point();
      trial.has_failed = 1;
    } else if (trial.has_failed != 0 && now < trial.until && trial.client != caller.client) {
      has_other = true;
    }
  }
  return has_other && now >= open_until_;
}

Duration CircuitBreaker::pause(Duration retry, std::optional<std::chrono::seconds> retry_after) {
  // More would not fit into a Duration, and is cut to ten times `retry` anyway.
  constexpr std::chrono::seconds kMost = std::chrono::hours(24 * 365);
  const Duration asked = std::clamp(retry_after.value_or(std::chrono::seconds::zero()),
                                    std::chrono::seconds::zero(), kMost);
  return std::clamp(asked, retry, 10 * retry);
}

void CircuitBreaker::open(const Failure& failure, Moment now, Duration retry) {
  // An exchange that began before the breaker opened must not shorten what another one was told.
  open_until_ = std::max(open_until_, now + pause(retry, failure.retry_after));
  at_this_point();
  for (Trial& trial : trials_) trial.until = Moment();
}

void CircuitBreaker::trial_told_nothing(const Caller& caller) {
  for (Trial& trial : trials_)
    if (is_running(trial, caller)) trial.until = Moment();
}

void CircuitBreaker::process_ended(pid_t process) {
  for (Trial& trial : trials_)
    if (trial.process == process && trial.has_failed == 0) trial.until = Moment();
}

}  // namespace crowd_confluence
