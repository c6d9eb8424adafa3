#include "shared/upstream_state.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "shared/robust_mutex.h"

namespace crowd_confluence {

bool UpstreamState::enter(std::uint32_t max) {
  const RobustLock lock(&mutex_);
  if (limit_.enter(getpid(), max)) return true;
  // Perhaps a process has ended that `process_ended` was not, or could not be, called for.
  limit_.forget([](pid_t process) { return kill(process, 0) != 0 && errno == ESRCH; });
  return limit_.enter(getpid(), max);
}

void UpstreamState::leave() {
  const RobustLock lock(&mutex_);
  limit_.leave(getpid());
}

std::uint32_t UpstreamState::waiting() {
  const RobustLock lock(&mutex_);
  return limit_.waiting();
}

CircuitBreaker::Admission UpstreamState::admit(std::uint64_t visitor, Moment now,
                                               Duration trial_lease) {
  const RobustLock lock(&mutex_);
  if (troubled_.is_barred(visitor, now)) return CircuitBreaker::Admission::refused;
  return breaker_.admit(getpid(), now, trial_lease);
}

bool UpstreamState::may_admit(std::uint64_t visitor, Moment now) {
  const RobustLock lock(&mutex_);
  return !troubled_.is_barred(visitor, now) && breaker_.may_admit(now);
}

bool UpstreamState::succeeded(std::uint64_t visitor) {
  const RobustLock lock(&mutex_);
  troubled_.succeeded(visitor);
  return breaker_.succeeded();
}

bool UpstreamState::failed(Moment now, Duration retry,
                           std::optional<std::chrono::seconds> retry_after) {
  const RobustLock lock(&mutex_);
  return breaker_.failed(now, retry, retry_after);
}

bool UpstreamState::failed_for(std::uint64_t visitor, Moment now, Duration retry,
                               std::optional<std::chrono::seconds> retry_after) {
  const RobustLock lock(&mutex_);
  return troubled_.failed(visitor, now, retry) && breaker_.failed(now, retry, retry_after);
}

void UpstreamState::trial_told_nothing() {
  const RobustLock lock(&mutex_);
  breaker_.trial_told_nothing();
}

bool UpstreamState::process_ended(pid_t process) {
  const RobustLock lock(&mutex_, RobustLock::Briefly());
  if (!lock.is_held()) return false;
  breaker_.process_ended(process);
  limit_.process_ended(process);
  return true;
}

std::size_t UpstreamStates::bytes() {
  return kMaxUpstreams * sizeof(UpstreamState);
}

UpstreamStates UpstreamStates::create(void* memory) {
  auto* places = static_cast<UpstreamState*>(memory);
  for (std::size_t i = 0; i < kMaxUpstreams; ++i) init_robust_mutex(&places[i].mutex_);
  return UpstreamStates(places);
}

UpstreamStates UpstreamStates::attach(void* memory) {
  return UpstreamStates(static_cast<UpstreamState*>(memory));
}

UpstreamState& UpstreamStates::upstream(std::uint64_t id) {
  // Places are taken one after the other and never given back, so one lock for all is enough.
  const RobustLock lock(&places_[0].mutex_);
  for (std::size_t i = 0; i + 1 < kMaxUpstreams; ++i) {
    if (places_[i].id_ == 0) places_[i].id_ = id;
    if (places_[i].id_ == id) return places_[i];
  }
  return places_[kMaxUpstreams - 1];
}

void UpstreamStates::process_ended(pid_t process) {
  for (std::size_t i = 0; i < kMaxUpstreams; ++i)
    if (i + 1 == kMaxUpstreams || places_[i].id_ != 0) places_[i].process_ended(process);
}

}  // namespace crowd_confluence
