// The URL that leads a visitor back after a log-in.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_RETURN_URL_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_RETURN_URL_H_

#include <httpd.h>

#include <string_view>

namespace crowd_confluence::httpd {

/// The whole URL that the browser asked for, whatever internal redirects came since: scheme, host,
/// a port other than the scheme's own, path and query. Everything but letters, digits and `-._~` is
/// percent-encoded once, so that it is one value wherever it is put into a query. Scheme, host and
/// port are those of httpd's own redirects (ServerName, UseCanonicalName).
///
/// In the request's pool, terminated by NUL.
std::string_view encoded_url(const request_rec& request);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_RETURN_URL_H_
