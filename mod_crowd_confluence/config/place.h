// Where a directive stands in httpd's configuration, for messages.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_PLACE_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_PLACE_H_

#include <httpd.h>

#include <http_config.h>

namespace crowd_confluence::httpd {

/// The section, the file and the line: `<Location /app/> (/etc/httpd/conf.d/app.conf:12)`, or
/// `the server (...)` outside of all sections. Lives in the pool.
const char* place_of(apr_pool_t* pool, const ap_directive_t& directive);

/// Where the directive stands that is being read. Lives as long as the configuration.
inline const char* place_of(const cmd_parms* cmd) {
  return place_of(cmd->pool, *cmd->directive);
}

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_PLACE_H_
