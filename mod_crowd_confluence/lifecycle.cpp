#include "lifecycle.h"

#include <httpd.h>

#include <http_config.h>
#include <http_core.h>
#include <mpm_common.h>
#include <sys/mman.h>

#include <cstring>
#include <exception>
#include <memory>
#include <new>

#include "config.h"
#include "crowd_confluence/http_client.h"
#include "log.h"
#include "proxy.h"

namespace crowd_confluence {
namespace {

/// What a child process has while it lives. Destroyed in reverse order.
struct Child {
  HttpLibrary http_library;
  Brokers brokers;
};

/// Shared by all processes of this generation.
struct SharedFlags {
  std::atomic<bool> warned_of_cookie_clash = false;
};

// httpd's hooks have no parameter that could carry these.
Child* child = nullptr;
SharedFlags* shared_flags = nullptr;

apr_status_t unmap_shared_flags(void* flags) {
  munmap(flags, sizeof(SharedFlags));
  shared_flags = nullptr;
  return APR_SUCCESS;
}

bool map_shared_flags(apr_pool_t* pool) {
  void* memory =
      mmap(nullptr, sizeof(SharedFlags), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  shared_flags = new (memory) SharedFlags;
  apr_pool_cleanup_register(pool, memory, unmap_shared_flags, apr_pool_cleanup_null);
  return true;
}

apr_status_t end_child(void*) {
  delete child;
  child = nullptr;
  return APR_SUCCESS;
}

/// httpd reads its configuration twice at the start; what is to be said is said the second time.
bool is_first_reading() {
  return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;
}

bool is_complete(const server_rec* server, const ServerConfig& main_config) {
  const ServerConfig& config = server_config(server);
  return config.first_enabled == nullptr || config.has_url || main_config.has_url;
}

}  // namespace

int check_configuration(apr_pool_t* config_pool, apr_pool_t*, apr_pool_t*,
                        server_rec* main_server) {
  for (const server_rec* server = main_server; server != nullptr; server = server->next) {
    const ServerConfig& config = server_config(server);
    if (is_complete(server, server_config(main_server))) continue;
    ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_EMERG, 0, server,
                 CCF_NO_URL
                 "CrowdConfluence is On for %s, and no CrowdConfluenceURL says where Confluence is",
                 config.first_enabled);
    return HTTP_INTERNAL_SERVER_ERROR;
  }
  if (is_first_reading()) return OK;

  for (const server_rec* server = main_server; server != nullptr; server = server->next) {
    const apr_array_header_t* warnings = server_config(server).warnings;
    for (int i = 0; i < warnings->nelts; ++i)
      ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server, "%s",
                   APR_ARRAY_IDX(warnings, i, const char*));
  }
  find_proxy_module();
  if (!map_shared_flags(config_pool)) {
    ap_log_error(APLOG_MARK, APLOG_EMERG, errno, main_server,
                 CCF_INTERNAL "no shared memory for mod_crowd_confluence");
    return HTTP_INTERNAL_SERVER_ERROR;
  }
  ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, main_server,
               CCF_STARTED "mod_crowd_confluence " CROWD_CONFLUENCE_VERSION);
  return OK;
}

void start_child(apr_pool_t* child_pool, server_rec* main_server) {
  child = new (std::nothrow) Child;
  if (child == nullptr || !child->http_library.is_usable()) {
    ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                 CCF_CURL_UNUSABLE
                 "libcurl cannot be used in this process: no sessions are obtained here");
    end_child(nullptr);
    return;
  }
  apr_pool_cleanup_register(child_pool, nullptr, end_child, apr_pool_cleanup_null);
}

Brokers* brokers() {
  return child != nullptr ? &child->brokers : nullptr;
}

bool first_to_warn_of_cookie_clash() {
  return shared_flags != nullptr && !shared_flags->warned_of_cookie_clash.exchange(true);
}

}  // namespace crowd_confluence
