// Telling an answer of Confluence's from one that a cache on the way has kept.

#ifndef CROWD_CONFLUENCE_SRC_CONFLUENCE_CACHED_ANSWER_H_
#define CROWD_CONFLUENCE_SRC_CONFLUENCE_CACHED_ANSWER_H_

#include <optional>
#include <string_view>

#include "crowd_confluence/http/response.h"

namespace crowd_confluence {

/// The name of the header that says that the answer, or a part of it, comes from a cache: `Age`
/// above 0, a hit in `Cache-Status` (RFC 9211), `X-Cache` or one of its many relatives, a `Warning`
/// about a stale answer (RFC 7234). Such an answer was made for somebody else, or at another time.
/// A cache that only looked, and asked Confluence after all, says something else. The view points
/// into `response`.
[[nodiscard]] std::optional<std::string_view> header_of_a_cache(const HttpResponse& response);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_CONFLUENCE_CACHED_ANSWER_H_
