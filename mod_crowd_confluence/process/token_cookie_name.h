// CrowdConfluenceTokenCookie auto: Crowd is asked for the SSO cookie's name, in the background.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_TOKEN_COOKIE_NAME_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_TOKEN_COOKIE_NAME_H_

#include <httpd.h>

#include "config/config.h"
#include "crowd_confluence/broker/background_refresh.h"

namespace crowd_confluence::httpd {

/// To be called at a child's start, for each section of all servers that says by itself how to ask.
/// So the name is mostly known before the first request.
void ask_at_start(server_rec* main_server, BackgroundRefresh& background) noexcept;

/// To be called for each request to which `config` holds. Asks if it is time and no other process
/// does; waits for nothing. The last good answer stays until there is another one.
void ask_when_due(const DirectoryConfig& config, server_rec* server, BackgroundRefresh& background,
                  apr_time_t now) noexcept;

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_TOKEN_COOKIE_NAME_H_
