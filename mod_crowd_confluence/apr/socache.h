// A provider of httpd's small object caches, as mod_socache_memcache is one.

#ifndef MOD_CROWD_CONFLUENCE_APR_SOCACHE_H_
#define MOD_CROWD_CONFLUENCE_APR_SOCACHE_H_

#include <httpd.h>

#include <ap_socache.h>

namespace crowd_confluence::httpd {

/// The provider that CrowdConfluenceSOCache chose, with its arguments. Lives as long as the
/// configuration.
struct SocacheProvider {
  const ap_socache_provider_t* functions;
  ap_socache_instance_t* instance;
};

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_APR_SOCACHE_H_
