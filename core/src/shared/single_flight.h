// Who is asking Confluence now: one exchange per visitor at a time on the whole machine.
//
// The first who asks for a visitor leads, the others follow: they wait until the leader is done and
// share what came of it. A lease bounds how long they wait for a leader that was killed; when the
// leader's process is known to have ended, they need not wait at all.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_SINGLE_FLIGHT_H_
#define CROWD_CONFLUENCE_SRC_SHARED_SINGLE_FLIGHT_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "crowd_confluence/clock.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/outcome.h"
#include "broker/visitor_hash.h"

namespace crowd_confluence {

/// A view of shared memory; copy it as you like. Thread-safe, and safe across processes that may be
/// killed at any step.
class CROWD_CONFLUENCE_EXPORT ExchangeLeases {
 public:
  [[nodiscard]] static std::size_t bytes();
  /// `memory`: zeroed, shared, aligned to 64, of bytes().
  static ExchangeLeases create(void* memory);
  static ExchangeLeases attach(void* memory);

  /// One's part in the exchange for a visitor.
  struct Part {
    enum Role {
      leads,    // ask Confluence, then call `done` or `give_up`
      follows,  // call `wait`
      alone     // too many are being asked for at once: ask, and share with nobody
    } role = alone;
    VisitorKey key = {};
    std::uint32_t place = 0;
    std::uint32_t round = 0;
  };

  [[nodiscard]] Part join(const VisitorKey& key, Moment now, Moment lease);

  /// The leader's result, for the followers. Does nothing if the lease has run out and another
  /// leads.
  void done(const Part& part, Result result, Reason reason);

  /// The leader has no result that is of use to others: its followers join again. Does nothing if
  /// another leads.
  void give_up(const Part& part);

  struct Shared {
    Result result;
    Reason reason;
  };

  /// Waits for the leader's result, or that of a later one, until the lease of the one who leads
  /// meanwhile runs out, or `deadline`. nullopt: there is none, and the caller should join again.
  [[nodiscard]] std::optional<Shared> wait(const Part& part, const Clock& clock, Moment deadline);

  /// Ends the leases of a process that is no more.
  void process_ended(pid_t process);

 private:
  struct Stripe;
  struct Place;
  explicit ExchangeLeases(void* memory) : memory_(memory) {}
  [[nodiscard]] Stripe& stripe_of(const VisitorKey& key) const;
  void end(const Part& part, const Shared* shared);

  void* memory_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_SINGLE_FLIGHT_H_
