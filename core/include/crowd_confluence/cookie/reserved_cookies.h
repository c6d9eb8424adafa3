// The names of cookies that a browser must not set, as applications read names.
//
// Applications disagree about names. CGI.pm, older PHP and Rack decode `%4A` in them (CGI.pm knows
// `%u004A`, too), some ignore the case, and PHP reads `.`, a blank and `[` as `_`, makes an array
// of `NAME[0]`, which it calls NAME, and takes what has no `=` for a cookie without a value. A
// browser that may not set NAME must set nothing that one of them takes for NAME.

#ifndef CROWD_CONFLUENCE_COOKIE_RESERVED_COOKIES_H_
#define CROWD_CONFLUENCE_COOKIE_RESERVED_COOKIES_H_

#include <string_view>

#include "crowd_confluence/cookie/cookie_names.h"
#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// The cookies in which something reaches the app. Thread-safe; does not allocate.
class CROWD_CONFLUENCE_EXPORT ReservedCookies {
 public:
  /// `token` is the name of the SSO cookie; empty: none. `session` are the session's cookies, each
  /// with `prefix` before its name; null: they do not reach the app as cookies. All must outlive
  /// this.
  ReservedCookies(std::string_view token, const CookieNames* session, std::string_view prefix);

  [[nodiscard]] std::string_view token() const { return token_; }

  /// Whether some application may take for one of them a name in which nothing has to be decoded
  /// or left out.
  [[nodiscard]] bool has(std::string_view plain_name) const {
    return (plain_name.size() == token_.size() || sieve_->may_have(plain_name)) &&
           matches(plain_name);
  }

  /// Whether some application may take any text for one of them.
  [[nodiscard]] bool may_have(std::string_view text) const;

 private:
  [[nodiscard]] bool matches(std::string_view name) const;
  [[nodiscard]] bool matches_in_part(std::string_view text) const;

  std::string_view token_;
  const CookieNames* session_;
  std::string_view prefix_;
  const NameSieve* sieve_;  // of all others than the token
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_COOKIE_RESERVED_COOKIES_H_
