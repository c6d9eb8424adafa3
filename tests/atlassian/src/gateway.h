// What answers before Confluence does: a gateway with a log-in of its own, a server that only
// redirects.
#pragma once

#include <optional>

#include "confluence_options.h"
#include "http_message.h"

namespace atlassian {

/// nullopt: the request goes on to Confluence. No answer has a header of Atlassian's.
std::optional<Response> answer_before_confluence(const ConfluenceOptions& options,
                                                 const Request& request);

}  // namespace atlassian
