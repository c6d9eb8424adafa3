// What a response of Confluence says about the user behind a token.
//
// A JSESSIONID proves nothing: Confluence gives one to anonymous visitors too. What counts,
// strongest first:
//  1. The probe's JSON answer: `type` is `known` (`anonymous` for a token that is nobody's).
//  2. The last X-Seraph-LoginReason is OK, and X-AUSERNAME names a user.
// That Confluence repeats the SSO cookie shows only that Crowd accepted it; the user may still not
// be allowed to use Confluence, and with a 403 is not. A 429, a 5xx, a redirect to anything but
// Confluence's own log-in page, and a 401, a page or a challenge of some gateway say nothing about
// the token. Nor does an answer that a cache kept, whatever is in it: it carries another token in
// the SSO cookie, or says so by Age, X-Cache and the like.
//
// A 401 is Confluence's if it has headers of Atlassian's, or no challenge of somebody else's and a
// body that Atlassian's applications write, or none.

#ifndef CROWD_CONFLUENCE_CONFLUENCE_VERDICT_H_
#define CROWD_CONFLUENCE_CONFLUENCE_VERDICT_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "crowd_confluence/confluence/settings.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/http/response.h"
#include "crowd_confluence/outcome.h"

namespace crowd_confluence {

struct Verdict {
  Result result = Result::unavailable;  // never Result::missing
  Reason reason = Reason::unexpected_answer;
  Session session;     // with Result::session
  std::string detail;  // with Result::unavailable, what happened in words: the status, the type of
                       // the content, the Location; may be empty; printable, no secrets
  std::optional<std::chrono::seconds> retry_after;  // as the response asks; nonsense is left out
  /// With Result::session: the name of a load balancer's cookie that came with the session and is
  /// none of ConfluenceSettings::session_cookies; mostly empty.
  std::string left_out_balancer;
  int status = 0;                     // of the answer; 0: there was none
  bool may_concern_one_user = false;  // a 500: a broken account perhaps, and no ailing Confluence
  bool is_unconnected = false;        // no connection could be made, whatever the token is
};

/// Judges a response. `token` is the SSO cookie's value that was sent; `previous` are the session
/// cookies that were sent along, as a Cookie header, empty on a first exchange: what the response
/// does not replace or remove stays part of the session. As in a browser, a cookie of the response
/// is removed by what names the same Path and Domain, or none of both. A pure function.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT Verdict judge(const HttpResponse& response,
                                                    const ConfluenceSettings& settings,
                                                    std::string_view token,
                                                    std::string_view previous);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_CONFLUENCE_VERDICT_H_
