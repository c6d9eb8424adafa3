// Does to a request without a session what CrowdConfluenceWhen says.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_REACTION_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_REACTION_H_

#include <httpd.h>

#include "config/config.h"
#include "crowd_confluence/clock.h"

namespace crowd_confluence::httpd {

/// OK when the request goes on, otherwise the status to end it with; for a redirect, Location is
/// set. `reaction` may be null: the request goes on. So does a CORS preflight, to which a browser
/// adds no cookies: refused, no script of another origin could ever call the app. `retry_after` is
/// told to whoever is refused, unless it is zero.
int react(request_rec& request, const Reaction* reaction, Duration retry_after);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_REACTION_H_
