// What must be known of one Confluence to ask it for a session.

#ifndef CROWD_CONFLUENCE_CONFLUENCE_SETTINGS_H_
#define CROWD_CONFLUENCE_CONFLUENCE_SETTINGS_H_

#include <chrono>
#include <string>

#include "crowd_confluence/http/url.h"
#include "crowd_confluence/http/certificates.h"
#include "crowd_confluence/cookie/cookie_names.h"
#include "crowd_confluence/confluence/probe.h"

namespace crowd_confluence {

/// How a server is reached. Empty strings stand for the default.
struct HttpSettings {
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds timeout{5000};  // for the whole exchange
  std::string ca_certificate_file;          // PEM; the system's when empty
  ClientCertificate client_certificate;
  std::string pinned_public_key;  // "sha256//…", several with ';'
  std::string outgoing_proxy;     // a URL; none when empty, whatever the environment says
  bool verify_peer = true;

  friend bool operator==(const HttpSettings&, const HttpSettings&) = default;
};

struct ConfluenceSettings {
  BaseUrl base_url;
  Probe probe;
  std::string token_cookie = "crowd.token_key";
  CookieNames session_cookies = CookieNames::defaults();
  bool forwarded_for = true;  // tell Confluence the user's address
  HttpSettings http;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_CONFLUENCE_SETTINGS_H_
