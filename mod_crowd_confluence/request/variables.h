// The environment variables of a request, for logs and other modules.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_VARIABLES_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_VARIABLES_H_

#include <httpd.h>

#include "request/state.h"

namespace crowd_confluence::httpd {

/// What is known of the request. What is not known is unset, whoever set it.
void set_variables(request_rec& request, const RequestState& state);

/// The variables of a session that does not go along: the request that had it, `answered`, was
/// internally redirected, so that some of them have the names that httpd gave them then. Either
/// state may be null.
void unset_claims_of(const RequestState* answered, const RequestState* state, request_rec& request);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_VARIABLES_H_
