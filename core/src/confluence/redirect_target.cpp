#include "confluence/redirect_target.h"

#include <algorithm>

#include "base/ascii.h"
#include "crowd_confluence/address.h"
#include "crowd_confluence/http/url.h"
#include "http/curl_url.h"

namespace crowd_confluence {
namespace {

std::string_view without_dot_at_the_end(std::string_view host) {
  return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

/// Whether it begins with a scheme behind which no two slashes stand: libcurl would forgive that.
bool has_scheme_without_host(std::string_view location) {
  const std::size_t end = location.find_first_of(":/");
  return end != std::string_view::npos && location[end] == ':' &&
         !location.substr(end + 1).starts_with("//");
}

}  // namespace

bool RedirectTarget::is_login_page() const {
  const std::string_view page = std::string_view(path).substr(path.rfind('/') + 1);
  return page == "login.action" || page == "login.jsp";
}

bool RedirectTarget::is_on_host(std::string_view other) const {
  return ascii::equal_ignoring_case(without_dot_at_the_end(host), without_dot_at_the_end(other));
}

bool RedirectTarget::is_on_loopback() const {
  AddressBuffer buffer;
  return is_on_host("localhost") || host == "[::1]" ||
         (host.starts_with("127.") && !canonical_address(host, buffer).empty());
}

std::optional<RedirectTarget> redirect_target(std::string_view location, const std::string& asked) {
  location = ascii::trimmed(location);
  location = location.substr(0, location.find_first_of("?#"));
  // Browsers take a backslash for a slash.
  if (location.empty() || !may_be_in_url(location) ||
      location.find('\\') != std::string_view::npos || has_scheme_without_host(location))
    return std::nullopt;
  const CurlUrl url = parse_url(asked);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, std::string(location).c_str(),
                           CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return std::nullopt;
  RedirectTarget target{part_of(url, CURLUPART_SCHEME), part_of(url, CURLUPART_HOST),
                        part_of(url, CURLUPART_PORT), part_of(url, CURLUPART_PATH)};
  if ((target.scheme != "http" && target.scheme != "https") || target.host.empty())
    return std::nullopt;
  target.path.resize(std::min(target.path.size(), target.path.find(';')));
  return target;
}

}  // namespace crowd_confluence
