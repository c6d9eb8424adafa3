#include "process/start.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>

#include "config/config.h"
#include "crowd_confluence/shared/shared_state.h"
#include "log.h"
#include "process/shared_memory.h"
#include "process/socache_store.h"
#include "process/warn_once.h"

namespace crowd_confluence::httpd {
namespace {

// httpd's hooks have no parameter that could carry it.
std::optional<SharedState> memory;

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

/// How many Confluences, and ways to reach them, there may be. Each section's settings may meet
/// those of each other one: a Location of the main server's in each virtual host. What is not
/// needed costs no memory.
std::size_t most_upstreams(const server_rec* main_server) {
  std::size_t sections = 0;
  for (const server_rec* server = main_server; server != nullptr; server = server->next)
    if (has_own_settings(server, main_server)) sections += server_config(server).sections;
  constexpr std::size_t kMost = 64 * 1024;
  return std::min(kMost, sections * sections + 1);
}

int prepare(apr_pool_t* config_pool, server_rec* main_server) {
  const GlobalConfig& global = server_config(main_server).global;
  memory = open_shared_memory(global, main_server->process);
  if (!memory)
    return refuse_start(main_server, CCF_NO_MEMORY
                        "there is not enough shared memory for CrowdConfluenceTableSize");
  if (!begin_upstreams(*memory, most_upstreams(main_server), config_pool) ||
      !forget_warnings(config_pool))
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

void note_child_status(server_rec*, pid_t process, ap_generation_t, int,
                       mpm_child_status status) noexcept {
  if (status == MPM_CHILD_EXITED && memory) memory->process_ended(process);
}

SharedState* shared_state() {
  return memory ? &*memory : nullptr;
}

}  // namespace crowd_confluence::httpd
