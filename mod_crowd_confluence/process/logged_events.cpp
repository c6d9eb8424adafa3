#include "process/logged_events.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "log.h"
#include "process/warn_once.h"

namespace crowd_confluence::httpd {
namespace {

/// `30`, or `0.25`.
std::array<char, 32> in_seconds(Duration time) {
  std::array<char, 32> text = {};
  std::snprintf(text.data(), text.size(), "%g", static_cast<double>(time.count()) / 1000);
  return text;
}

}  // namespace

void LoggedEvents::breaker_opened(const ConfluenceSettings& settings, Reason reason,
                                  std::string_view detail, Duration pause) noexcept {
  ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server_,
               CCF_BREAKER_OPENED
               "%s is left alone for %s seconds, as it failed repeatedly: %s (%s)%s%.*s. Its "
               "CrowdConfluenceURL stands in %s",
               settings.base_url.text.c_str(), in_seconds(pause).data(), explanation(reason).data(),
               to_string(reason).data(), detail.empty() ? "" : ": ",
               static_cast<int>(detail.size()), detail.data(), place_);
}

void LoggedEvents::breaker_closed(const ConfluenceSettings& settings) noexcept {
  ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server_, CCF_BREAKER_CLOSED "%s answers again",
               settings.base_url.text.c_str());
}

void LoggedEvents::balancer_cookie_left_out(const ConfluenceSettings& settings,
                                            std::string_view name) noexcept {
  const int length = static_cast<int>(std::min<std::size_t>(name.size(), 100));
  // The directive must have been written without it, whose author may know why.
  if (CookieNames::defaults().contains(name)) {
    if (is_first_to_warn(WarnOnce::usual_balancer_cookie_left_out))
      ap_log_error(APLOG_MARK, APLOG_INFO, 0, server_,
                   "%s sets the cookie %.*s, a load balancer's, which is none of the "
                   "CrowdConfluenceSessionCookies and is not passed on",
                   settings.base_url.text.c_str(), length, name.data());
    return;
  }
  if (!is_first_to_warn(WarnOnce::balancer_cookie_left_out)) return;
  ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server_,
               CCF_BALANCER_COOKIE_LEFT_OUT
               "%s sets the cookie %.*s, which looks like a load balancer's and is not passed on: "
               "the app's calls may reach a node that does not know the session. Remedy: add it to "
               "CrowdConfluenceSessionCookies",
               settings.base_url.text.c_str(), length, name.data());
}

}  // namespace crowd_confluence::httpd
