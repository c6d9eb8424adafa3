#include "process/lifecycle.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>

#include <algorithm>
#include <exception>
#include <optional>

#include "config/config.h"
#include "crowd_confluence/http/client.h"
#include "crowd_confluence/broker/background_refresh.h"
#include "crowd_confluence/shared/shared_state.h"
#include "request/forwarded_for_by_proxy.h"
#include "log.h"
#include "process/logged_events.h"
#include "process/warn_once.h"
#include "process/shared_memory.h"
#include "process/socache_store.h"

namespace crowd_confluence {
namespace {

// httpd's hooks have no parameter that could carry these.
std::optional<SharedState> shared_state;

/// What a child process has while it lives. Destroyed in reverse order: first the thread that uses
/// the rest, at last libcurl.
struct Child {
  explicit Child(server_rec* main_server)
      : events(main_server),
        store(make_store(main_server)),
        brokers(surroundings(), default_max_waiting()) {}

  static std::optional<SocacheStore> make_store(server_rec* main_server) {
    const SocacheProvider* provider = server_config(main_server).global.socache;
    if (provider == nullptr) return std::nullopt;
    return SocacheStore(*provider, main_server);
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

  BrokerSurroundings surroundings() {
    BrokerSurroundings around{shared_state.value()};
    around.store = store ? &*store : nullptr;
    around.renewals = &renewals;
    around.events = &events;
    return around;
  }

  HttpLibrary http_library;
  LoggedEvents events;
  std::optional<SocacheStore> store;
  Brokers brokers;
  Renewals renewals;
};

Child* child = nullptr;

apr_status_t end_child(void*) {
  delete child;
  child = nullptr;
  return APR_SUCCESS;
}

bool is_first_reading() {
  return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;
}

/// httpd lets a virtual host without a directive of this module have the main server's settings.
bool has_own_settings(const server_rec* server, const server_rec* main_server) {
  return server == main_server || &server_config(server) != &server_config(main_server);
}

bool has_url(const server_rec* server) {
  return server_config(server).has_url;
}

/// What the main server switches on holds in its virtual hosts as well, and each of them may have a
/// Confluence of its own. Whether somebody without one is ever asked for it comes out at run time.
bool is_complete(const server_rec* server, const server_rec* main_server) {
  if (!has_own_settings(server, main_server)) return true;
  if (server_config(server).first_enabled == nullptr || has_url(server) || has_url(main_server))
    return true;
  if (server != main_server) return false;
  for (const server_rec* host = main_server->next; host != nullptr; host = host->next)
    if (has_url(host)) return true;
  return false;
}

int refuse_start(const server_rec* server, const char* text) {
  ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_EMERG, 0, server, "%s", text);
  return HTTP_INTERNAL_SERVER_ERROR;
}

void say_warnings(const server_rec* main_server) {
  for (const server_rec* server = main_server; server != nullptr; server = server->next) {
    if (!has_own_settings(server, main_server)) continue;
    const apr_array_header_t* warnings = server_config(server).warnings;
    for (int i = 0; i < warnings->nelts; ++i)
      ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server, "%s",
                   APR_ARRAY_IDX(warnings, i, const char*));
  }
}

int prepare(apr_pool_t* config_pool, server_rec* main_server) {
  find_proxy_module();
  const GlobalConfig& global = server_config(main_server).global;
  shared_state = open_shared_memory(global, main_server->process);
  if (!shared_state)
    return refuse_start(main_server, CCF_NO_MEMORY
                        "there is not enough shared memory for CrowdConfluenceTableSize");
  if (!forget_what_was_said(config_pool))
    return refuse_start(main_server, CCF_NO_MEMORY "there is no shared memory at all");
  if (global.socache != nullptr)
    if (const char* problem = init_socache(*global.socache, main_server, config_pool))
      return refuse_start(
          main_server,
          apr_pstrcat(config_pool,
                      CCF_NO_SOCACHE "CrowdConfluenceSOCache cannot be used: ", problem, nullptr));
  // httpd reads its configuration twice at the start. What cannot work must come out at the first
  // time, while somebody looks; what is to be said is said at the second, in the log.
  if (is_first_reading()) return OK;
  say_warnings(main_server);
  ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, main_server,
               CCF_STARTED "mod_crowd_confluence " CROWD_CONFLUENCE_VERSION);
  return OK;
}

}  // namespace

int check_configuration(apr_pool_t* pool, apr_pool_t*, apr_pool_t*,
                        server_rec* main_server) noexcept {
  for (const server_rec* server = main_server; server != nullptr; server = server->next) {
    if (is_complete(server, main_server)) continue;
    return refuse_start(
        server, apr_pstrcat(pool, CCF_NO_URL "CrowdConfluence is On for ",
                            server_config(server).first_enabled,
                            ", and no CrowdConfluenceURL says where Confluence is", nullptr));
  }
  const GlobalConfig& global = server_config(main_server).global;
  if (global.socache != nullptr && global.secret == nullptr)
    return refuse_start(main_server, CCF_NO_SECRET
                        "CrowdConfluenceSOCache needs a CrowdConfluenceSecret, the same on every "
                        "machine, to seal what goes into the store");
  return OK;
}

int prepare_server(apr_pool_t* config_pool, apr_pool_t*, apr_pool_t*, server_rec* main_server) {
  try {
    return prepare(config_pool, main_server);
  } catch (const std::exception& error) {
    return refuse_start(main_server,
                        apr_pstrcat(config_pool, CCF_INTERNAL "mod_crowd_confluence cannot start: ",
                                    error.what(), nullptr));
  }
}

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
  if (child->http_library.is_usable()) return;
  ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
               CCF_CHILD_UNUSABLE
               "no sessions are obtained in this process: libcurl cannot be used");
}

void note_child_status(server_rec*, pid_t process, ap_generation_t, int,
                       mpm_child_status status) noexcept {
  if (status == MPM_CHILD_EXITED && shared_state) shared_state->process_ended(process);
}

Brokers* brokers() {
  return child != nullptr && child->http_library.is_usable() ? &child->brokers : nullptr;
}

}  // namespace crowd_confluence
