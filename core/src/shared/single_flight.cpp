#include "shared/single_flight.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>

#include "shared/futex.h"
#include "shared/robust_mutex.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kStripes = 64;
constexpr std::size_t kSlots = 32;

/// The compiler must not move writes across: what a killed process has written is what stands
/// before the point where it was killed.
void at_this_point() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// What came of the exchange of a generation. One word, so that a killed writer leaves all of it or
/// nothing.
class LastResult {
 public:
  void clear() { word_.store(0); }
  void set(std::uint32_t generation, SingleFlight::Answer answer) {
    word_.store(std::uint64_t{generation} << 32 |
                std::uint64_t{static_cast<std::uint8_t>(answer.result)} << 16 |
                std::uint64_t{static_cast<std::uint8_t>(answer.reason)} << 8 | kIsSet);
  }
  /// That of this generation or of a later one, which is as good.
  [[nodiscard]] std::optional<SingleFlight::Answer> since(std::uint32_t generation) const {
    const std::uint64_t word = word_.load();
    const auto later_by =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(word >> 32) - generation);
    if ((word & kIsSet) == 0 || later_by < 0) return std::nullopt;
    return SingleFlight::Answer{static_cast<Result>(word >> 16 & 0xff),
                                static_cast<Reason>(word >> 8 & 0xff)};
  }

 private:
  static constexpr std::uint64_t kIsSet = 1;
  std::atomic<std::uint64_t> word_;
};

}  // namespace

/// A visitor who is being asked for, or was. Read and written under the stripe's lock, but for
/// futex's look at `generation`. A writer that is killed leaves at worst a lease that runs out.
struct SingleFlight::Slot {
  std::atomic<std::uint32_t> generation;  // goes up when an exchange ends; followers wait for that
  std::uint32_t is_asking;
  VisitorKey key;
  Moment until;  // end of the lease, also after the exchange; zero: never used
  pid_t leader;
  LastResult last;
};

struct alignas(64) SingleFlight::Stripe {
  pthread_mutex_t mutex;
  std::array<Slot, kSlots> slots;
};

std::size_t SingleFlight::bytes() {
  return kStripes * sizeof(Stripe);
}

SingleFlight SingleFlight::create(void* memory) {
  assert(memory != nullptr && reinterpret_cast<std::uintptr_t>(memory) % alignof(Stripe) == 0);
  auto* stripes = static_cast<Stripe*>(memory);
  for (std::size_t i = 0; i < kStripes; ++i) init_robust_mutex(&stripes[i].mutex);
  return attach(memory);
}

SingleFlight SingleFlight::attach(void* memory) {
  return SingleFlight(memory);
}

SingleFlight::Stripe& SingleFlight::stripe_of(const VisitorKey& key) const {
  return static_cast<Stripe*>(memory_)[key[0] % kStripes];
}

SingleFlight::Ticket SingleFlight::join(const VisitorKey& key, Moment now, Duration lease,
                                        pid_t process) {
  assert(lease > Duration::zero() && process > 0);
  Stripe& stripe = stripe_of(key);
  const RobustLock lock(&stripe.mutex);
  Slot* chosen = nullptr;
  for (Slot& slot : stripe.slots) {
    const bool is_asking = slot.is_asking != 0 && now < slot.until;
    if (slot.key == key && slot.until != Moment()) {
      if (is_asking)
        return {Ticket::follows, key, static_cast<std::uint32_t>(&slot - stripe.slots.data()),
                slot.generation.load()};
      chosen = &slot;
      break;
    }
    // The idle slot with the oldest lease: its followers have had time to read the result.
    if (!is_asking && (chosen == nullptr || slot.until < chosen->until)) chosen = &slot;
  }
  if (chosen == nullptr) return {Ticket::solo, key, 0, 0};
  if (chosen->key != key) {
    chosen->last.clear();
    at_this_point();
    chosen->key = key;
  }
  // Whoever still waits here, for a leader whose lease has run out, is to look again. And a leader
  // that was killed after it told its result left a generation that has one: it is not that of the
  // next.
  if (chosen->is_asking != 0 || chosen->last.since(chosen->generation.load())) {
    chosen->generation.fetch_add(1);
    wake_all(chosen->generation);
  }
  chosen->is_asking = 0;
  at_this_point();
  chosen->leader = process;
  chosen->until = now + lease;
  at_this_point();
  chosen->is_asking = 1;
  return {Ticket::leads, key, static_cast<std::uint32_t>(chosen - stripe.slots.data()),
          chosen->generation.load()};
}

void SingleFlight::done(const Ticket& ticket, Result result, Reason reason) {
  const Answer answer{result, reason};
  end(ticket, &answer);
}

void SingleFlight::give_up(const Ticket& ticket) {
  end(ticket, nullptr);
}

void SingleFlight::end(const Ticket& ticket, const Answer* answer) {
  if (ticket.role != Ticket::leads) return;
  assert(ticket.slot < kSlots);
  Stripe& stripe = stripe_of(ticket.key);
  const RobustLock lock(&stripe.mutex);
  Slot& slot = stripe.slots[ticket.slot];
  if (slot.key != ticket.key || slot.generation.load() != ticket.generation || slot.is_asking == 0)
    return;
  if (answer != nullptr) slot.last.set(ticket.generation, *answer);
  slot.is_asking = 0;
  slot.generation.fetch_add(1);
  wake_all(slot.generation);
}

std::optional<SingleFlight::Answer> SingleFlight::wait(const Ticket& ticket, const Clock& clock,
                                                       Moment deadline) {
  assert(ticket.role == Ticket::follows && ticket.slot < kSlots);
  Stripe& stripe = stripe_of(ticket.key);
  Slot& slot = stripe.slots[ticket.slot];
  for (;;) {
    Moment until;
    {
      const RobustLock lock(&stripe.mutex);
      if (slot.key != ticket.key) return std::nullopt;
      if (const auto answer = slot.last.since(ticket.generation)) return answer;
      if (slot.generation.load() != ticket.generation) return std::nullopt;
      until = std::min(slot.until, deadline);
    }
    const Moment now = clock.now();
    if (now >= until) return std::nullopt;
    wait_while(slot.generation, ticket.generation, until - now);
  }
}

void SingleFlight::process_ended(pid_t process) {
  auto* stripes = static_cast<Stripe*>(memory_);
  for (std::size_t i = 0; i < kStripes; ++i) {
    const RobustLock lock(&stripes[i].mutex, RobustLock::Briefly());
    if (!lock.is_held()) continue;  // the leases run out by themselves
    for (Slot& slot : stripes[i].slots) {
      if (slot.is_asking == 0 || slot.leader != process) continue;
      slot.is_asking = 0;
      slot.generation.fetch_add(1);
      wake_all(slot.generation);
    }
  }
}

}  // namespace crowd_confluence
