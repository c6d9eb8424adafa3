// What goes wrong with requests, in httpd's error log: once in a minute, not with every request.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_TROUBLES_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_TROUBLES_H_

#include <httpd.h>

#include <cstdint>

#include "config/config.h"
#include "crowd_confluence/outcome.h"
#include "request/state.h"

namespace crowd_confluence::httpd {

/// A request ended as Result::unavailable: why, what was asked, where that is configured, the cause
/// as far as it is known, and what to look at. `config` has an upstream. One that only shares what
/// another request reported, or that was said of the same Confluence in the last minute, is of
/// level info.
void log_unavailable(request_rec& request, const DirectoryConfig& config, const RequestState& state,
                     const Outcome& outcome);

/// Confluence has refused a token just now: why, as far as that is known without asking anybody. Of
/// level info, as anybody may send tokens; once for a visitor while the refusal is remembered.
void log_rejected(request_rec& request, const DirectoryConfig& config, const RequestState& state,
                  const Outcome& outcome);

/// Counts what came of an exchange. Notices, once in a while, that most visitors are refused.
void notice_if_mostly_rejected(request_rec& request, const DirectoryConfig& config,
                               const RequestState& state, const Outcome& outcome);

/// The module is On for the request, or answers it itself, and no CrowdConfluenceURL holds for it.
void log_missing_url(request_rec& request, const DirectoryConfig& config);

/// The expression of a CrowdConfluenceWhen gives no URL for this request. `problem` may be null.
void log_bad_redirect(request_rec& request, const Reaction& reaction, const char* problem);

/// The URL of a CrowdConfluenceWhen is a page that the same line redirects again.
void log_redirect_to_itself(request_rec& request, const Reaction& reaction);

/// What the peer's X-Forwarded-For says, where no mod_remoteip believes it.
enum class ForwardedFor : std::uint8_t { nothing, one_address, chain };

/// To be asked before that header is removed, and before httpd's idea of the address is brought
/// into another form. Mostly cheap, and `nothing` after the warning below.
ForwardedFor unexplained_forwarded_for(const request_rec& request, const DirectoryConfig& config);

/// Warns once that all users seem to be at a proxy's address: when the peer is in a private network
/// and sends a chain, or when Confluence has refused several tokens that came with some address,
/// and none was good in between. Anybody may send the header from outside.
void log_address_of_proxy(request_rec& request, ForwardedFor forwarded_for,
                          const RequestState& state);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_TROUBLES_H_
