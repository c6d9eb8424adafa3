#include "response/set_cookie_filter.h"

#include <http_protocol.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "apr/headers.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "log.h"
#include "process/warn_once.h"
#include "request/balancer_cookies.h"
#include "response/session_end.h"

namespace crowd_confluence::httpd {
namespace {

/// From this length on a value is taken for a secret, wherever in a cookie it comes back.
constexpr std::size_t kSecretBytes = 16;

constexpr std::string_view kFoldedSetCookie = "set-cookie";

bool is_https(const request_rec& request) {
  return std::string_view(ap_http_scheme(&request)) == "https";
}

bool stands_in(std::string_view text, std::string_view part) {
  return memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

/// The session's cookies that reach the app as cookies, if they do.
const CookieNames* passed_names(const DirectoryConfig& config) {
  return config.passing().place == PassAs::cookie ? &config.session_cookie_names() : nullptr;
}

std::string_view prefix_of(const PassAs& pass_as) {
  return pass_as.place == PassAs::cookie ? std::string_view(pass_as.name) : std::string_view();
}

}  // namespace

SetCookieFilter::SetCookieFilter(request_rec& request, const RequestState& state)
    : request_(request),
      state_(state),
      config_(*state.config),
      passed_on_("", passed_names(config_), prefix_of(config_.passing())),
      looked_at_(config_.token_cookie_name(), passed_names(config_), prefix_of(config_.passing())) {
}

void SetCookieFilter::apply(apr_table_t* headers) {
  const auto entries = entries_of(headers);
  const auto is_set_cookie = [](const apr_table_entry_t& entry) {
    return is_same_header(entry.key, kFoldedSetCookie);
  };
  if (std::none_of(entries.begin(), entries.end(), [&](const apr_table_entry_t& entry) {
        return is_set_cookie(entry) && may_concern(entry.val);
      }))
    return;

  bool changed = false;
  std::vector<std::string> kept;
  for (const apr_table_entry_t& entry : entries) {
    if (!is_set_cookie(entry)) continue;
    kept.push_back(rewritten(entry.val));
    changed = changed || kept.back() != entry.val;
  }
  if (!changed) return;
  unset_folded(headers, kFoldedSetCookie);
  for (const std::string& line : kept)
    if (!line.empty()) apr_table_add(headers, kSetCookie, line.c_str());
}

/// Whether the line has to be taken apart, which most need not be.
bool SetCookieFilter::may_concern(std::string_view line) const {
  if (may_set(line, looked_at_)) return true;
  for (CookieScanner scan(state_.cookies); scan.next();) {
    const std::string_view given = unquoted(scan.cookie().value);
    if (!given.empty() && stands_in(line, given)) return true;
  }
  return false;
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
  // A cookie without `=` has no name here, and is one for some.
  const std::string_view name =
      cookie.name.empty() ? cookie.text.substr(0, cookie.text.find(';')) : cookie.name;
  if (!passed_on_.may_have(name)) return false;
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
