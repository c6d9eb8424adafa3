// What happens when httpd reads its configuration: checks, warnings, and the memory that its
// processes share.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_START_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_START_H_

#include <httpd.h>

#include <mpm_common.h>

#include "crowd_confluence/shared/shared_state.h"

namespace crowd_confluence::httpd {

/// check_config.
int check_configuration(apr_pool_t* config_pool, apr_pool_t* log_pool, apr_pool_t* temporary_pool,
                        server_rec* main_server) noexcept;

/// post_config.
int prepare_server(apr_pool_t* config_pool, apr_pool_t* log_pool, apr_pool_t* temporary_pool,
                   server_rec* main_server) noexcept;

/// child_status, in the parent process.
void note_child_status(server_rec* main_server, pid_t process, ap_generation_t generation, int slot,
                       mpm_child_status status) noexcept;

/// The memory that the processes share; null before prepare_server.
SharedState* shared_state();

/// Whether the configuration has a RemoteIPHeader for X-Forwarded-For anywhere.
bool some_mod_remoteip_reads_forwarded_for();

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_START_H_
