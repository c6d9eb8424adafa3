// The memory that all child processes share: what outlives a restart of httpd, and what does not.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_SHARED_MEMORY_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_SHARED_MEMORY_H_

#include <httpd.h>

#include <cstddef>
#include <optional>

#include "config/config.h"
#include "crowd_confluence/shared/shared_state.h"

namespace crowd_confluence::httpd {

/// At the start and at every restart: the memory of the generation before if it fits the
/// configuration, so that sessions survive; otherwise a new one. nullopt when there is not enough.
std::optional<SharedState> open_shared_memory(const GlobalConfig& config, process_rec* process);

/// At the start and at every restart, after that: what is known of so many Confluences begins anew.
/// Children of the generation before keep what they knew. False when there is not enough memory.
bool begin_upstreams(SharedState& state, std::size_t upstreams, apr_pool_t* config_pool);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_SHARED_MEMORY_H_
