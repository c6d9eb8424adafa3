// How the simulated Crowd and Confluence are set up. Plain values: copy, change, hand over.
//
// Names of options are also their names in the control API's JSON and in the program's option file.
// All may be changed while the simulator runs (Simulator::configure_crowd, configure_confluence),
// except those grouped in Listener. README.md tells which of them shows which cause.
#pragma once

#include <cstddef>
#include <optional>

#include "confluence_options.h"
#include "crowd_options.h"

namespace atlassian {

struct SimulatorOptions {
  CrowdOptions crowd = {};
  /// Set: another Crowd runs beside the first. Confluence does not know it, nor does either Crowd
  /// know the other's tokens.
  std::optional<CrowdOptions> second_crowd = {};
  ConfluenceOptions confluence = {};
  /// Set: the control API is served there (see src/control.h).
  std::optional<Listener> control = {};
  /// How many requests are remembered for Simulator::requests(); older ones are forgotten.
  std::size_t remembered_requests = 10'000;
};

}  // namespace atlassian
