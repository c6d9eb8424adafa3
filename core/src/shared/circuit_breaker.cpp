#include "shared/circuit_breaker.h"

#include <algorithm>

namespace crowd_confluence {

bool CircuitBreaker::may_admit(Moment now) const {
  return !is_open() || (now >= open_until_ && now >= trial_until_);
}

CircuitBreaker::Admission CircuitBreaker::admit(pid_t process, Moment now, Duration trial_lease) {
  if (!is_open()) return Admission::normal;
  if (!may_admit(now)) return Admission::refused;
  trial_until_ = now + trial_lease;
  trial_process_ = process;
  return Admission::trial;
}

bool CircuitBreaker::succeeded() {
  const bool was_open = is_open();
  open_until_ = trial_until_ = Moment();
  failures_ = 0;
  return was_open;
}

bool CircuitBreaker::failed(Moment now, Duration retry,
                            std::optional<std::chrono::seconds> retry_after) {
  const bool was_open = is_open();
  failures_ = std::min(failures_ + 1, kFailuresToOpen);
  trial_until_ = Moment();
  if (failures_ < kFailuresToOpen) return false;
  // More would not fit into a Duration, and is cut to ten times `retry` anyway.
  constexpr std::chrono::seconds kMost = std::chrono::hours(24 * 365);
  const Duration asked = std::clamp(retry_after.value_or(std::chrono::seconds::zero()),
                                    std::chrono::seconds::zero(), kMost);
  // An exchange that began before the breaker opened must not shorten what another one was told.
  open_until_ = std::max(open_until_, now + std::clamp(asked, retry, 10 * retry));
  return !was_open;
}

void CircuitBreaker::process_ended(pid_t process) {
  if (trial_process_ == process) trial_until_ = Moment();
}

}  // namespace crowd_confluence
