// What a request holds while its visitor is asked for, and gives back however it ends.

#ifndef CROWD_CONFLUENCE_SRC_BROKER_GUARDS_H_
#define CROWD_CONFLUENCE_SRC_BROKER_GUARDS_H_

#include <cstdint>
#include <optional>

#include "crowd_confluence/clock.h"
#include "crowd_confluence/outcome.h"
#include "shared/single_flight.h"
#include "shared/upstream_state.h"

namespace crowd_confluence {

/// Takes a place among those who wait for Confluence, if there is one.
class Waiting {
 public:
  Waiting(UpstreamState& upstream, const Caller& caller, std::uint32_t max, Moment now)
      : upstream_(upstream), place_(upstream.enter(caller, max, now)) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    if (place_) upstream_.leave(*place_);
  }

  explicit operator bool() const { return place_.has_value(); }

 private:
  UpstreamState& upstream_;
  const std::optional<UpstreamState::Place> place_;
};

/// Asks the breaker, and ends its trial.
class Admitted {
 public:
  Admitted(UpstreamState& upstream, const Caller& caller, Moment now, Duration trial_lease)
      : upstream_(upstream),
        caller_(caller),
        admission_(upstream.admit(caller, now, trial_lease)) {}
  Admitted(const Admitted&) = delete;
  Admitted& operator=(const Admitted&) = delete;
  ~Admitted() {
    if (admission_ == CircuitBreaker::Admission::trial) upstream_.trial_told_nothing(caller_);
  }

  explicit operator bool() const { return admission_ != CircuitBreaker::Admission::refused; }

 private:
  UpstreamState& upstream_;
  const Caller caller_;
  const CircuitBreaker::Admission admission_;
};

/// Tells the followers what came of it, once, however the leader leaves.
class Lead {
 public:
  Lead(SingleFlight& flights, const SingleFlight::Ticket& ticket)
      : flights_(flights), ticket_(ticket) {}
  Lead(const Lead&) = delete;
  Lead& operator=(const Lead&) = delete;
  ~Lead() { flights_.done(ticket_, Result::unavailable, Reason::internal); }

  void ends_with(Result result, Reason reason) {
    flights_.done(ticket_, result, reason);
    ticket_ = {};
  }
  void ends_without_result() {
    flights_.give_up(ticket_);
    ticket_ = {};
  }

 private:
  SingleFlight& flights_;
  SingleFlight::Ticket ticket_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_BROKER_GUARDS_H_
