// When a server wants to be asked again.

#ifndef CROWD_CONFLUENCE_SRC_HTTP_RETRY_AFTER_H_
#define CROWD_CONFLUENCE_SRC_HTTP_RETRY_AFTER_H_

#include <chrono>
#include <optional>

#include "crowd_confluence/http/response.h"

namespace crowd_confluence {

/// What Retry-After says, in seconds or as a date. Nothing if it is missing, or nonsense, or more
/// than a day.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(const HttpResponse& response);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_HTTP_RETRY_AFTER_H_
