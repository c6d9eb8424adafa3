// What of a browser's cookies reaches the app.
//
// A Cookie header comes from anybody, and applications disagree about where a cookie begins. A
// server may have folded several lines into one with commas; quotes end nothing for some; Python's
// http.cookies takes `a=b c=d` for two. Whatever some application could take for a reserved cookie
// is left out, and all else stays as it is, octet by octet.

#ifndef CROWD_CONFLUENCE_COOKIE_BROWSER_COOKIES_H_
#define CROWD_CONFLUENCE_COOKIE_BROWSER_COOKIES_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "crowd_confluence/cookie/reserved_cookies.h"
#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// Reads the Cookie headers of one request, each of them once, in time that grows with their length
/// only. What it gives are views into the headers and into what `Allocate` gave.
class CROWD_CONFLUENCE_EXPORT BrowserCookies {
 public:
  /// Gives memory for a copy, of which there is at most one for each header.
  using Allocate = char* (*)(void* pool, std::size_t size);

  /// `reserved` and `pool` must outlive it.
  BrowserCookies(const ReservedCookies& reserved, Allocate allocate, void* pool)
      : reserved_(reserved), allocate_(allocate), pool_(pool) {}

  /// What the app may have of a header that ends with NUL: the header itself or a copy, which does
  /// not. To be called for all headers in their order.
  std::string_view let_pass(const char* header);

  /// The value of the first cookie that is called exactly as the SSO cookie, and the only one of
  /// them that passes. Blanks around it are removed; quotes are not.
  [[nodiscard]] std::optional<std::string_view> token() const { return token_; }

 private:
  class Separators;
  struct Piece;

  bool read_plain_cookie(Piece& piece, Separators& separators) const;
  Piece read_piece(const char* at) const;
  bool may_pass(const Piece& piece, char separator);

  const ReservedCookies& reserved_;
  const Allocate allocate_;
  void* const pool_;
  std::optional<std::string_view> token_;
  bool last_passed_ = true;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_COOKIE_BROWSER_COOKIES_H_
