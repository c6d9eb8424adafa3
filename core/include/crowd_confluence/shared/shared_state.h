// Everything that the processes of one server share.

#ifndef CROWD_CONFLUENCE_SHARED_SHARED_STATE_H_
#define CROWD_CONFLUENCE_SHARED_SHARED_STATE_H_

#include <sys/types.h>

#include <cstddef>
#include <optional>

#include "shared/single_flight.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/keys.h"
#include "shared/session_table.h"
#include "shared/upstream_state.h"

namespace crowd_confluence {

/// A view of one piece of memory: anonymous, shared, never written to a file, as sessions lie in it
/// in the clear. What lies there has a layout number: `attach` refuses any other than this
/// library's own, and versions of the library with the same number can share it.
class CROWD_CONFLUENCE_EXPORT SharedState {
 public:
  [[nodiscard]] static std::size_t bytes_for(std::size_t visitors);

  /// `memory`: zeroed, aligned to 64, of bytes_for(visitors).
  static SharedState create(void* memory, std::size_t visitors, const Secret& secret);

  /// nullopt when what lies there has another layout number, or is for another number of visitors.
  static std::optional<SharedState> attach(void* memory, std::size_t visitors);

  [[nodiscard]] SessionTable& table() { return table_; }
  [[nodiscard]] ExchangeLeases& leases() { return leases_; }
  [[nodiscard]] SharedUpstreams& upstreams() { return upstreams_; }
  [[nodiscard]] const Secret& secret() const { return *secret_; }

  /// To be called when a process that used this has ended, however it did.
  void process_ended(pid_t process);

 private:
  SharedState(const Secret* secret, SessionTable table, ExchangeLeases leases,
              SharedUpstreams upstreams)
      : secret_(secret), table_(table), leases_(leases), upstreams_(upstreams) {}

  const Secret* secret_;  // in the memory, so that it is kept as long as what it made
  SessionTable table_;
  ExchangeLeases leases_;
  SharedUpstreams upstreams_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SHARED_SHARED_STATE_H_
