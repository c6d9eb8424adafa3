#include "confluence/response_cookies.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "crowd_confluence/cookie/cookie_header.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxSessionCookies = 32;

struct HeldCookie {
  std::string_view name;
  std::string_view value;
  std::string_view path;
  std::string_view domain;
  bool was_sent = false;  // so nobody knows its path and domain
};

/// Whether a browser that got both takes the removal for one of this cookie (RFC 6265 §5.3).
bool removes(const SetCookie& removal, const HeldCookie& held) {
  if (held.was_sent || (removal.path.empty() && removal.domain.empty())) return true;
  return removal.path == held.path && ascii::equal_ignoring_case(removal.domain, held.domain);
}

/// One cookie for each name: a Cookie header that goes on to the app tells no two paths apart.
void receive(std::vector<HeldCookie>& jar, const SetCookie& cookie) {
  std::erase_if(jar, [&](const HeldCookie& held) {
    return held.name == cookie.name && (!cookie.removes || removes(cookie, held));
  });
  if (!cookie.removes)
    jar.push_back({cookie.name, cookie.value, cookie.path, cookie.domain, false});
}

/// Of too many, the last ones go, and the required one never.
void leave_out_further(std::vector<HeldCookie>& jar, const CookieNames& names) {
  if (jar.size() <= kMaxSessionCookies) return;
  const auto last = std::find_if(jar.rbegin(), jar.rend(), [&](const HeldCookie& held) {
    return !names.is_required(held.name);
  });
  jar.erase(last == jar.rend() ? jar.end() - 1 : last.base() - 1);
}

}  // namespace

ResponseCookies::ResponseCookies(const HttpResponse& response) {
  for (const HttpHeader& header : response.headers) {
    if (!ascii::equal_ignoring_case(header.name, "Set-Cookie")) continue;
    const std::vector<SetCookie> line = parse_set_cookie(header.value);
    cookies_.insert(cookies_.end(), line.begin(), line.end());
  }
}

std::string ResponseCookies::session_after(const CookieNames& names,
                                           std::string_view previous) const {
  std::vector<HeldCookie> jar;
  for (CookieScanner scan(previous); scan.next();)
    if (names.contains(scan.cookie().name))
      jar.push_back({scan.cookie().name, scan.cookie().value, {}, {}, true});
  for (const SetCookie& cookie : cookies_) {
    if (!names.contains(cookie.name)) continue;
    receive(jar, cookie);
    leave_out_further(jar, names);
  }
  if (std::none_of(jar.begin(), jar.end(),
                   [&](const HeldCookie& held) { return names.is_required(held.name); }))
    return {};
  std::string header;
  for (const HeldCookie& held : jar) {
    if (!header.empty()) header += "; ";
    header.append(held.name).append("=").append(held.value);
  }
  return header;
}

std::string ResponseCookies::left_out_balancer(const CookieNames& names,
                                               std::string_view token_cookie) const {
  const auto found = std::find_if(cookies_.rbegin(), cookies_.rend(), [&](const SetCookie& cookie) {
    return !cookie.removes && cookie.name != token_cookie && !names.contains(cookie.name) &&
           names.is_balancer(cookie.name);
  });
  return found == cookies_.rend() ? std::string() : std::string(found->name);
}

bool ResponseCookies::repeat_token(std::string_view token_cookie, std::string_view token) const {
  std::vector<HeldCookie> jar;
  for (const SetCookie& cookie : cookies_)
    if (cookie.name == token_cookie) receive(jar, cookie);
  return std::any_of(jar.begin(), jar.end(), [&](const HeldCookie& held) {
    return unquoted(held.value) == unquoted(token);
  });
}

bool ResponseCookies::give_another_token(std::string_view token_cookie,
                                         std::string_view token) const {
  return std::any_of(cookies_.begin(), cookies_.end(), [&](const SetCookie& cookie) {
    return cookie.name == token_cookie && !cookie.removes &&
           unquoted(cookie.value) != unquoted(token);
  });
}

}  // namespace crowd_confluence
