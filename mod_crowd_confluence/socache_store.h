// Sessions that several machines share, through httpd's providers of small object caches.

#ifndef MOD_CROWD_CONFLUENCE_SOCACHE_STORE_H_
#define MOD_CROWD_CONFLUENCE_SOCACHE_STORE_H_

#include <httpd.h>

#include <ap_socache.h>

#include "crowd_confluence/session_store.h"

namespace crowd_confluence {

/// A provider as CrowdConfluenceSOCache chose it.
struct SocacheProvider {
  const ap_socache_provider_t* functions;
  ap_socache_instance_t* instance;
};

/// Thread-safe, as the providers are that CrowdConfluenceSOCache accepts.
class SocacheStore final : public SessionStore {
 public:
  /// `provider` is initialised; `server` is where its messages go.
  SocacheStore(const SocacheProvider& provider, server_rec* server)
      : provider_(provider), server_(server) {}

  std::optional<std::string> get(const VisitorKey& key) noexcept override;
  void put(const VisitorKey& key, std::string_view data,
           std::chrono::milliseconds ttl) noexcept override;
  void remove(const VisitorKey& key) noexcept override;

 private:
  SocacheProvider provider_;
  server_rec* server_;
};

/// Connects the provider until the pool ends; to be called once at the start. Says what went wrong,
/// or nothing.
const char* init_socache(const SocacheProvider& provider, server_rec* server, apr_pool_t* pool);

}  // namespace crowd_confluence

#endif  // MOD_CROWD_CONFLUENCE_SOCACHE_STORE_H_
