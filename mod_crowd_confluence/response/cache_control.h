// What a response says of caches that serve many users.

#ifndef MOD_CROWD_CONFLUENCE_RESPONSE_CACHE_CONTROL_H_
#define MOD_CROWD_CONFLUENCE_RESPONSE_CACHE_CONTROL_H_

#include <httpd.h>

namespace crowd_confluence::httpd {

/// The later one outweighs.
enum class Sharing {
  unsaid,    // a shared cache may decide by itself
  allowed,   // `public` or `s-maxage`
  forbidden  // `private` or `no-store`
};

/// Adds `private` to the response's Cache-Control if it says nothing of shared caches (RFC 9111,
/// section 5.2.2). What it said before.
Sharing limit_sharing(request_rec& response);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_RESPONSE_CACHE_CONTROL_H_
