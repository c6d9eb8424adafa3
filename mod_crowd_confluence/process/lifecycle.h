// What happens once: at httpd's start, and at the start and end of a child process.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_LIFECYCLE_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_LIFECYCLE_H_

#include <httpd.h>

#include <mpm_common.h>

#include "process/brokers.h"

namespace crowd_confluence {

/// check_config.
int check_configuration(apr_pool_t* config_pool, apr_pool_t* log_pool, apr_pool_t* temporary_pool,
                        server_rec* main_server) noexcept;

/// post_config.
int prepare_server(apr_pool_t* config_pool, apr_pool_t* log_pool, apr_pool_t* temporary_pool,
                   server_rec* main_server);

/// child_init.
void start_child(apr_pool_t* child_pool, server_rec* main_server);

/// child_status, in the parent process.
void note_child_status(server_rec* main_server, pid_t process, ap_generation_t generation, int slot,
                       mpm_child_status status) noexcept;

/// The brokers of this child process; null when the child could not start.
Brokers* brokers();

}  // namespace crowd_confluence

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_LIFECYCLE_H_
