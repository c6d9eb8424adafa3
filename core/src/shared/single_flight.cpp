#include "shared/single_flight.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "shared/futex.h"
#include "shared/robust_mutex.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kStripes = 64;
constexpr std::size_t kPlaces = 32;

/// The compiler must not move writes across: what a killed process has written is what stands
/// before the point where it was killed.
void at_this_point() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// What came of the exchange of a round. One word, so that a killed writer leaves all of it or
/// nothing.
class LastResult {
 public:
  void clear() { word_.store(0); }
  void set(std::uint32_t round, ExchangeLeases::Shared shared) {
    word_.store(std::uint64_t{round} << 32 |
                std::uint64_t{static_cast<std::uint8_t>(shared.result)} << 16 |
                std::uint64_t{static_cast<std::uint8_t>(shared.reason)} << 8 | kIsSet);
  }
  /// That of this round or of a later one, which is as good.
  [[nodiscard]] std::optional<ExchangeLeases::Shared> since(std::uint32_t round) const {
    const std::uint64_t word = word_.load();
    const auto later_by = static_cast<std::int32_t>(static_cast<std::uint32_t>(word >> 32) - round);
    if ((word & kIsSet) == 0 || later_by < 0) return std::nullopt;
    return ExchangeLeases::Shared{static_cast<Result>(word >> 16 & 0xff),
                                  static_cast<Reason>(word >> 8 & 0xff)};
  }

 private:
  static constexpr std::uint64_t kIsSet = 1;
  std::atomic<std::uint64_t> word_;
};

}  // namespace

/// A visitor who is being asked for, or was. Read and written under the stripe's lock, but for
/// futex's look at `round`. A writer that is killed leaves at worst a lease that runs out.
struct ExchangeLeases::Place {
  std::atomic<std::uint32_t> round;  // goes up when an exchange ends; followers wait for that
  std::uint32_t is_asking;
  VisitorKey key;
  Moment until;  // end of the lease, also after the exchange; zero: never used
  pid_t leader;
  LastResult last;
};

struct alignas(64) ExchangeLeases::Stripe {
  pthread_mutex_t mutex;
  std::array<Place, kPlaces> places;
};

std::size_t ExchangeLeases::bytes() {
  return kStripes * sizeof(Stripe);
}

ExchangeLeases ExchangeLeases::create(void* memory) {
  auto* stripes = static_cast<Stripe*>(memory);
  for (std::size_t i = 0; i < kStripes; ++i) init_robust_mutex(&stripes[i].mutex);
  return attach(memory);
}

ExchangeLeases ExchangeLeases::attach(void* memory) {
  return ExchangeLeases(memory);
}

ExchangeLeases::Stripe& ExchangeLeases::stripe_of(const VisitorKey& key) const {
  return static_cast<Stripe*>(memory_)[key[0] % kStripes];
}

ExchangeLeases::Part ExchangeLeases::join(const VisitorKey& key, Moment now, Moment lease) {
  Stripe& stripe = stripe_of(key);
  const RobustLock lock(&stripe.mutex);
  Place* chosen = nullptr;
  for (Place& place : stripe.places) {
    const bool is_asking = place.is_asking != 0 && now < place.until;
    if (place.key == key && place.until != Moment::zero()) {
      if (is_asking)
        return {Part::follows, key, static_cast<std::uint32_t>(&place - stripe.places.data()),
                place.round.load()};
      chosen = &place;
      break;
    }
    // The idle place with the oldest lease: its followers have had time to read the result.
    if (!is_asking && (chosen == nullptr || place.until < chosen->until)) chosen = &place;
  }
  if (chosen == nullptr) return {Part::alone, key, 0, 0};
  if (chosen->key != key) {
    chosen->last.clear();
    at_this_point();
    chosen->key = key;
  }
  // Whoever still waits here, for a leader whose lease has run out, is to look again. And a leader
  // that was killed after it told its result left a round that has one: it is not that of the next.
  if (chosen->is_asking != 0 || chosen->last.since(chosen->round.load())) {
    chosen->round.fetch_add(1);
    wake_all(chosen->round);
  }
  chosen->is_asking = 0;
  at_this_point();
  chosen->leader = getpid();
  chosen->until = now + lease;
  at_this_point();
  chosen->is_asking = 1;
  return {Part::leads, key, static_cast<std::uint32_t>(chosen - stripe.places.data()),
          chosen->round.load()};
}

void ExchangeLeases::done(const Part& part, Result result, Reason reason) {
  const Shared shared{result, reason};
  end(part, &shared);
}

void ExchangeLeases::give_up(const Part& part) {
  end(part, nullptr);
}

void ExchangeLeases::end(const Part& part, const Shared* shared) {
  if (part.role != Part::leads) return;
  Stripe& stripe = stripe_of(part.key);
  const RobustLock lock(&stripe.mutex);
  Place& place = stripe.places[part.place];
  if (place.key != part.key || place.round.load() != part.round || place.is_asking == 0) return;
  if (shared != nullptr) place.last.set(part.round, *shared);
  place.is_asking = 0;
  place.round.fetch_add(1);
  wake_all(place.round);
}

std::optional<ExchangeLeases::Shared> ExchangeLeases::wait(const Part& part, const Clock& clock,
                                                           Moment deadline) {
  Stripe& stripe = stripe_of(part.key);
  Place& place = stripe.places[part.place];
  for (;;) {
    Moment until;
    {
      const RobustLock lock(&stripe.mutex);
      if (place.key != part.key) return std::nullopt;
      if (const auto shared = place.last.since(part.round)) return shared;
      if (place.round.load() != part.round) return std::nullopt;
      until = std::min(place.until, deadline);
    }
    const Moment now = clock.now();
    if (now >= until) return std::nullopt;
    wait_while(place.round, part.round, until - now);
  }
}

void ExchangeLeases::process_ended(pid_t process) {
  auto* stripes = static_cast<Stripe*>(memory_);
  for (std::size_t i = 0; i < kStripes; ++i) {
    const RobustLock lock(&stripes[i].mutex, RobustLock::Briefly());
    if (!lock.is_held()) continue;  // the leases run out by themselves
    for (Place& place : stripes[i].places) {
      if (place.is_asking == 0 || place.leader != process) continue;
      place.is_asking = 0;
      place.round.fetch_add(1);
      wake_all(place.round);
    }
  }
}

}  // namespace crowd_confluence
