#include "crowd_confluence/http/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "crowd_confluence/address.h"
#include "http/curl_url.h"

namespace crowd_confluence {
namespace {

/// Where path, query or fragment begin.
std::size_t end_of_origin(std::string_view url) {
  constexpr std::string_view kAfterScheme = "://";
  const std::size_t scheme = url.find(kAfterScheme);
  if (scheme == url.npos) return url.size();
  return std::min(url.find_first_of("/?#", scheme + kAfterScheme.size()), url.size());
}

/// -1 for what is no hexadecimal digit.
int digit_of(char c) {
  const std::size_t digit = std::string_view("0123456789abcdef").find(ascii::lower(c));
  return digit == std::string_view::npos ? -1 : static_cast<int>(digit);
}

bool is_unreserved(char c) {
  const char lower = ascii::lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// `%7E` is `~`, `%2f` is `%2F`, and what must not stand in a URL is escaped: RFC 3986 §6.2.2.
std::string with_normal_escapes(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  text.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    const int high = c == '%' && i + 2 < path.size() ? digit_of(path[i + 1]) : -1;
    const int low = high >= 0 ? digit_of(path[i + 2]) : -1;
    const bool was_escaped = low >= 0;
    if (was_escaped) {
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (was_escaped ? is_unreserved(c) : may_be_in_url({&c, 1})) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += {'%', kDigits[byte / 16], kDigits[byte % 16]};
    }
  }
  return text;
}

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

/// The path in normal form: libcurl resolves `.` and `..` in it, which may be written with escapes.
CurlUrl parse_normal(std::string_view text) {
  const std::size_t path = end_of_origin(text);
  return parse(std::string(text.substr(0, path)) + with_normal_escapes(text.substr(path)));
}

/// In lower case; an address of IPv6 in brackets and as in RFC 5952.
std::string host_of(const CurlUrl& url) {
  std::string host = part_of(url, CURLUPART_HOST);
  std::transform(host.begin(), host.end(), host.begin(), ascii::lower);
  if (!host.starts_with('[') || !host.ends_with(']')) return host;
  in6_addr address;
  std::array<char, INET6_ADDRSTRLEN> text;
  if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) != 1 ||
      inet_ntop(AF_INET6, &address, text.data(), text.size()) == nullptr)
    return host;
  return "[" + std::string(text.data()) + "]";
}

/// Scheme, host and port, in one form for all that mean the same server: RFC 3986 §6.2.
std::string origin_of(const CurlUrl& url) {
  const std::string scheme = part_of(url, CURLUPART_SCHEME);  // libcurl has it in lower case
  std::string host = host_of(url);
  const std::string zone = part_of(url, CURLUPART_ZONEID);
  if (!zone.empty() && host.ends_with(']')) host.insert(host.size() - 1, "%25" + zone);
  const std::string port = part_of(url, CURLUPART_PORT);
  const bool is_default =
      port.empty() || (scheme == "http" && port == "80") || (scheme == "https" && port == "443");
  return scheme + "://" + host + (is_default ? std::string() : ":" + port);
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

bool BaseUrl::is_base_of(std::string_view url) const {
  const CurlUrl parsed = parse_normal(url.substr(0, url.find_first_of("?#")));
  if (!parsed) return false;
  const std::string other = origin_of(parsed) + part_of(parsed, CURLUPART_PATH);
  if (!other.starts_with(text)) return false;
  const std::string_view below = std::string_view(other).substr(text.size());
  return below.empty() || below.front() == '/' || below.front() == ';';
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
  const CurlUrl url = may_be_in_url(text) ? parse_normal(text) : nullptr;
  if (!url) return problem(text, kAllowed);
  BaseUrl result;
  result.scheme = part_of(url, CURLUPART_SCHEME);
  result.host = host_of(url);
  if ((result.scheme != "http" && result.scheme != "https") || result.host.empty())
    return problem(text, kAllowed);
  if (text.find('@') != std::string_view::npos)
    return problem(text, "must not have a user or password in it");
  if (text.find_first_of("?#\"'<>\\^`{|}") != std::string_view::npos)
    return problem(text, "must not have a query, a fragment or quotes; only a context path");
  result.text = origin_of(url) + part_of(url, CURLUPART_PATH);
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
