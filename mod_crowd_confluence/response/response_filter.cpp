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
#include "response/relevant_headers.h"
#include "response/session_end.h"
#include "response/set_cookie_filter.h"

namespace crowd_confluence::httpd {
namespace {

// httpd finds a filter faster by this than by its name.
ap_filter_rec_t* response_filter = nullptr;
ap_filter_rec_t* storable_response_filter = nullptr;

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

void clean(request_rec& request, const RequestState& state, const RelevantHeaders& present,
           const RelevantHeaders& present_on_errors) {
  if (!present.must_be_cleaned() && !present_on_errors.must_be_cleaned() &&
      request.status != HTTP_UNAUTHORIZED)
    return;

  const DirectoryConfig& config = *state.config;
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
void clean_or_drop(request_rec& request, const RequestState& state, const RelevantHeaders& present,
                   const RelevantHeaders& present_on_errors) noexcept {
  try {
    clean(request, state, present, present_on_errors);
  } catch (const std::exception& error) {
    drop_all(request, state, error.what());
  } catch (...) {
    drop_all(request, state, "unknown");
  }
}

/// Adds `private` to the response's Cache-Control if it says nothing of shared caches. What it said
/// before.
Sharing limit_sharing(request_rec& response, const RelevantHeaders& present,
                      const RelevantHeaders& present_on_errors) {
  const Sharing sharing = std::max(present.sharing, present_on_errors.sharing);
  if (sharing != Sharing::unsaid) return sharing;
  // Some readers look at one of the two tables only.
  bool is_added = false;
  for (const RelevantHeaders* headers : {&present, &present_on_errors}) {
    if (headers->cache_control == nullptr) continue;
    add_private(*headers->cache_control, response.pool);
    is_added = true;
  }
  if (!is_added) apr_table_addn(response.headers_out, "Cache-Control", "private");
  return sharing;
}

/// The request's headers for mod_cache when it may store this response, otherwise null.
apr_table_t* decide_on_storing(request_rec& request, const RequestState& state, Sharing sharing) {
  apr_table_t* const storable =
      sharing == Sharing::allowed ? allow_storing(request, state) : nullptr;
  // Also where another request, with other variables, has taken the place of the first.
  if (storable == nullptr) forbid_storing(request);
  return storable;
}

apr_status_t filter_response(ap_filter_t* filter, apr_bucket_brigade* brigade) noexcept {
  request_rec* const request = filter->r;
  // Not the one that it was inserted for: mod_dir may have put another request into its place.
  if (const RequestState* const state = state_of(request)) {
    const bool has_session = state->result == Result::session;
    const PassAs& pass_as = state->config->passing();
    const RelevantHeaders present(request->headers_out, pass_as);
    const RelevantHeaders present_on_errors(request->err_headers_out, pass_as);
    // No cache keeps one user's page for another.
    const Sharing sharing =
        has_session ? limit_sharing(*request, present, present_on_errors) : Sharing::unsaid;
    clean_or_drop(*request, *state, present, present_on_errors);
    apr_table_t* const headers =
        has_session ? decide_on_storing(*request, *state, sharing) : nullptr;
    if (headers != nullptr) {
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
  for (; request != nullptr; request = request->prev) {
    const RequestState* const state = state_of(request);
    if (state == nullptr) continue;
    const PassAs& pass_as = state->config->passing();
    clean_or_drop(*request, *state, RelevantHeaders(request->headers_out, pass_as),
                  RelevantHeaders(request->err_headers_out, pass_as));
  }
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
