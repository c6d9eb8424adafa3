// Users' names, wherever they come from.

#ifndef CROWD_CONFLUENCE_SRC_BASE_USER_NAME_H_
#define CROWD_CONFLUENCE_SRC_BASE_USER_NAME_H_

#include <string_view>

namespace crowd_confluence {

/// Whether this may be passed on as a user's name, into logs, headers and comparisons: valid UTF-8
/// of at most 255 bytes, without control characters, invisible ones and those that change the
/// direction of the text, without blanks at an end, and not `(null)`, by which C programs write
/// that there is none.
[[nodiscard]] bool is_user_name(std::string_view name);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_BASE_USER_NAME_H_
