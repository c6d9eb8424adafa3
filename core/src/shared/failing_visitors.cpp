#include "shared/failing_visitors.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace crowd_confluence {

bool FailingVisitors::is_barred(std::uint64_t visitor, Moment now) const {
  return std::any_of(places_.begin(), places_.end(), [&](const Place& place) {
    return place.visitor == visitor && now < place.barred_until;
  });
}

bool FailingVisitors::failed(std::uint64_t visitor, Moment now, Duration retry) {
  Place& place = place_of(visitor);
  place.last_failure = now;
  place.failures = std::min(place.failures + 1, kFailuresToBar);
  if (place.failures == kFailuresToBar) place.barred_until = now + retry;
  const bool is_news = place.has_been_told == 0;
  place.has_been_told = 1;
  return is_news;
}

void FailingVisitors::succeeded(std::uint64_t visitor) {
  for (Place& place : places_) {
    place.has_been_told = 0;
    if (place.visitor == visitor) place = {};
  }
}

/// His, or else a free one, or that of whose last failure is the longest ago.
FailingVisitors::Place& FailingVisitors::place_of(std::uint64_t visitor) {
  const auto own = std::find_if(places_.begin(), places_.end(),
                                [&](const Place& place) { return place.visitor == visitor; });
  if (own != places_.end()) return *own;
  const auto worth = [](const Place& place) {
    return std::pair(place.visitor != 0, place.last_failure);
  };
  Place& taken =
      *std::min_element(places_.begin(), places_.end(),
                        [&](const Place& a, const Place& b) { return worth(a) < worth(b); });
  taken = {};
  // Whoever is killed here must not leave another one's failures to this visitor.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  taken.visitor = visitor;
  return taken;
}

}  // namespace crowd_confluence
