#include "crowd_confluence/http/url.h"

#include <algorithm>

#include "base/ascii.h"
#include "crowd_confluence/address.h"
#include "http/curl_url.h"

namespace crowd_confluence {
namespace {

/// Whether the host stands where it must. libcurl forgives one slash as well as three.
bool has_host_behind_two_slashes(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && text.substr(colon + 1).starts_with("//") &&
         !text.substr(colon + 1).starts_with("///");
}

/// Null when the text is none.
CurlUrl parse(std::string_view text) {
  if (!may_be_in_url(text) || !has_host_behind_two_slashes(text)) return nullptr;
  return parse_url(std::string(text));
}

Problem problem(std::string_view text, std::string_view what) {
  // Whatever stands before an @ may be a password.
  const bool may_hold_password = text.find('@') != std::string_view::npos;
  const std::string shown = may_hold_password ? "(not shown: it has an @)" : std::string(text);
  return Problem{"'" + shown + "' " + std::string(what)};
}

}  // namespace

bool may_be_in_url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool BaseUrl::is_readable_on_the_way() const {
  constexpr std::string_view kLocal = ".localhost";
  const bool is_localhost = ascii::equal_ignoring_case("." + host, kLocal) ||
                            ascii::ends_with_ignoring_case(host, kLocal);
  if (scheme != "http" || is_localhost || host == "[::1]") return false;
  AddressBuffer buffer;
  return !(host.starts_with("127.") && !canonical_address(host, buffer).empty());
}

Expected<BaseUrl, Problem> parse_base_url(std::string_view text) {
  constexpr std::string_view kAllowed =
      "is no base URL; allowed is http://host[:port][/context] or https://host[:port][/context]";
  const CurlUrl url = parse(text);
  if (!url) return problem(text, kAllowed);
  BaseUrl result;
  result.scheme = part_of(url, CURLUPART_SCHEME);
  result.host = part_of(url, CURLUPART_HOST);
  if ((result.scheme != "http" && result.scheme != "https") || result.host.empty())
    return problem(text, kAllowed);
  if (text.find('@') != std::string_view::npos)
    return problem(text, "must not have a user or password in it");
  if (text.find_first_of("?#\"'<>\\^`{|}") != std::string_view::npos)
    return problem(text, "must not have a query, a fragment or quotes; only a context path");
  result.text = text;
  while (result.text.ends_with('/')) result.text.pop_back();
  return result;
}

Expected<std::string, Problem> parse_proxy_url(std::string_view text) {
  constexpr std::string_view kAllowed =
      "is no proxy; allowed is http://host:port, https://host:port, socks5://host:port or "
      "socks5h://host:port";
  const CurlUrl url = parse(text);
  if (!url) return problem(text, kAllowed);
  const std::string scheme = part_of(url, CURLUPART_SCHEME);
  const std::string path = part_of(url, CURLUPART_PATH);
  const bool is_proxy_scheme =
      scheme == "http" || scheme == "https" || scheme == "socks5" || scheme == "socks5h";
  if (!is_proxy_scheme || part_of(url, CURLUPART_HOST).empty() || (!path.empty() && path != "/") ||
      text.find_first_of("?#") != std::string_view::npos)
    return problem(text, kAllowed);
  // libcurl would go to port 1080. Of the other schemes it takes the usual port itself.
  const bool needs_port = scheme == "http" && part_of(url, CURLUPART_PORT).empty();
  if (!needs_port) return std::string(text);
  if (curl_url_set(url.get(), CURLUPART_PORT, "80", 0) != CURLUE_OK) return problem(text, kAllowed);
  return part_of(url, CURLUPART_URL);
}

}  // namespace crowd_confluence
