// The servers of a store, as mod_socache_redis and mod_socache_memcache take them.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_STORE_SERVERS_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_STORE_SERVERS_H_

#include <string>
#include <string_view>

#include "crowd_confluence/expected.h"

namespace crowd_confluence::httpd {

/// Reads `host[:port]`, several with commas; a host is a name, an IPv4 address, or an IPv6 address
/// in brackets. The providers look at this when httpd has begun to start, at the first connection,
/// or never. The list comes back without blanks around its commas, which they take for names.
Expected<std::string, Problem> parse_store_servers(std::string_view list);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_STORE_SERVERS_H_
