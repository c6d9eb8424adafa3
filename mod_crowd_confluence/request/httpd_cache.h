// Keeps mod_cache, of this httpd, from storing what is one user's.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_HTTPD_CACHE_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_HTTPD_CACHE_H_

#include <httpd.h>

#include "request/state.h"

namespace crowd_confluence::httpd {

/// At the start, when all modules are loaded: whether mod_cache is among them. Without it, all else
/// here does nothing.
void find_cache_module();

/// Whatever the response says, and whatever mod_cache is configured to ignore, the response to this
/// request is not stored.
void forbid_storing(request_rec& request);

/// As `forbid_storing`, for a sub-request of a request with a session: mod_cache stores its
/// response under a URL of its own.
void forbid_storing_subrequest(request_rec& subrequest);

/// Of a request with a session, whose response is for everybody: takes `forbid_storing` back and
/// returns the request's headers as mod_cache may see them, which stores them all with the
/// response. Null, and it stays forbidden, when the response must not be stored nevertheless.
apr_table_t* allow_storing(request_rec& request, const RequestState& state);

/// With CacheQuickHandler Off, mod_cache keeps a copy of the request's headers when it looks for a
/// stored response, and may store that copy later. These two are called before and after: between
/// them the request carries no session.
void hide_session_from_cache(request_rec& request);
void show_session_again(request_rec& request);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_HTTPD_CACHE_H_
