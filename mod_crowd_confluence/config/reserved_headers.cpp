#include "config/reserved_headers.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "apr/address_headers.h"

namespace crowd_confluence::httpd {
namespace {

// Folded. IANA's register of HTTP fields (without what nobody uses), WebDAV's, and what proxies and
// frameworks have made their own.
constexpr std::string_view kNames[] = {
    "a-im",
    "accept",
    "age",
    "allow",
    "authorization",
    "baggage",
    "cache-control",
    "cdn-loop",
    "clear-site-data",
    "close",
    "connection",
    "cookie",
    "cookie2",
    "dav",
    "date",
    "depth",
    "destination",
    "digest",
    "dnt",
    "early-data",
    "etag",
    "expect",
    "expires",
    "from",
    "front-end-https",
    "host",
    "http2-settings",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "lock-token",
    "max-forwards",
    "origin",
    "overwrite",
    "p3p",
    "permissions-policy",
    "pragma",
    "prefer",
    "priority",
    "proxy",  // HTTP_PROXY in CGI's environment names a proxy
    "public-key-pins",
    "range",
    "referer",
    "referrer-policy",
    "refresh",
    "remote-user",
    "retry-after",
    "save-data",
    "server",
    "server-timing",
    "soapaction",
    "sourcemap",
    "status",
    "strict-transport-security",
    "te",
    "timeout",
    "tk",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "vary",
    "via",
    "want-digest",
    "warning",
    "www-authenticate",
    "x-ausername",
    "x-content-type-options",
    "x-crowd-confluence",
    "x-csrf-token",
    "x-dns-prefetch-control",
    "x-frame-options",
    "x-original-url",
    "x-powered-by",
    "x-request-id",
    "x-requested-with",
    "x-rewrite-url",
    "x-robots-tag",
    "x-sendfile",
    "x-ua-compatible",
    "x-xss-protection",
};

constexpr std::string_view kBeginnings[] = {
    "accept-",       "access-control-", "alt-",          "atl-",         "authentication-",
    "cf-",           "content-",        "cross-origin-", "if-",          "proxy-",
    "sec-",          "set-cookie",      "x-accel-",      "x-atlassian-", "x-forwarded",
    "x-http-method", "x-seraph-",
};

}  // namespace

bool has_meaning_in_http(const std::string& folded_name) {
  const auto begins = [&](std::string_view beginning) {
    return folded_name.starts_with(beginning);
  };
  return carries_address(folded_name.c_str()) ||
         std::find(std::begin(kNames), std::end(kNames), folded_name) != std::end(kNames) ||
         std::any_of(std::begin(kBeginnings), std::end(kBeginnings), begins);
}

}  // namespace crowd_confluence::httpd
