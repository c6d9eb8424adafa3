// Where the module stands in httpd.

#include <httpd.h>

#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include "lifecycle.h"
#include "module_functions.h"
#include "request.h"
#include "response.h"

namespace cc = crowd_confluence;

void crowd_confluence_register_hooks(apr_pool_t*) {
  // mod_rewrite decides where a request goes; mod_headers may want to use what we found out.
  static const char* const kAfter[] = {"mod_rewrite.c", nullptr};
  static const char* const kBefore[] = {"mod_headers.c", nullptr};

  // Refuse a configuration that cannot work where `httpd -t` does, before a restart relies on it.
  ap_hook_check_config(cc::check_configuration, nullptr, nullptr, APR_HOOK_MIDDLE);
  // Say what is dangerous, and get the memory that the processes share before there are any.
  ap_hook_post_config(cc::prepare_server, nullptr, nullptr, APR_HOOK_MIDDLE);
  // libcurl and what uses it belong to one process and end with it.
  ap_hook_child_init(cc::start_child, nullptr, nullptr, APR_HOOK_MIDDLE);
  // The parent learns at once when a child has ended, even if it was killed: what that one held is
  // free.
  ap_hook_child_status(cc::note_child_status, nullptr, nullptr, APR_HOOK_MIDDLE);
  // After authentication and authorization, so that nothing is asked for a request that is refused,
  // and when it is known who will answer it.
  ap_hook_fixups(cc::fix_up_request, kAfter, kBefore, APR_HOOK_MIDDLE);
  // What Confluence gave must not get out, neither with an answer nor with an error page.
  cc::register_response_filter();
  ap_hook_insert_filter(cc::insert_response_filter, nullptr, nullptr, APR_HOOK_LAST);
  ap_hook_insert_error_filter(cc::insert_error_response_filter, nullptr, nullptr, APR_HOOK_LAST);
}
