// What a response of Confluence leaves in a jar of cookies.

#ifndef CROWD_CONFLUENCE_SRC_CONFLUENCE_RESPONSE_COOKIES_H_
#define CROWD_CONFLUENCE_SRC_CONFLUENCE_RESPONSE_COOKIES_H_

#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/cookie/cookie_names.h"
#include "crowd_confluence/cookie/set_cookie.h"
#include "crowd_confluence/http/response.h"

namespace crowd_confluence {

class ResponseCookies {
 public:
  /// Those that the response sets or removes, in their order. It must outlive this.
  explicit ResponseCookies(const HttpResponse& response);

  /// The session's cookies after this response, in one Cookie header; empty without the required
  /// one. `previous` are those that were sent along.
  [[nodiscard]] std::string session_after(const CookieNames& names,
                                          std::string_view previous) const;

  /// The name of a load balancer's cookie that the response sets and that is none of `names`, nor
  /// the SSO cookie; empty if there is none.
  [[nodiscard]] std::string left_out_balancer(const CookieNames& names,
                                              std::string_view token_cookie) const;

  /// Whether the response gives the browser the same SSO cookie again.
  [[nodiscard]] bool repeat_token(std::string_view token_cookie, std::string_view token) const;

  /// Whether the response gives the browser an SSO cookie with another token. One that is removed
  /// has none.
  [[nodiscard]] bool give_another_token(std::string_view token_cookie,
                                        std::string_view token) const;

 private:
  std::vector<SetCookie> cookies_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_CONFLUENCE_RESPONSE_COOKIES_H_
