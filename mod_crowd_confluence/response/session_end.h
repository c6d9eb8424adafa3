// How a response shows that the session is over.

#ifndef MOD_CROWD_CONFLUENCE_RESPONSE_SESSION_END_H_
#define MOD_CROWD_CONFLUENCE_RESPONSE_SESSION_END_H_

#include <httpd.h>

#include <apr_tables.h>

#include "request/state.h"

namespace crowd_confluence::httpd {

/// A log-out outweighs.
enum class SessionEnd { none, expired, logged_out };

/// The header by which an app says that Confluence no longer takes the session; folded.
inline constexpr char kSaysExpired[] = "x-crowd-confluence";
/// That of Confluence's log-in filter; folded.
inline constexpr char kLoginReason[] = "x-seraph-loginreason";

/// What the app says with kSaysExpired.
SessionEnd end_said_by_app(const apr_table_t* headers);

/// Whether mod_proxy sent the request to Confluence itself. An app may mean its own log-in by what
/// Confluence says of a session in the same way.
bool was_sent_to_confluence(const request_rec& request, const DirectoryConfig& config);

/// What kLoginReason says, and the status, if the request was sent to Confluence itself.
SessionEnd end_by_login_reason(const apr_table_t* headers, const request_rec& request,
                               const DirectoryConfig& config);
SessionEnd end_by_status(const request_rec& request, const DirectoryConfig& config);

/// Makes all processes forget what has ended.
void forget_session(SessionEnd end, const RequestState& state);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_RESPONSE_SESSION_END_H_
