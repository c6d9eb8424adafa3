// Reading Set-Cookie, as servers, proxies and load balancers really write it.

#ifndef CROWD_CONFLUENCE_SET_COOKIE_H_
#define CROWD_CONFLUENCE_SET_COOKIE_H_

#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// One cookie of a Set-Cookie line. Views into the line. Attributes that nobody here asks for are
/// skipped.
struct SetCookie {
  std::string_view name;
  std::string_view value;  // as sent, quotes included
  std::string_view text;   // the whole of this cookie, attributes included
  bool http_only = false;
  bool secure = false;
  bool removes = false;  // empty value, Max-Age of at most 0, or Expires in the past (1970–1999)
};

/// All cookies of one line, in order: usually one, several when a proxy folded lines with commas.
/// A comma in an Expires date separates nothing. What has no valid name (RFC 6265) or a value with
/// characters that must not enter a header is left out. Never fails. Thread-safe.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::vector<SetCookie> parse_set_cookie(
    std::string_view line);

/// The line with `HttpOnly`, and `Secure` if asked for, added to every cookie of that name that
/// lacks it and is not removed by the line. Equal to `line` when nothing is to be done.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::string protect_cookie(std::string_view line,
                                                                 std::string_view name,
                                                                 bool secure);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SET_COOKIE_H_
