// What an administrator has written that httpd accepts, and that does not do what it seems to do.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_CONFIG_CHECKS_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_CONFIG_CHECKS_H_

#include <httpd.h>

namespace crowd_confluence::httpd {

/// Warns of it in the log of the (virtual) server concerned. To be called once a start, when the
/// whole configuration has been read.
void warn_of_what_does_not_hold(server_rec* main_server, apr_pool_t* temporary_pool);

/// Whether some mod_remoteip takes users' addresses from X-Forwarded-For. Otherwise every user
/// behind a proxy seems to be at that proxy's address.
bool reads_forwarded_for(apr_pool_t* temporary_pool);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_CONFIG_CHECKS_H_
