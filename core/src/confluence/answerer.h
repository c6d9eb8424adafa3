// Who answers: Confluence, or something before it.

#ifndef CROWD_CONFLUENCE_SRC_CONFLUENCE_ANSWERER_H_
#define CROWD_CONFLUENCE_SRC_CONFLUENCE_ANSWERER_H_

#include "crowd_confluence/http/response.h"

namespace crowd_confluence {

/// Whether it has headers that only an Atlassian application writes.
[[nodiscard]] bool is_from_atlassian(const HttpResponse& response);

/// Whether a challenge for a password or the like is there, and none is Seraph's own: somebody
/// wants a log-in for himself.
[[nodiscard]] bool has_foreign_challenge(const HttpResponse& response);

/// Whether the body of a 401 is one that Confluence, Jira or their Tomcat writes. So is none at
/// all: a filter that asks for "can use" answers so, and gateways explain themselves.
[[nodiscard]] bool has_body_of_atlassians_401(const HttpResponse& response);

/// Whether Seraph asks for OAuth, as it does beside each 401.
[[nodiscard]] bool has_challenge_of_seraph(const HttpResponse& response);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_CONFLUENCE_ANSWERER_H_
