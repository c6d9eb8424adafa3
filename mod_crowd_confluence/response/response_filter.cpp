#include "response/response_filter.h"

#include <http_config.h>
#include <util_filter.h>

#include <algorithm>
#include <exception>

#include "apr/headers.h"
#include "log.h"
#include "request/httpd_cache.h"
#include "request/state.h"
#include "response/cache_control.h"
#include "response/session_end.h"
#include "response/set_cookie_filter.h"

namespace crowd_confluence::httpd {
namespace {

// httpd finds a filter faster by this than by its name.
ap_filter_rec_t* response_filter = nullptr;
ap_filter_rec_t* storable_response_filter = nullptr;

/// Which headers of a response concern this module: mostly none.
class RelevantHeaders {
 public:
  RelevantHeaders(const apr_table_t* headers, const PassAs& pass_as) {
    const bool in_header = pass_as.place == PassAs::header;
    const char first_of_ours = in_header ? pass_as.folded_name.front() : 'x';
    for (const apr_table_entry_t& entry : entries_of(headers)) {
      const char* const name = entry.key;
      const char first = folded(*name);
      if (first != 's' && first != 'x' && first != first_of_ours) continue;
      set_cookie = set_cookie || is_same_header(name, "set-cookie");
      says_expired = says_expired || is_same_header(name, kSaysExpired);
      login_reason = login_reason || is_same_header(name, kLoginReason);
      if (in_header) passed_on = passed_on || is_same_header(name, pass_as.folded_name);
    }
  }

  [[nodiscard]] bool any() const { return set_cookie || says_expired || login_reason || passed_on; }

  bool set_cookie = false;
  bool says_expired = false;
  bool login_reason = false;
  bool passed_on = false;  // that of CrowdConfluencePassAs
};

/// Removes what is meant for this module, or must not reach the browser. What it shows of the
/// session's end, apart from cookies.
SessionEnd clean(apr_table_t* headers, const request_rec& request, const DirectoryConfig& config,
                 const RelevantHeaders& present, SetCookieFilter& cookies) {
  if (present.set_cookie) cookies.apply(headers);
  SessionEnd end = SessionEnd::none;
  if (present.login_reason) end = end_by_login_reason(headers, request, config);
  if (present.says_expired) {
    end = std::max(end, end_said_by_app(headers));
    unset_folded(headers, kSaysExpired);
  }
  if (present.passed_on) unset_folded(headers, config.passing().folded_name);
  return end;
}

void clean(request_rec& request, const RequestState& state) {
  const DirectoryConfig& config = *state.config;
  const RelevantHeaders present(request.headers_out, config.passing());
  const RelevantHeaders present_on_errors(request.err_headers_out, config.passing());
  if (!present.any() && !present_on_errors.any() && request.status != HTTP_UNAUTHORIZED) return;

  SetCookieFilter cookies(request, state);
  SessionEnd end = end_by_status(request, config);
  end = std::max(end, clean(request.headers_out, request, config, present, cookies));
  end = std::max(end, clean(request.err_headers_out, request, config, present_on_errors, cookies));
  // One that was proven for this very request is not lost yet: another node of a cluster answered.
  if (cookies.replaces_session() && state.source == Source::table &&
      was_sent_to_confluence(request, config))
    end = std::max(end, SessionEnd::expired);
  if (cookies.removes_token()) end = SessionEnd::logged_out;
  forget_session(end, state);
}

/// Whatever may hold something of Confluence's.
void drop_all(apr_table_t* headers, const PassAs& pass_as) noexcept {
  apr_table_unset(headers, kSetCookie);
  unset_folded(headers, kSaysExpired);
  if (pass_as.place == PassAs::header) unset_folded(headers, pass_as.folded_name);
}

void drop_all(request_rec& request, const RequestState& state, const char* error) noexcept {
  ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &request,
                CCF_INTERNAL "the cookies of a response are dropped after an internal error: %s",
                error);
  for (apr_table_t* headers : {request.headers_out, request.err_headers_out})
    drop_all(headers, state.config->passing());
}

/// No exception crosses into httpd, and nothing that may be Confluence's goes out.
void clean_or_drop(request_rec& request, const RequestState& state) noexcept {
  try {
    clean(request, state);
  } catch (const std::exception& error) {
    drop_all(request, state, error.what());
  } catch (...) {
    drop_all(request, state, "unknown");
  }
}

/// No cache keeps one user's page for another. The request's headers for mod_cache when it may
/// store this response, otherwise null.
apr_table_t* decide_on_caches(request_rec& request, const RequestState& state) {
  apr_table_t* const storable =
      limit_sharing(request) == Sharing::allowed ? allow_storing(request, state) : nullptr;
  // Also where another request, with other variables, has taken the place of the first.
  if (storable == nullptr) forbid_storing(request);
  return storable;
}

apr_status_t filter_response(ap_filter_t* filter, apr_bucket_brigade* brigade) noexcept {
  request_rec* const request = filter->r;
  // Only now, as the fixup may have been done again since the filter was inserted.
  const RequestState* const state = state_of(request);
  if (state != nullptr) clean_or_drop(*request, *state);
  if (state != nullptr && state->result == Result::session) {
    if (apr_table_t* const headers = decide_on_caches(*request, *state)) {
      // A filter between this one and mod_cache may hold back the beginning.
      filter->frec = storable_response_filter;
      filter->ctx = headers;
      return ap_pass_brigade(filter, brigade);
    }
  }
  ap_remove_output_filter(filter);
  return ap_pass_brigade(filter->next, brigade);
}

/// Lets mod_cache see headers of the request that it may store.
apr_status_t filter_storable_response(ap_filter_t* filter, apr_bucket_brigade* brigade) noexcept {
  request_rec* const request = filter->r;
  auto* const storable = static_cast<apr_table_t*>(filter->ctx);
  apr_table_t* const own = request->headers_in;
  request->headers_in = storable;
  const apr_status_t status = ap_pass_brigade(filter->next, brigade);
  // mod_cache may have put others there.
  if (request->headers_in == storable) request->headers_in = own;
  return status;
}

/// What the app said that httpd gives up for an error page, or for another page to which the
/// request was redirected internally: no filter sees it, and what it says of the session counts.
void look_at_given_up_responses(request_rec* request) {
  for (; request != nullptr; request = request->prev)
    if (const RequestState* state = state_of(request)) clean_or_drop(*request, *state);
}

void add_response_filter(request_rec* request) {
  if (state_of(request) != nullptr)
    ap_add_output_filter_handle(response_filter, nullptr, request, request->connection);
}

}  // namespace

void register_response_filter() {
  response_filter = ap_register_output_filter("CROWD_CONFLUENCE_RESPONSE", filter_response, nullptr,
                                              AP_FTYPE_CONTENT_SET);
  storable_response_filter =
      ap_register_output_filter("CROWD_CONFLUENCE_STORABLE_RESPONSE", filter_storable_response,
                                nullptr, AP_FTYPE_CONTENT_SET);
}

void insert_response_filter(request_rec* request) noexcept {
  if (request->main != nullptr) return;
  look_at_given_up_responses(request->prev);
  add_response_filter(request);
}

void insert_error_response_filter(request_rec* request) noexcept {
  if (request->main != nullptr) return;
  // httpd calls this before it puts headers of its own into the place of the app's.
  look_at_given_up_responses(request);
  add_response_filter(request);
}

}  // namespace crowd_confluence::httpd
