// What happens to a request without a session: CrowdConfluenceWhen.

#ifndef MOD_CROWD_CONFLUENCE_REACTION_H_
#define MOD_CROWD_CONFLUENCE_REACTION_H_

#include <httpd.h>

#include <string_view>

#include "config.h"

namespace crowd_confluence {

/// Whether the URL of a redirect may hold these characters as they are: no blanks, ASCII only.
bool may_be_in_location(std::string_view text);

/// OK when the request goes on, otherwise the status to end it with; for a redirect, Location is
/// set. `reaction` may be null: the request goes on.
int react(request_rec& request, const Reaction* reaction);

}  // namespace crowd_confluence

#endif  // MOD_CROWD_CONFLUENCE_REACTION_H_
