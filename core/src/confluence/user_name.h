// Users' names, as the headers of an answer give them.

#ifndef CROWD_CONFLUENCE_SRC_CONFLUENCE_USER_NAME_H_
#define CROWD_CONFLUENCE_SRC_CONFLUENCE_USER_NAME_H_

#include <string>
#include <string_view>

#include "crowd_confluence/http/response.h"

namespace crowd_confluence {

/// The name in a header of Atlassian's, which its newer applications encode for URLs and its older
/// ones do not. It is decoded if an encoder would have made just this of some name; otherwise it is
/// the name as it stands: no encoder writes `100%41x` or `50% off`.
[[nodiscard]] std::string decoded_user_name(std::string_view text);

/// What the X-AUSERNAME headers say, in any number of lines and values: the filter that writes them
/// may run twice, first for an anonymous visitor. `anonymous` if the last value is, otherwise the
/// user's name if only one is named; empty if there are several, as nobody knows whether
/// `doe, john` is one name or two.
[[nodiscard]] std::string user_in_headers(const HttpResponse& response);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_CONFLUENCE_USER_NAME_H_
