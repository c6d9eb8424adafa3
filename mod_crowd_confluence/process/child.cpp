#include "process/child.h"

#include <http_log.h>
#include <mpm_common.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <stdexcept>

#include "config/config.h"
#include "crowd_confluence/broker/background_refresh.h"
#include "crowd_confluence/broker/bounded_store.h"
#include "crowd_confluence/http/client.h"
#include "log.h"
#include "process/socache_store.h"
#include "process/start.h"
#include "process/token_cookie_name.h"

namespace crowd_confluence::httpd {
namespace {

/// What a child process has while it lives. Destroyed in reverse order: first the thread that uses
/// the rest, at last libcurl.
struct Child {
  explicit Child(server_rec* main_server)
      : store(make_store(main_server)),
        brokers(make_context(), default_max_waiting(), main_server) {}

  static std::unique_ptr<SessionStore> make_store(server_rec* main_server) {
    const SocacheProvider* provider = server_config(main_server).global.socache;
    if (provider == nullptr) return nullptr;
    return std::make_unique<BoundedStore>(std::make_shared<SocacheStore>(*provider, main_server));
  }

  /// Half of the server's threads: the other half goes on with what needs no Confluence.
  static std::uint32_t default_max_waiting() {
    int processes = 0;
    int threads = 0;
    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &processes);
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    const int all = std::max(processes, 1) * std::max(threads, 1);
    return static_cast<std::uint32_t>(std::max(all / 2, 1));
  }

  BrokerContext make_context() {
    SharedState* const state = shared_state();
    if (state == nullptr) throw std::runtime_error("there is no shared memory");
    BrokerContext context{*state};
    context.store = store.get();
    context.refresh = &refresh;
    return context;
  }

  HttpLibrary http_library;
  std::unique_ptr<SessionStore> store;
  Brokers brokers;
  BackgroundRefresh refresh;
};

// httpd's hooks have no parameter that could carry it.
Child* child = nullptr;

apr_status_t end_child(void*) {
  delete child;
  child = nullptr;
  return APR_SUCCESS;
}

}  // namespace

void start_child(apr_pool_t* child_pool, server_rec* main_server) {
  try {
    child = new Child(main_server);
  } catch (const std::exception& error) {
    ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                 CCF_CHILD_UNUSABLE "no sessions are obtained in this process: %s", error.what());
    return;
  }
  // Before the pool's sub-pools, in which others may keep what a thread of ours still uses.
  apr_pool_pre_cleanup_register(child_pool, nullptr, end_child);
  if (child->http_library.is_usable()) return ask_at_start(main_server, child->refresh);
  ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
               CCF_CHILD_UNUSABLE
               "no sessions are obtained in this process: libcurl cannot be used");
}

BackgroundRefresh* background() {
  return child != nullptr && child->http_library.is_usable() ? &child->refresh : nullptr;
}

Brokers* brokers() {
  return child != nullptr && child->http_library.is_usable() ? &child->brokers : nullptr;
}

}  // namespace crowd_confluence::httpd
