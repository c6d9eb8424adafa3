// Whether mod_proxy will write X-Forwarded-For.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_FORWARDED_FOR_BY_PROXY_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_FORWARDED_FOR_BY_PROXY_H_

#include <httpd.h>

namespace crowd_confluence::httpd {

/// Whether mod_proxy will add the client's address to X-Forwarded-For by itself when it passes this
/// request on. It appends to what is there, so whoever wants one address must not set one before.
bool proxy_adds_forwarded_for(const request_rec* request);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_FORWARDED_FOR_BY_PROXY_H_
