// What a child process owns, from its start to its end.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_CHILD_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_CHILD_H_

#include <httpd.h>

#include "crowd_confluence/broker/background_refresh.h"
#include "process/brokers.h"

namespace crowd_confluence::httpd {

/// child_init.
void start_child(apr_pool_t* child_pool, server_rec* main_server);

/// Where work is done that no request waits for; null when the child could not start.
BackgroundRefresh* background();

/// The brokers of this child process; null when the child could not start.
Brokers* brokers();

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_CHILD_H_
