// What logs and other modules learn of a request, in its environment.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_VARIABLES_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_VARIABLES_H_

#include <httpd.h>

#include <apr_tables.h>

#include "request/state.h"

namespace crowd_confluence::httpd {

/// Sets the variables. What is not known is unset, whoever set it.
void set_variables(request_rec* request, const RequestState& state);

/// Unsets the variables of a session that does not go along: the request that had it, `answered`,
/// was internally redirected, so that some of them have the names that httpd gave them then. Both
/// states may be null.
void unset_claims_of(const RequestState* answered, const RequestState* state,
                     apr_table_t* environment);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_VARIABLES_H_
