// What the module knows of a request.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_STATE_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_STATE_H_

#include <httpd.h>

#include <apr_tables.h>
#include <http_config.h>

#include <string_view>

#include "config/config.h"
#include "crowd_confluence/outcome.h"
#include "module_functions.h"
#include "request/request_headers.h"

namespace crowd_confluence::httpd {

/// What is known of a request once it has passed the fixup. Lives in the request's pool; the texts
/// are terminated by NUL.
struct RequestState {
  explicit RequestState(const DirectoryConfig& request_config) : config(&request_config) {}

  /// False where the module is off and requests are cleaned nevertheless: then there are headers,
  /// and nothing else.
  [[nodiscard]] bool is_on() const { return config->is_on(); }

  const DirectoryConfig* config;
  const char* filename = nullptr;  // the request's, at that time
  const char* handler = nullptr;   // as well
  RequestHeaders headers;
  SessionBroker* broker = nullptr;  // who was asked
  std::string_view token;
  std::string_view address;
  Result result = Result::missing;
  Source source = Source::none;
  Reason reason = Reason::no_cookie;
  int answered = 0;  // Confluence's status, if it was asked for this request
  std::string_view user;
  std::string_view cookies;               // the session's, as a Cookie header
  std::string_view return_url;            // as CROWD_CONFLUENCE_RETURN_URL has it
  const Reaction* refused_by = nullptr;   // the CrowdConfluenceWhen that ended this request
  Duration retry_after{0};                // as Outcome has it
  apr_table_t* hidden_headers = nullptr;  // the request's, while mod_cache sees others
  /// The Cookie header for the app while the balancer reads the browser's; empty if the app is to
  /// have none.
  const char* cookie_for_app = nullptr;
};

/// The state of this very request, whether the module is on for it or only cleans it; null if it
/// has none.
inline RequestState* own_state_of(const request_rec* request) {
  return static_cast<RequestState*>(
      ap_get_module_config(request->request_config, &crowd_confluence_module));
}

/// The state of this request, or of the one that was internally redirected to it, whether the
/// module is on for it or only cleans it; null if none.
RequestState* nearest_state_of(const request_rec* request);

/// The state of this request, or of the one that was internally redirected to it: the nearest for
/// which the module is on; null if none.
RequestState* state_of(const request_rec* request);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_STATE_H_
