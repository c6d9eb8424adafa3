// The cookies that a response brings to the browser: none of Confluence's, and the SSO cookie
// protected.

#ifndef MOD_CROWD_CONFLUENCE_RESPONSE_SET_COOKIE_FILTER_H_
#define MOD_CROWD_CONFLUENCE_RESPONSE_SET_COOKIE_FILTER_H_

#include <httpd.h>

#include <string>
#include <string_view>

#include "crowd_confluence/cookie/reserved_cookies.h"
#include "crowd_confluence/cookie/set_cookie.h"
#include "request/state.h"

namespace crowd_confluence::httpd {

inline constexpr char kSetCookie[] = "Set-Cookie";

/// The Set-Cookie headers of one response, which stand in two tables.
class SetCookieFilter {
 public:
  /// Both must outlive the filter.
  SetCookieFilter(request_rec& request, const RequestState& state);

  /// Rewrites those of one table.
  void apply(apr_table_t* headers);

  /// Whether the browser is told to forget the SSO cookie: the user has logged out.
  [[nodiscard]] bool removes_token() const { return removes_token_; }

  /// Whether there is another cookie in the place of the one without which the session that was
  /// passed on is none. From Confluence itself: it no longer knows that session.
  [[nodiscard]] bool replaces_session() const { return replaces_session_; }

 private:
  [[nodiscard]] bool may_concern(std::string_view line) const;
  [[nodiscard]] std::string rewritten(std::string_view line);
  /// Whether a cookie of this name makes the session that was passed on, under its own name.
  [[nodiscard]] bool is_session(std::string_view name) const;
  [[nodiscard]] bool is_of_confluence(const SetCookie& cookie) const;
  [[nodiscard]] bool was_given(const SetCookie& cookie) const;
  void warn_of_clash(std::string_view name) const;

  request_rec& request_;
  const RequestState& state_;
  const DirectoryConfig& config_;
  const ReservedCookies passed_on_;
  const ReservedCookies looked_at_;  // and the SSO cookie
  bool removes_token_ = false;
  bool replaces_session_ = false;
};

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_RESPONSE_SET_COOKIE_FILTER_H_
