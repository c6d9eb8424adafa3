// What Seraph, the log-in filter of Atlassian's applications, says in the headers of a response.

#ifndef CROWD_CONFLUENCE_CONFLUENCE_SERAPH_H_
#define CROWD_CONFLUENCE_CONFLUENCE_SERAPH_H_

#include <string_view>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// What became of the log-in with which a request was made: the values of X-Seraph-LoginReason.
enum class LoginReason {
  none,  // nothing is said, or a word that is not known here
  ok,
  out,  // somebody was logged in and no longer is
  authenticated_failed,
  authentication_denied,  // too many failures: a CAPTCHA must be solved first
  authorisation_failed,
};

/// The last of several values of a header, without the blanks around it: Seraph may run twice for
/// one request, and what it says last counts. `values` are those of one line, or of several lines
/// in their order with commas between them. (A comma in a user's name comes as %2C.) The view
/// points into `values`. Thread-safe, does not allocate.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::string_view last_seraph_value(std::string_view values);

/// What X-Seraph-LoginReason says last, in any case of the letters. For `values` see above.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT LoginReason last_login_reason(std::string_view values);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_CONFLUENCE_SERAPH_H_
