// What lies in the memory of a SharedState.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_SHARED_PARTS_H_
#define CROWD_CONFLUENCE_SRC_SHARED_SHARED_PARTS_H_

#include "crowd_confluence/shared/shared_state.h"
#include "shared/session_table.h"
#include "shared/single_flight.h"
#include "shared/upstream_state.h"

namespace crowd_confluence {

/// Views of the parts; copy them as you like. The state has its upstreams.
struct SharedParts {
  explicit SharedParts(const SharedState& state);

  SessionTable table;
  SingleFlight flights;
  UpstreamStates upstreams;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_SHARED_PARTS_H_
