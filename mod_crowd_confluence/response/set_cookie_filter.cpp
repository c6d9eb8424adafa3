#include "response/set_cookie_filter.h"

#include <http_protocol.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "crowd_confluence/cookie/cookie_header.h"
#include "log.h"
#include "process/warn_once.h"
#include "request/balancer_cookies.h"
#include "response/session_end.h"

namespace crowd_confluence::httpd {
namespace {

/// From this length on a value is taken for a secret, wherever in a cookie it comes back.
constexpr std::size_t kSecretBytes = 16;

bool is_https(const request_rec& request) {
  return std::string_view(ap_http_scheme(&request)) == "https";
}

std::vector<const char*> lines_of(const apr_table_t* headers) {
  const auto collect = [](void* lines, const char*, const char* value) {
    static_cast<std::vector<const char*>*>(lines)->push_back(value);
    return 1;
  };
  std::vector<const char*> lines;
  apr_table_do(collect, &lines, headers, kSetCookie, nullptr);
  return lines;
}

}  // namespace

void SetCookieFilter::apply(apr_table_t* headers) {
  bool changed = false;
  std::vector<std::string> kept;
  for (const char* line : lines_of(headers)) {
    kept.push_back(rewritten(line));
    changed = changed || kept.back() != line;
  }
  if (!changed) return;
  apr_table_unset(headers, kSetCookie);
  for (const std::string& line : kept)
    if (!line.empty()) apr_table_add(headers, kSetCookie, line.c_str());
}

/// The line as the browser may have it; empty when nothing of it may go there.
std::string SetCookieFilter::rewritten(std::string_view line) {
  std::string kept;
  bool drops = false;
  for (const SetCookie& cookie : split_set_cookie(line)) {
    if (cookie.name == config_.token_cookie_name()) removes_token_ = cookie.removes;
    if (is_session(cookie.name)) replaces_session_ = !was_given(cookie);
    if (is_of_confluence(cookie)) {
      drops = true;
      continue;
    }
    if (!kept.empty()) kept += ", ";
    kept += cookie.text;
  }
  if (!drops) kept = line;
  return config_.protects_cookie()
             ? protect_cookie(kept, config_.token_cookie_name(), is_https(request_))
             : kept;
}

bool SetCookieFilter::is_session(std::string_view name) const {
  return state_.result == Result::session && config_.passing().place == PassAs::cookie &&
         config_.passing().name.empty() && config_.session_cookie_names().is_required(name);
}

bool SetCookieFilter::is_of_confluence(const SetCookie& cookie) const {
  if (was_given(cookie)) return true;
  if (cookie.name == config_.token_cookie_name()) return false;  // the browser's own
  const PassAs& pass_as = config_.passing();
  if (pass_as.place == PassAs::header ||
      !config_.session_cookie_names().may_be_taken_for(pass_as.name, cookie.name))
    return false;
  // This server's own, by which it finds the app's node.
  if (config_.session_cookie_names().is_balancer(cookie.name) &&
      is_sticky_cookie_of_app(request_, cookie.name))
    return false;
  warn_of_clash(cookie.name);
  return true;
}

/// Whether the app sends back what it was given. A secret may stand anywhere, as browsers take more
/// for a cookie than RFC 6265 does.
bool SetCookieFilter::was_given(const SetCookie& cookie) const {
  for (CookieScanner scan(state_.cookies); scan.next();) {
    const std::string_view given = unquoted(scan.cookie().value);
    if (given.empty() || given == unquoted(state_.token)) continue;
    if (given.size() >= kSecretBytes
            ? cookie.text.find(given) != std::string_view::npos
            : scan.cookie().name == cookie.name && unquoted(cookie.value) == given)
      return true;
  }
  return false;
}

void SetCookieFilter::warn_of_clash(std::string_view name) const {
  // Confluence itself, behind this Location, may renew its own.
  if (was_sent_to_confluence(request_, config_) ||
      apr_table_get(request_.headers_out, "X-Confluence-Request-Time") != nullptr ||
      apr_table_get(request_.headers_out, "X-AREQUESTID") != nullptr ||
      !is_first_to_warn(WarnOnce::cookie_clash))
    return;
  const std::string text(name);
  ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, &request_,
                CCF_COOKIE_CLASH
                "the app sets a cookie '%s', the name under which it is given Confluence's: it "
                "never gets its own back, and the browser is not sent it. Remedy: "
                "'CrowdConfluencePassAs cookie PREFIX' or 'CrowdConfluencePassAs header'",
                text.c_str());
}

}  // namespace crowd_confluence::httpd
