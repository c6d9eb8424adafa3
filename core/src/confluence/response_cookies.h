// What a response of Confluence leaves in a jar of cookies.

#ifndef CROWD_CONFLUENCE_SRC_CONFLUENCE_RESPONSE_COOKIES_H_
#define CROWD_CONFLUENCE_SRC_CONFLUENCE_RESPONSE_COOKIES_H_

#include <string>
#include <string_view>

#include "crowd_confluence/cookie/cookie_names.h"
#include "crowd_confluence/http/response.h"

namespace crowd_confluence {

/// The session's cookies after this response, in one Cookie header; empty without the required one.
/// `previous` are those that were sent along.
std::string session_cookies_after(const HttpResponse& response, const CookieNames& names,
                                  std::string_view previous);

/// The name of a load balancer's cookie that the response sets and that is none of `names`; empty
/// if there is none.
std::string left_out_balancer(const HttpResponse& response, const CookieNames& names);

/// Whether the response gives the browser the same SSO cookie again.
bool repeats_token(const HttpResponse& response, std::string_view token_cookie,
                   std::string_view token);

/// Whether the response gives the browser an SSO cookie with another token. One that is removed has
/// none.
bool gives_another_token(const HttpResponse& response, std::string_view token_cookie,
                         std::string_view token);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_CONFLUENCE_RESPONSE_COOKIES_H_
