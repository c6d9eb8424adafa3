#include "request/httpd_cache.h"

#include <apr_cstr.h>
#include <http_config.h>
#include <http_protocol.h>

#include <string_view>

#include "apr/headers.h"

namespace crowd_confluence::httpd {
namespace {

// Found once, as the list of modules is searched by name.
bool has_cache_module = false;

/// mod_cache looks whether a request has this variable, last of all.
constexpr const char* kNoCache = "no-cache";
/// The value tells this module's own from an administrator's, and so is compared as a pointer.
constexpr char kForbidden[] = "crowd-confluence";

constexpr const char* kCookie = "Cookie";
constexpr const char* kSetCookie = "Set-Cookie";
/// Stands for cookies that are not shown. A response whose Vary names Cookie, of a request that has
/// none, is not for this one.
constexpr const char* kHiddenCookies = "hidden";

/// Those that mod_cache changes to have a stored response confirmed.
constexpr const char* kConditions[] = {"If-Match", "If-Modified-Since",   "If-None-Match",
                                       "If-Range", "If-Unmodified-Since", "Range"};

/// The request's headers without what the module passes on.
apr_table_t* without_session(const request_rec& request, const DirectoryConfig& config) {
  apr_table_t* const headers = apr_table_copy(request.pool, request.headers_in);
  if (apr_table_get(headers, kCookie) != nullptr) apr_table_setn(headers, kCookie, kHiddenCookies);
  if (config.passing().place == PassAs::header) unset_folded(headers, config.passing().folded_name);
  return headers;
}

/// Whether responses differ by a header that `without_session` hides.
bool varies_by_session(const request_rec& request, const DirectoryConfig& config) {
  for (const apr_table_t* headers : {request.headers_out, request.err_headers_out}) {
    const char* names = apr_table_getm(request.pool, headers, "Vary");
    if (names == nullptr) continue;
    while (const char* name = *names != '\0' ? ap_get_token(request.pool, &names, 1) : nullptr) {
      if (*names != '\0') ++names;
      if (is_same_header(name, "cookie") || std::string_view(name) == "*") return true;
      if (config.passing().place == PassAs::header &&
          is_same_header(name, config.passing().folded_name))
        return true;
    }
  }
  return false;
}

bool sets_cookies(const request_rec& request) {
  return apr_table_get(request.headers_out, kSetCookie) != nullptr ||
         apr_table_get(request.err_headers_out, kSetCookie) != nullptr;
}

bool has_session(const RequestState* state) {
  return state != nullptr && state->result == Result::session;
}

}  // namespace

void find_cache_module() {
  has_cache_module = ap_find_linked_module("mod_cache.c") != nullptr;
}

void forbid_storing(request_rec& request) {
  if (has_cache_module && apr_table_get(request.subprocess_env, kNoCache) == nullptr)
    apr_table_addn(request.subprocess_env, kNoCache, kForbidden);
}

void forbid_storing_subrequest(request_rec& subrequest) {
  if (!has_cache_module) return;
  const request_rec* main = subrequest.main;
  while (main->main != nullptr) main = main->main;
  if (has_session(state_of(main))) forbid_storing(subrequest);
}

apr_table_t* allow_storing(request_rec& request, const RequestState& state) {
  // Who is given a cookie is one user, whatever else the app says.
  if (!has_cache_module || sets_cookies(request) || varies_by_session(request, *state.config))
    return nullptr;
  if (apr_table_get(request.subprocess_env, kNoCache) == kForbidden)
    apr_table_unset(request.subprocess_env, kNoCache);
  return without_session(request, *state.config);
}

void hide_session_from_cache(request_rec& request) {
  if (!has_cache_module || request.main != nullptr || request.method_number != M_GET) return;
  RequestState* const state = own_state_of(&request);
  if (!has_session(state)) return;
  state->hidden_headers = request.headers_in;
  request.headers_in = without_session(request, *state->config);
}

void show_session_again(request_rec& request) {
  RequestState* const state = has_cache_module ? own_state_of(&request) : nullptr;
  if (state == nullptr || state->hidden_headers == nullptr) return;
  for (const char* name : kConditions) {
    const char* const value = apr_table_get(request.headers_in, name);
    if (value != nullptr)
      apr_table_setn(state->hidden_headers, name, value);
    else
      apr_table_unset(state->hidden_headers, name);
  }
  request.headers_in = state->hidden_headers;
  state->hidden_headers = nullptr;
}

}  // namespace crowd_confluence::httpd
