// The memory that all child processes share, and that outlives a restart of httpd.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_SHARED_MEMORY_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_SHARED_MEMORY_H_

#include <httpd.h>

#include <optional>

#include "config/config.h"
#include "crowd_confluence/shared/shared_state.h"

namespace crowd_confluence::httpd {

/// At the start and at every restart: the memory of the generation before if it fits the
/// configuration, so that sessions survive; otherwise a new one. nullopt when there is not enough.
std::optional<SharedState> open_shared_memory(const GlobalConfig& config, process_rec* process);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_SHARED_MEMORY_H_
