// The page that says why SSO does not work for the browser that opens it.

#ifndef MOD_CROWD_CONFLUENCE_HANDLERS_CHECK_H_
#define MOD_CROWD_CONFLUENCE_HANDLERS_CHECK_H_

#include <httpd.h>

namespace crowd_confluence::httpd {

/// Handler `crowd-confluence-check`. The request itself is the case. GET tells what is known of it
/// without asking anybody, and has a form; POST asks Confluence and Crowd, for a few seconds at
/// most, and tells the cause. HTML, or JSON for `Accept: application/json`. No secret is in it.
///
/// A POST needs the form's seal, or the header `X-Crowd-Confluence-Check: run`, which no page of
/// another site can send; each client may make a few checks a minute.
int answer_check(request_rec* request) noexcept;

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_HANDLERS_CHECK_H_
