#include "cookies.h"

#include "text.h"

namespace atlassian {
namespace {

std::string plain(const SetCookie& cookie) {
  std::string line = cookie.name + "=" + (cookie.removal ? "\"\"" : cookie.value);
  if (!cookie.domain.empty()) line += "; Domain=" + cookie.domain;
  if (cookie.removal) line += "; Expires=Thu, 01-Jan-1970 00:00:10 GMT";
  line += "; Path=" + cookie.path;
  if (cookie.secure) line += "; Secure";
  if (cookie.http_only) line += "; HttpOnly";
  if (cookie.same_site_none) line += "; SameSite=None";
  return line;
}

std::string lower_case(const SetCookie& cookie) {
  std::string line = cookie.name + "=" + (cookie.removal ? "" : cookie.value);
  if (!cookie.domain.empty()) line += ";domain=" + cookie.domain;
  if (cookie.removal) line += ";max-age=0";
  line += ";path=" + cookie.path;
  if (cookie.secure) line += ";secure";
  if (cookie.http_only) line += ";httponly";
  if (cookie.same_site_none) line += ";samesite=none";
  return line;
}

std::string quoted(const SetCookie& cookie) {
  std::string line = cookie.name + "=\"" + (cookie.removal ? "" : cookie.value) + "\"; Version=1";
  if (!cookie.domain.empty()) line += "; Domain=\"" + cookie.domain + '"';
  if (cookie.removal) line += "; Max-Age=0";
  line += "; Path=\"" + cookie.path + '"';
  if (cookie.secure) line += "; Secure";
  if (cookie.http_only) line += "; HttpOnly";
  return line;
}

SetCookie removal_of(SetCookie cookie) {
  cookie.removal = true;
  return cookie;
}

}  // namespace

std::optional<std::string> request_cookie(const ReceivedRequest& request, std::string_view name) {
  for (const auto& [field, line] : request.headers) {
    if (!equal_without_case(field, "Cookie")) continue;
    for (const std::string_view pair : split(line, ';')) {
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
      std::string_view value = trim(pair.substr(equals + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      return std::string(value);
    }
  }
  return std::nullopt;
}

std::optional<std::string> ReceivedRequest::cookie(std::string_view name) const {
  return request_cookie(*this, name);
}

void add_set_cookies(Response& response, const std::vector<SetCookie>& cookies,
                     SetCookieStyle style) {
  std::vector<std::string> lines;
  for (SetCookie cookie : cookies) {
    switch (style) {
      case SetCookieStyle::kPlain:
      case SetCookieStyle::kFolded:
        lines.push_back(plain(cookie));
        break;
      case SetCookieStyle::kLowerCaseAttributes:
        lines.push_back(lower_case(cookie));
        break;
      case SetCookieStyle::kQuotedVersion1:
        lines.push_back(quoted(cookie));
        break;
      case SetCookieStyle::kRemovedThenSet:
        lines.push_back(plain(removal_of(cookie)));
        lines.push_back(plain(cookie));
        break;
      case SetCookieStyle::kSetThenRemoved:
        lines.push_back(plain(cookie));
        lines.push_back(plain(removal_of(cookie)));
        break;
      case SetCookieStyle::kSameSiteNone:
        cookie.secure = true;
        cookie.same_site_none = true;
        lines.push_back(plain(cookie));
        break;
    }
  }
  if (style == SetCookieStyle::kFolded && !lines.empty()) lines = {join(lines, ", ")};
  for (std::string& line : lines) response.add("Set-Cookie", std::move(line));
}

}  // namespace atlassian
