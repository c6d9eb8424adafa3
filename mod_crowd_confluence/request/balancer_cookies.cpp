#include "request/balancer_cookies.h"

#include <dlfcn.h>

#include <apr_optional_hooks.h>
#include <http_config.h>
#include <mod_proxy.h>

#include <strings.h>

#include <cstring>

#include "crowd_confluence/cookie/cookie_header.h"
#include "log.h"
#include "process/warn_once.h"
#include "request/proxy_module.h"
#include "request/state.h"

namespace crowd_confluence::httpd {
namespace {

constexpr const char* kCookie = "Cookie";
constexpr char kBalancerScheme[] = "balancer:";

bool names_balancer(const char* url) {
  return (*url == 'b' || *url == 'B') &&
         strncasecmp(url, kBalancerScheme, sizeof(kBalancerScheme) - 1) == 0;
}

/// The cookie by which the balancer that `url` names finds nodes; empty if it is none.
std::string_view sticky_cookie_of(const request_rec& request, std::string_view url) {
  const proxy_balancer* const balancer = balancer_named_by(request, url);
  return balancer != nullptr ? balancer->s->sticky : std::string_view();
}

bool is_given(std::string_view session_cookies, std::string_view name) {
  for (CookieScanner scan(session_cookies); scan.next();)
    if (scan.cookie().name == name) return true;
  return false;
}

/// Both find their nodes, and the app itself sees only one of the two cookies.
void warn_of_clash(request_rec& request, const RequestState& state, std::string_view sticky) {
  const PassAs& pass_as = state.config->passing();
  if (pass_as.place != PassAs::cookie || !pass_as.name.empty() || sticky.empty() ||
      !is_given(state.cookies, sticky) || !is_first_to_warn(WarnOnce::cookie_clash))
    return;
  ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, &request,
                CCF_COOKIE_CLASH
                "the balancer before the app finds its nodes by the cookie '%.*s', the name under "
                "which the app is given Confluence's: the app never gets its own. Remedy: "
                "'CrowdConfluencePassAs cookie PREFIX' or 'CrowdConfluencePassAs header'",
                static_cast<int>(sticky.size()), sticky.data());
}

/// pre_request, before mod_proxy_balancer's. `balancer` is known when a node has failed and another
/// one is to be tried.
int show_browsers_cookies(proxy_worker** /*worker*/, proxy_balancer** balancer,
                          request_rec* request, proxy_server_conf* /*config*/,
                          char** url) noexcept {
  if (*balancer == nullptr && !names_balancer(*url)) return DECLINED;
  RequestState* const state = nearest_state_of(request);
  if (state == nullptr || state->cookie_for_app != nullptr) return DECLINED;
  if (*balancer == nullptr) warn_of_clash(*request, *state, sticky_cookie_of(*request, *url));

  const char* const for_app = apr_table_get(request->headers_in, kCookie);
  const char* const of_browser = state->headers.browser_cookie();
  state->cookie_for_app = for_app != nullptr ? for_app : "";
  if (of_browser != nullptr) {
    apr_table_setn(request->headers_in, kCookie, of_browser);
  } else {
    apr_table_unset(request->headers_in, kCookie);
  }
  return DECLINED;
}

/// Whatever the balancer did, nobody else reads what the browser sent.
void show_apps_cookies(request_rec& request) {
  RequestState* const state = nearest_state_of(&request);
  if (state == nullptr || state->cookie_for_app == nullptr) return;
  if (*state->cookie_for_app != '\0') {
    apr_table_setn(request.headers_in, kCookie, state->cookie_for_app);
  } else {
    apr_table_unset(request.headers_in, kCookie);
  }
  state->cookie_for_app = nullptr;
}

/// scheme_handler, before those that send the request.
int before_sending(request_rec* request, proxy_worker*, proxy_server_conf*, char*, const char*,
                   apr_port_t) noexcept {
  show_apps_cookies(*request);
  return DECLINED;
}

/// request_status: no node was found, perhaps.
int after_all(int* /*status*/, request_rec* request) noexcept {
  show_apps_cookies(*request);
  return DECLINED;
}

/// mod_proxy may be loaded or not, before this module or after it.
template <typename Function>
Function* function_of_proxy(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace

void stand_around_balancers() {
  const auto hook_pre_request =
      function_of_proxy<decltype(proxy_hook_pre_request)>("proxy_hook_pre_request");
  const auto hook_scheme_handler =
      function_of_proxy<decltype(proxy_hook_scheme_handler)>("proxy_hook_scheme_handler");
  if (hook_pre_request == nullptr || hook_scheme_handler == nullptr) return;
  hook_pre_request(show_browsers_cookies, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
  hook_scheme_handler(before_sending, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
  APR_OPTIONAL_HOOK(proxy, request_status, after_all, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
}

bool is_sticky_cookie_of_app(const request_rec& request, std::string_view name) {
  const char* const balancer = apr_table_get(request.subprocess_env, "BALANCER_NAME");
  return balancer != nullptr && !name.empty() && sticky_cookie_of(request, balancer) == name;
}

}  // namespace crowd_confluence::httpd
