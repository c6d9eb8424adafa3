// How a server is reached.

#ifndef CROWD_CONFLUENCE_HTTP_SETTINGS_H_
#define CROWD_CONFLUENCE_HTTP_SETTINGS_H_

#include <chrono>
#include <string>

#include "crowd_confluence/http/certificates.h"

namespace crowd_confluence {

/// Empty strings stand for the default.
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

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_HTTP_SETTINGS_H_
