// What a response says of caches that serve many users.

#ifndef MOD_CROWD_CONFLUENCE_RESPONSE_CACHE_CONTROL_H_
#define MOD_CROWD_CONFLUENCE_RESPONSE_CACHE_CONTROL_H_

#include <apr_pools.h>
#include <apr_tables.h>

namespace crowd_confluence::httpd {

/// The later one outweighs.
enum class Sharing {
  unsaid,    // a shared cache may decide by itself
  allowed,   // `public` or `s-maxage`
  forbidden  // `private` or `no-store`
};

/// What the value of a Cache-Control header says (RFC 9111, section 5.2.2).
Sharing sharing_said_in(const char* value);

/// Adds `private` to a Cache-Control header, in front: a quote that the app left open cannot
/// swallow it.
void add_private(apr_table_entry_t& cache_control, apr_pool_t* pool);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_RESPONSE_CACHE_CONTROL_H_
