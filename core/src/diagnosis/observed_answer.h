// What a diagnosis keeps of one answer of Confluence.

#ifndef CROWD_CONFLUENCE_SRC_DIAGNOSIS_OBSERVED_ANSWER_H_
#define CROWD_CONFLUENCE_SRC_DIAGNOSIS_OBSERVED_ANSWER_H_

#include <string>
#include <string_view>

#include "crowd_confluence/confluence/settings.h"
#include "crowd_confluence/diagnosis/evidence.h"
#include "crowd_confluence/expected.h"
#include "crowd_confluence/http/error.h"
#include "crowd_confluence/http/response.h"

namespace crowd_confluence {

/// `asked` is the URL, `token` the SSO cookie's value that was sent, or empty. Nothing secret of
/// the answer is kept.
[[nodiscard]] ConfluenceEvidence observed_answer(const Expected<HttpResponse, HttpError>& response,
                                                 const ConfluenceSettings& settings,
                                                 const std::string& asked, std::string_view token);

/// Whether a cookie of this name may be an SSO cookie of Crowd's, under another name than it should
/// have: `crowd.p.token_key`, `studio.crowd.tokenkey`.
[[nodiscard]] bool may_be_token_cookie(std::string_view name);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_DIAGNOSIS_OBSERVED_ANSWER_H_
