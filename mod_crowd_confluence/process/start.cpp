#include "process/start.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>

#include "config/config.h"
#include "config/reading.h"
#include "crowd_confluence/shared/shared_state.h"
#include "log.h"
#include "process/check_guard.h"
#include "process/config_checks.h"
#include "process/readable_files.h"
#include "process/shared_memory.h"
#include "process/socache_store.h"
#include "process/warn_once.h"

namespace crowd_confluence::httpd {
namespace {

// httpd's hooks have no parameter that could carry these.
std::optional<SharedState> memory;
bool is_address_explained = false;

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

/// Where Crowd is to be asked for the SSO cookie's name although no section says how; or null.
const char* unanswerable_token_cookie(const server_rec* main_server) {
  const char* place = nullptr;
  bool has_crowd = false;
  bool has_application = false;
  for (const server_rec* server = main_server; server != nullptr; server = server->next) {
    const ServerConfig& config = server_config(server);
    if (place == nullptr) place = config.first_told_cookie;
    has_crowd |= config.has_crowd;
    has_application |= config.has_crowd_application;
  }
  return has_crowd && has_application ? nullptr : place;
}

int refuse_start(const server_rec* server, const char* text) {
  ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_EMERG, 0, server, "%s", text);
  return HTTP_INTERNAL_SERVER_ERROR;
}

/// What the configuration gives cause for, in the log, or on the terminal for `httpd -t`.
void say_messages(server_rec* main_server, apr_pool_t* temporary_pool) {
  for (const server_rec* server = main_server; server != nullptr; server = server->next) {
    if (!has_own_settings(server, main_server)) continue;
    const apr_array_header_t* messages = server_config(server).messages;
    for (int i = 0; i < messages->nelts; ++i) {
      const StartMessage& message = APR_ARRAY_IDX(messages, i, const StartMessage);
      ap_log_error(APLOG_MARK, message.level, 0, server, "%s", message.text);
    }
    warn_of_unreadable_files(server);
  }
  warn_of_what_does_not_hold(main_server, temporary_pool);
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

/// A store that has worked for the server until now must not end it. False when it stops the start.
bool open_store(GlobalConfig& global, server_rec* main_server, apr_pool_t* config_pool) {
  if (global.socache == nullptr) return true;
  const char* problem = init_socache(*global.socache, main_server, config_pool);
  if (problem == nullptr) return true;
  global.socache = nullptr;
  if (is_first_reading()) {
    refuse_start(
        main_server,
        apr_psprintf(config_pool, CCF_STORE_UNUSABLE "CrowdConfluenceSOCache cannot be used: %s",
                     problem));
    return false;
  }
  ap_log_error(APLOG_MARK, APLOG_ERR, 0, main_server,
               CCF_STORE_UNUSABLE
               "CrowdConfluenceSOCache cannot be used: %s. This server goes on without a store. "
               "Remedy: correct the line, and restart httpd",
               problem);
  return true;
}

int prepare(apr_pool_t* config_pool, apr_pool_t* temporary_pool, server_rec* main_server) {
  GlobalConfig& global = server_config(main_server).global;
  memory = open_shared_memory(global, main_server->process);
  if (!memory)
    return refuse_start(main_server, CCF_NO_MEMORY
                        "there is not enough shared memory for CrowdConfluenceTableSize");
  if (!begin_upstreams(*memory, most_upstreams(main_server), config_pool) ||
      !forget_warnings(config_pool) || !begin_check_guard(config_pool))
    return refuse_start(main_server, CCF_NO_MEMORY "there is no shared memory at all");
  if (!open_store(global, main_server, config_pool)) return HTTP_INTERNAL_SERVER_ERROR;
  // The second reading of a start says the same again, and then it goes into the log.
  if (is_first_reading()) return OK;
  is_address_explained = reads_forwarded_for(temporary_pool);
  say_messages(main_server, temporary_pool);
  ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, main_server,
               CCF_STARTED "mod_crowd_confluence " CROWD_CONFLUENCE_VERSION);
  return OK;
}

}  // namespace

namespace {

int check(apr_pool_t* pool, apr_pool_t* temporary_pool, server_rec* main_server) {
  for (const server_rec* server = main_server; server != nullptr; server = server->next) {
    if (is_complete(server, main_server)) continue;
    return refuse_start(
        server,
        apr_psprintf(pool,
                     CCF_NO_URL "CrowdConfluence is On in %s, and no CrowdConfluenceURL says where "
                                "Confluence is",
                     server_config(server).first_enabled));
  }
  if (const char* place = unanswerable_token_cookie(main_server))
    return refuse_start(
        main_server,
        apr_psprintf(pool,
                     CCF_NO_CROWD "'CrowdConfluenceTokenCookie auto' in %s asks Crowd, and "
                                  "CrowdConfluenceCrowdURL and CrowdConfluenceCrowdApplication "
                                  "are not both set anywhere",
                     place));
  const GlobalConfig& global = server_config(main_server).global;
  if (global.socache != nullptr && global.secret == nullptr)
    return refuse_start(main_server, CCF_NO_SECRET
                        "CrowdConfluenceSOCache needs a CrowdConfluenceSecret, the same on every "
                        "machine, to seal what goes into the store");
  if (is_configuration_test()) say_messages(main_server, temporary_pool);
  return OK;
}

/// No exception crosses into httpd.
template <typename Function>
int guarded_start(apr_pool_t* pool, const server_rec* main_server, Function function) noexcept {
  try {
    return function();
  } catch (const std::exception& error) {
    return refuse_start(
        main_server,
        apr_psprintf(pool, CCF_INTERNAL "mod_crowd_confluence cannot start: %s", error.what()));
  }
}

}  // namespace

int check_configuration(apr_pool_t* config_pool, apr_pool_t*, apr_pool_t* temporary_pool,
                        server_rec* main_server) noexcept {
  return guarded_start(config_pool, main_server,
                       [&] { return check(config_pool, temporary_pool, main_server); });
}

int prepare_server(apr_pool_t* config_pool, apr_pool_t*, apr_pool_t* temporary_pool,
                   server_rec* main_server) noexcept {
  return guarded_start(config_pool, main_server,
                       [&] { return prepare(config_pool, temporary_pool, main_server); });
}

bool some_mod_remoteip_reads_forwarded_for() {
  return is_address_explained;
}

void note_child_status(server_rec*, pid_t process, ap_generation_t, int,
                       mpm_child_status status) noexcept {
  if (status == MPM_CHILD_EXITED && memory) memory->process_ended(process);
}

SharedState* shared_state() {
  return memory ? &*memory : nullptr;
}

}  // namespace crowd_confluence::httpd
