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
#include "crowd_confluence/keys.h"
#include "crowd_confluence/outcome.h"

namespace crowd_confluence {

/// A view of shared memory; copy it as you like. Thread-safe, and safe across processes that may be
/// killed at any step.
class SingleFlight {
 public:
  [[nodiscard]] static std::size_t bytes();
  /// `memory`: zeroed, shared, aligned to 64, of bytes().
  static SingleFlight create(void* memory);
  static SingleFlight attach(void* memory);

  /// One's ticket in the exchange for a visitor.
  struct Ticket {
    enum Role {
      leads,    // ask Confluence, then call `done` or `give_up`
      follows,  // call `wait`
      solo      // too many are being asked for at once: ask, and share with nobody
    } role = solo;
    VisitorKey key = {};
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
  };

  /// `process` is the caller's.
  [[nodiscard]] Ticket join(const VisitorKey& key, Moment now, Duration lease, pid_t process);

  /// The leader's result, for the followers. Does nothing if the lease has run out and another
  /// leads.
  void done(const Ticket& ticket, Result result, Reason reason);

  /// The leader has no result that is of use to others: its followers join again. Does nothing if
  /// another leads.
  void give_up(const Ticket& ticket);

  struct Answer {
    Result result;
    Reason reason;
  };

  /// Waits for the leader's result, or that of a later one, until the lease of the one who leads
  /// meanwhile runs out, or `deadline`. nullopt: there is none, and the caller should join again.
  [[nodiscard]] std::optional<Answer> wait(const Ticket& ticket, const Clock& clock,
                                           Moment deadline);

  /// Ends the leases of a process that is no more.
  void process_ended(pid_t process);

 private:
  struct Stripe;
  struct Slot;
  explicit SingleFlight(void* memory) : memory_(memory) {}
  [[nodiscard]] Stripe& stripe_of(const VisitorKey& key) const;
  void end(const Ticket& ticket, const Answer* answer);

  void* memory_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_SINGLE_FLIGHT_H_
