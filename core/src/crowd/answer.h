// What an answer of Crowd's REST API means.

#ifndef CROWD_CONFLUENCE_SRC_CROWD_ANSWER_H_
#define CROWD_CONFLUENCE_SRC_CROWD_ANSWER_H_

#include <optional>

#include "crowd_confluence/crowd/client.h"
#include "crowd_confluence/http/error.h"
#include "crowd_confluence/http/response.h"

namespace crowd_confluence {

[[nodiscard]] CrowdError error_of(const HttpError& error);

/// What an answer says that is no success: its status is not 200, or it is not Crowd's. Nothing if
/// it is a success of Crowd's, whatever is in it. `asks_for_token`: whether the question was about
/// a token, so that 400 and 404 say that it is no good.
[[nodiscard]] std::optional<CrowdError> refusal_in(const HttpResponse& response,
                                                   bool asks_for_token);

[[nodiscard]] Expected<CrowdCookie, CrowdError> cookie_in(const HttpResponse& response);
[[nodiscard]] Expected<CrowdSession, CrowdError> session_in(const HttpResponse& response);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_CROWD_ANSWER_H_
