// Reading Set-Cookie, as servers, proxies and load balancers really write it.

#ifndef CROWD_CONFLUENCE_COOKIE_SET_COOKIE_H_
#define CROWD_CONFLUENCE_COOKIE_SET_COOKIE_H_

#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/cookie/reserved_cookies.h"
#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// One cookie of a Set-Cookie line. Views into the line. Attributes that nobody here asks for are
/// skipped.
struct SetCookie {
  std::string_view name;
  std::string_view value;   // as sent, quotes included
  std::string_view text;    // the whole of this cookie, attributes included
  std::string_view path;    // without quotes; empty when there is none
  std::string_view domain;  // without quotes and the dot before it; empty when there is none
  bool http_only = false;
  bool secure = false;
  /// Empty value, Max-Age of at most 0, or, without a Max-Age, Expires in the past (1970–1999).
  bool removes = false;
};

/// All cookies of one line, in order: usually one, several when a proxy folded lines with commas.
/// A comma in an Expires date separates nothing. What has no valid name (RFC 6265) or a value with
/// characters that must not enter a header is left out. Never fails. Thread-safe.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::vector<SetCookie> parse_set_cookie(
    std::string_view line);

/// The same, with nothing left out but what is empty: a browser may make a cookie of what RFC 6265
/// does not allow. Without a `=`, name and value are empty, and `text` is all there is.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::vector<SetCookie> split_set_cookie(
    std::string_view line);

/// Whether the line may set one of these cookies: false for most lines at little cost. A comma is
/// taken for the beginning of another cookie wherever it stands.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT bool may_set(std::string_view line,
                                                   const ReservedCookies& names);

/// The line with `HttpOnly`, and `Secure` if asked for, added to every cookie of that name that
/// lacks it and is not removed by the line. It is so both for those who take a comma for the
/// beginning of another cookie and for browsers, which do not. Equal to `line` when nothing is to
/// be done.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::string protect_cookie(std::string_view line,
                                                                 std::string_view name,
                                                                 bool secure);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_COOKIE_SET_COOKIE_H_
