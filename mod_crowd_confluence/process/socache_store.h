// Sessions that several machines share, through httpd's providers of small object caches.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_SOCACHE_STORE_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_SOCACHE_STORE_H_

#include <httpd.h>

#include <ap_socache.h>

#include <memory>

#include "crowd_confluence/broker/session_store.h"

namespace crowd_confluence::httpd {

class BoundedCalls;

/// A provider as CrowdConfluenceSOCache chose it.
struct SocacheProvider {
  const ap_socache_provider_t* functions;
  ap_socache_instance_t* instance;
};

/// Waits for the provider for kMaxWait at most, and goes on without it then. The providers know no
/// bound: mod_socache_redis (httpd 2.4.71, APR-util 1.6.3) gives its time-out in microseconds to a
/// library that takes it for seconds, and so waits for days. A store that fails is left alone for a
/// while by this process, so that neither requests nor the log suffer.
///
/// Thread-safe, as the providers are that CrowdConfluenceSOCache accepts. Lives in a child process:
/// it has threads.
class SocacheStore final : public SessionStore {
 public:
  /// `provider` is initialised; `server` is where messages go. Both outlive the process.
  SocacheStore(const SocacheProvider& provider, server_rec* server);
  /// Does not wait for a store that hangs.
  ~SocacheStore() override;
  SocacheStore(SocacheStore&&) noexcept;
  SocacheStore& operator=(SocacheStore&&) noexcept;

  std::optional<std::string> get(const VisitorKey& key) noexcept override;
  void put(const VisitorKey& key, std::string_view data,
           std::chrono::milliseconds ttl) noexcept override;
  void remove(const VisitorKey& key) noexcept override;

 private:
  class Health;

  void note_failure(apr_status_t status) const noexcept;

  SocacheProvider provider_;
  server_rec* server_;
  std::unique_ptr<Health> health_;
  std::unique_ptr<BoundedCalls> calls_;
};

/// Connects the provider until the pool ends; to be called once at the start. Says what went wrong,
/// or nothing.
const char* init_socache(const SocacheProvider& provider, server_rec* server, apr_pool_t* pool);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_SOCACHE_STORE_H_
