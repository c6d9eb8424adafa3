// What happens to a request without a session: CrowdConfluenceWhen.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_REACTION_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_REACTION_H_

#include <httpd.h>

#include <http_config.h>

#include <string_view>

#include "config/config.h"

namespace crowd_confluence::httpd {

/// Reads an action of CrowdConfluenceWhen: `pass`, a status, or the URL of a redirect. What is
/// wrong with it, or null.
const char* parse_reaction(cmd_parms* cmd, std::string_view action, Reaction& reaction);

/// OK when the request goes on, otherwise the status to end it with; for a redirect, Location is
/// set. `reaction` may be null: the request goes on.
int react(request_rec& request, const Reaction* reaction);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_REACTION_H_
