#include "shared/upstream_state.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>

#include "shared/robust_mutex.h"

namespace crowd_confluence {
namespace {

/// The kernel is asked no oftener which of the processes that wait are still there: under a flood
/// many find no place.
constexpr Duration kBetweenLooks = std::chrono::seconds(1);

bool has_ended(pid_t process) {
  return kill(process, 0) != 0 && errno == ESRCH;
}

}  // namespace

struct alignas(64) UpstreamState::Slot {
  pthread_mutex_t mutex;
  std::atomic<std::uint64_t> id;  // 0: not in use
  /// Whether the breaker must be looked at; only ever wrong in saying so.
  std::atomic<std::uint32_t> is_ailing;
  CircuitBreaker breaker;
};

/// Followed by the slots.
struct alignas(64) UpstreamState::Shared {
  pthread_mutex_t mutex;  // protects which slot is whose, and entering
  std::uint32_t count;
  Moment next_look;  // for processes that have ended
  ConcurrencyLimit limit;

  Slot* slots() { return reinterpret_cast<Slot*>(this + 1); }
};

UpstreamState::UpstreamState(Shared& shared, std::uint32_t number)
    : shared_(&shared), slot_(shared.slots() + number), number_(number) {}

std::optional<UpstreamState::Place> UpstreamState::enter(const Caller& caller, std::uint32_t max,
                                                         Moment now) {
  const RobustLock lock(&shared_->mutex);
  ConcurrencyLimit& limit = shared_->limit;
  if (const auto place = limit.enter(number_, caller, max)) return place;
  // Perhaps a process has ended that `process_ended` was not, or could not be, called for.
  if (now < shared_->next_look) return std::nullopt;
  shared_->next_look = now + kBetweenLooks;
  limit.forget(has_ended);
  return limit.enter(number_, caller, max);
}

void UpstreamState::leave(const Place& place) {
  shared_->limit.leave(place);
}

std::uint32_t UpstreamState::waiting() const {
  return shared_->limit.waiting(number_);
}

CircuitBreaker::Admission UpstreamState::admit(const Caller& caller, Moment now,
                                               Duration trial_lease) {
  if (slot_->is_ailing.load() == 0) return CircuitBreaker::Admission::normal;
  const RobustLock lock(&slot_->mutex);
  return slot_->breaker.admit(caller, now, trial_lease);
}

bool UpstreamState::may_admit(const Caller& caller, Moment now) {
  if (slot_->is_ailing.load() == 0) return true;
  const RobustLock lock(&slot_->mutex);
  return slot_->breaker.may_admit(caller, now);
}

Duration UpstreamState::shut_for(Moment now) {
  if (slot_->is_ailing.load() == 0) return Duration::zero();
  const RobustLock lock(&slot_->mutex);
  return slot_->breaker.shut_for(now);
}

bool UpstreamState::succeeded() {
  if (slot_->is_ailing.load() == 0) return false;
  const RobustLock lock(&slot_->mutex);
  const bool has_closed = slot_->breaker.succeeded();
  slot_->is_ailing.store(0);
  return has_closed;
}

bool UpstreamState::failed(const Caller& caller, const CircuitBreaker::Failure& failure, Moment now,
                           Duration retry) {
  const RobustLock lock(&slot_->mutex);
  slot_->is_ailing.store(1);
  return slot_->breaker.failed(caller, failure, now, retry);
}

void UpstreamState::trial_told_nothing(const Caller& caller) {
  const RobustLock lock(&slot_->mutex);
  slot_->breaker.trial_told_nothing(caller);
}

bool UpstreamState::process_ended(pid_t process) {
  shared_->limit.process_ended(process);
  const RobustLock lock(&slot_->mutex, RobustLock::Briefly());
  if (!lock.is_held()) return false;
  slot_->breaker.process_ended(process);
  return true;
}

std::size_t UpstreamStates::bytes(std::size_t upstreams) {
  return sizeof(UpstreamState::Shared) +
         std::max<std::size_t>(upstreams, 1) * sizeof(UpstreamState::Slot);
}

UpstreamStates UpstreamStates::create(void* memory, std::size_t upstreams) {
  assert(reinterpret_cast<std::uintptr_t>(memory) % alignof(UpstreamState::Shared) == 0);
  auto* const shared = static_cast<UpstreamState::Shared*>(memory);
  init_robust_mutex(&shared->mutex);
  shared->count = static_cast<std::uint32_t>(std::max<std::size_t>(upstreams, 1));
  return UpstreamStates(*shared);
}

UpstreamStates UpstreamStates::attach(void* memory) {
  return UpstreamStates(*static_cast<UpstreamState::Shared*>(memory));
}

UpstreamState UpstreamStates::upstream(std::uint64_t id) const {
  assert(id != 0);
  // Slots are taken one after the other and never given back.
  const RobustLock lock(&shared_->mutex);
  UpstreamState::Slot* const slots = shared_->slots();
  std::uint32_t number = 0;
  while (number + 1 < shared_->count && slots[number].id.load() != 0 &&
         slots[number].id.load() != id)
    ++number;
  // A mutex that was being made when its maker was killed is made again.
  if (slots[number].id.load() == 0) init_robust_mutex(&slots[number].mutex);
  if (slots[number].id.load() == 0) slots[number].id.store(id);
  return {*shared_, number};
}

void UpstreamStates::process_ended(pid_t process) const {
  shared_->limit.process_ended(process);
  UpstreamState::Slot* const slots = shared_->slots();
  for (std::uint32_t i = 0; i < shared_->count && slots[i].id.load() != 0; ++i)
    UpstreamState(*shared_, i).process_ended(process);
}

}  // namespace crowd_confluence
