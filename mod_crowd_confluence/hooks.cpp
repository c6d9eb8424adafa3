// Where the module stands in httpd.

#include <httpd.h>

#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include "handlers/check.h"
#include "module_functions.h"
#include "process/child.h"
#include "process/start.h"
#include "request/balancer_cookies.h"
#include "request/fixup.h"
#include "request/httpd_cache.h"
#include "request/proxy_module.h"
#include "request/state.h"
#include "response/response_filter.h"

namespace cc = crowd_confluence::httpd;

namespace {

int find_others(apr_pool_t*, apr_pool_t*, apr_pool_t*, server_rec*) noexcept {
  cc::find_proxy_module();
  cc::find_cache_module();
  return OK;
}

int take_place_around_others(apr_pool_t*, apr_pool_t*, apr_pool_t*) noexcept {
  cc::stand_around_balancers();
  return OK;
}

// Handlers that answer nothing by themselves.

int fix_up_what_took_its_place(request_rec* request) noexcept {
  if (!cc::needs_another_fixup(*request)) return DECLINED;
  const bool is_filtered = cc::state_of(request) != nullptr;
  const int status = cc::fix_up_again(*request);
  if (status != OK && status != DECLINED) return status;
  // The filters were inserted before the handlers are asked.
  if (!is_filtered) cc::insert_response_filter(request);
  return DECLINED;
}

int before_cache(request_rec* request) noexcept {
  const int status = fix_up_what_took_its_place(request);
  if (status == DECLINED) cc::hide_session_from_cache(*request);
  return status;
}

int after_cache(request_rec* request) noexcept {
  cc::show_session_again(*request);
  return DECLINED;
}

}  // namespace

void crowd_confluence_register_hooks(apr_pool_t*) {
  // mod_rewrite decides where a request goes; mod_headers may want to use what we found out.
  static const char* const kAfter[] = {"mod_rewrite.c", nullptr};
  static const char* const kBefore[] = {"mod_headers.c", nullptr};
  // It may answer from its cache.
  static const char* const kCache[] = {"mod_cache.c", nullptr};
  // What it adds to a response counts as the app's.
  static const char* const kHeaders[] = {"mod_headers.c", nullptr};

  // All modules are loaded by then, and hooks are not yet sorted for good.
  ap_hook_pre_config(take_place_around_others, nullptr, nullptr, APR_HOOK_MIDDLE);
  // Refuse a configuration that cannot work where `httpd -t` does, before a restart relies on it.
  ap_hook_check_config(cc::check_configuration, nullptr, nullptr, APR_HOOK_MIDDLE);
  // Say what is dangerous, and get the memory that the processes share before there are any.
  ap_hook_post_config(cc::prepare_server, nullptr, nullptr, APR_HOOK_MIDDLE);
  // The list of modules is complete by now, and searching it takes too long for each request.
  ap_hook_post_config(find_others, nullptr, nullptr, APR_HOOK_MIDDLE);
  // libcurl and what uses it belong to one process and end with it.
  ap_hook_child_init(cc::start_child, nullptr, nullptr, APR_HOOK_MIDDLE);
  // The parent learns at once when a child has ended, even if it was killed: what that one held is
  // free.
  ap_hook_child_status(cc::note_child_status, nullptr, nullptr, APR_HOOK_MIDDLE);
  // After authentication and authorization, so that nothing is asked for a request that is refused,
  // and when it is known who will answer it.
  ap_hook_fixups(cc::fix_up_request, kAfter, kBefore, APR_HOOK_MIDDLE);
  // mod_dir decides after the fixup what a directory is answered with.
  ap_hook_handler(before_cache, nullptr, kCache, APR_HOOK_REALLY_FIRST);
  ap_hook_handler(after_cache, kCache, nullptr, APR_HOOK_REALLY_FIRST);
  // The module's own pages, which SetHandler names.
  ap_hook_handler(cc::answer_check, nullptr, nullptr, APR_HOOK_MIDDLE);
  // What Confluence gave must not get out, neither with an answer nor with an error page.
  cc::register_response_filter();
  ap_hook_insert_filter(cc::insert_response_filter, kHeaders, nullptr, APR_HOOK_LAST);
  ap_hook_insert_error_filter(cc::insert_error_response_filter, kHeaders, nullptr, APR_HOOK_LAST);
}
