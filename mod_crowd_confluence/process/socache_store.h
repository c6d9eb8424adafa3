// Sessions that several machines share, through httpd's providers of small object caches.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_SOCACHE_STORE_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_SOCACHE_STORE_H_

#include <httpd.h>

#include <atomic>

#include "apr/socache.h"
#include "crowd_confluence/broker/bounded_store.h"

namespace crowd_confluence::httpd {

/// The providers know no time limit: mod_socache_redis (httpd 2.4.71, APR-util 1.6.3) gives its
/// time-out in microseconds to a library that takes it for seconds, and so waits for days.
/// Therefore BoundedStore stands before it.
///
/// Thread-safe, as the providers are that CrowdConfluenceSOCache accepts.
class SocacheStore final : public BlockingStore {
 public:
  /// `provider` is initialised; `server` is where messages go. Both outlive the process.
  SocacheStore(const SocacheProvider& provider, server_rec* server)
      : provider_(provider), server_(server) {}

  Answer get(const VisitorKey& key, std::string& data) override;
  Answer put(const VisitorKey& key, std::string_view data, std::chrono::milliseconds ttl) override;
  Answer remove(const VisitorKey& key) override;
  void begins_to_fail(bool has_timed_out) noexcept override;
  void works_again() noexcept override;

 private:
  Answer answer_of(apr_status_t status);

  const SocacheProvider provider_;
  server_rec* const server_;
  std::atomic<apr_status_t> last_failure_{APR_SUCCESS};
};

/// Connects the provider until the pool ends; to be called once at the start. Says what went wrong,
/// or nothing.
const char* init_socache(const SocacheProvider& provider, server_rec* server, apr_pool_t* pool);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_SOCACHE_STORE_H_
