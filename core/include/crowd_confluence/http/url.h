// The base URL of Confluence: scheme, host, port and context path.

#ifndef CROWD_CONFLUENCE_HTTP_URL_H_
#define CROWD_CONFLUENCE_HTTP_URL_H_

#include <string>
#include <string_view>

#include "crowd_confluence/expected.h"
#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// Whether all of it is printable ASCII without blanks: what may stand in a URL, and in one line of
/// a request or an answer. (What it must not have besides depends on the part of the URL.)
[[nodiscard]] CROWD_CONFLUENCE_EXPORT bool may_be_in_url(std::string_view text);

/// In one form, however it was typed, so that it tells whether two mean the same Confluence: scheme
/// and host are in lower case, the scheme's default port is left out, an IPv6 address stands as in
/// RFC 5952, `.` and `..` in the path are resolved, and only those characters of it are escaped
/// that must be (RFC 3986 §6.2.2). The case of the path matters.
struct CROWD_CONFLUENCE_EXPORT BaseUrl {
  std::string text;    // without a slash at the end: "https://wiki.example.com/confluence"
  std::string scheme;  // "http" or "https"
  std::string host;    // a name or an address, IPv6 in brackets

  /// Whether a URL, however it was typed, is that of this Confluence or of something in it.
  [[nodiscard]] bool is_base_of(std::string_view url) const;

  /// Whether what is sent there can be read on a network: plain http to a host that is not this
  /// one.
  [[nodiscard]] bool is_readable_on_the_way() const;
};

/// Only http and https, with a host, without user, query and fragment.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT Expected<BaseUrl, Problem> parse_base_url(
    std::string_view text);

/// For an outgoing proxy: http, https, socks5 or socks5h, with a host; a path is not allowed. The
/// result is as libcurl takes it, which must be told the port of http even where it is 80.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT Expected<std::string, Problem> parse_proxy_url(
    std::string_view text);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_HTTP_URL_H_
