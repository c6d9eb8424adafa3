#include "response/session_end.h"

#include <apr_cstr.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "apr/headers.h"
#include "crowd_confluence/confluence/seraph.h"

namespace crowd_confluence::httpd {

bool was_sent_to_confluence(const request_rec& request, const DirectoryConfig& config) {
  constexpr std::string_view kProxied = "proxy:";
  const std::string_view url = request.filename != nullptr ? request.filename : "";
  return config.upstream != nullptr && url.starts_with(kProxied) &&
         config.upstream->base_url.is_base_of(url.substr(kProxied.size()));
}

SessionEnd end_said_by_app(const apr_table_t* headers) {
  const auto entries = entries_of(headers);
  const bool says_so = std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
    return is_same_header(entry.key, kSaysExpired) && apr_cstr_casecmp(entry.val, "expired") == 0;
  });
  return says_so ? SessionEnd::expired : SessionEnd::none;
}

SessionEnd end_by_login_reason(const apr_table_t* headers, const request_rec& request,
                               const DirectoryConfig& config) {
  // In several lines, or in one.
  const char* values = apr_table_getm(apr_table_elts(headers)->pool, headers, kLoginReason);
  return values != nullptr && last_login_reason(values) == LoginReason::out &&
                 was_sent_to_confluence(request, config)
             ? SessionEnd::logged_out
             : SessionEnd::none;
}

SessionEnd end_by_status(const request_rec& request, const DirectoryConfig& config) {
  return request.status == HTTP_UNAUTHORIZED && was_sent_to_confluence(request, config)
             ? SessionEnd::expired
             : SessionEnd::none;
}

void forget_session(SessionEnd end, const RequestState& state) {
  if (state.broker == nullptr) return;
  // There may be a session by now that this request did not get.
  if (end == SessionEnd::logged_out && state.result != Result::rejected)
    state.broker->log_out({state.token, state.address});
  if (end == SessionEnd::expired && state.result == Result::session)
    state.broker->drop({state.token, state.address}, state.cookies);
}

}  // namespace crowd_confluence::httpd
