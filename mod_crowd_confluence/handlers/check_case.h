// A request as evidence: what a diagnosis knows of it before anybody is asked.

#ifndef MOD_CROWD_CONFLUENCE_HANDLERS_CHECK_CASE_H_
#define MOD_CROWD_CONFLUENCE_HANDLERS_CHECK_CASE_H_

#include <httpd.h>

#include <string>
#include <string_view>

#include "config/config.h"
#include "crowd_confluence/diagnosis/evidence.h"

namespace crowd_confluence::httpd {

struct CheckCase {
  Evidence evidence;
  std::string token;  // the first SSO cookie's value. A secret
};

/// `config` has an upstream. The request is as the browser sent it.
CheckCase case_of(const request_rec& request, const DirectoryConfig& config);

/// Adds one field of the form. Unknown ones, and values that make no sense, are left out.
void note_field(std::string_view name, std::string_view value, Evidence& evidence);

/// What a person may have seen: fields of the form, each with a sentence beside its box.
struct ObservationField {
  std::string_view name;
  std::string_view sentence;
  bool Observations::*observation;
};
inline constexpr ObservationField kObservationFields[] = {
    {"just-logged-in", "I logged in a moment ago.", &Observations::just_logged_in},
    {"nobody-has-a-cookie", "Nobody has the SSO cookie, not just this browser.",
     &Observations::nobody_has_a_cookie},
    {"works-after-other-log-in", "It works after a log-in in another product.",
     &Observations::works_after_other_log_in},
    {"works-from-other-server", "It works through another web server.",
     &Observations::works_from_other_server},
    {"varies", "It works and fails by turns.", &Observations::varies},
    {"session-ends-early", "Sessions end soon after calls of the app.",
     &Observations::session_ends_early},
    {"app-sets-session-cookie", "The app sets a cookie named as Confluence's session cookie.",
     &Observations::app_sets_session_cookie},
    {"app-write-fails-xsrf", "Writes of the app fail with “XSRF check failed”.",
     &Observations::app_write_fails_xsrf},
};
inline constexpr std::string_view kCandidatesField = "candidates";

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_HANDLERS_CHECK_CASE_H_
