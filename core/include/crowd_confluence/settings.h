// What must be known of one Confluence to ask it for a session.

#ifndef CROWD_CONFLUENCE_SETTINGS_H_
#define CROWD_CONFLUENCE_SETTINGS_H_

#include <chrono>
#include <string>
#include <string_view>

#include "crowd_confluence/base_url.h"
#include "crowd_confluence/cookie_names.h"
#include "crowd_confluence/expected.h"
#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// What this host shows of itself, and the key that proves it. All empty: nothing.
struct ClientCertificate {
  std::string file;             // the certificate's, in which it may be renewed
  std::string certificate_pem;  // with its chain, if the file has one; the text itself, as a server
  std::string key_pem;          // that has dropped its rights cannot read such files any more

  friend bool operator==(const ClientCertificate&, const ClientCertificate&) = default;
};

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

/// What is asked of Confluence, and what in its answer proves that somebody is logged in.
struct Probe {
  std::string path = "/rest/api/user/current";  // below the base URL
  std::string field = "type";                   // empty: the user's name is proof enough
  std::string value = "known";
  std::string user_field = "username";  // empty: the name is not read from the body

  friend bool operator==(const Probe&, const Probe&) = default;
};

struct ConfluenceSettings {
  BaseUrl base_url;
  Probe probe;
  std::string token_cookie = "crowd.token_key";
  CookieNames session_cookies = CookieNames::defaults();
  bool forwarded_for = true;  // tell Confluence the user's address
  HttpSettings http;
};

/// Checks `PATH [FIELD=VALUE] [user=FIELD]`, each word one argument, and makes a probe of it.
/// Without FIELD=VALUE a name in the user's field proves the login. One of the two is needed.
class CROWD_CONFLUENCE_EXPORT ProbeParser {
 public:
  explicit ProbeParser(std::string_view path);
  void add(std::string_view word);
  [[nodiscard]] Expected<Probe, Problem> finish() const;

 private:
  Probe probe_;
  std::string problem_;
};

/// A pinned public key as libcurl takes it: `sha256//` and 44 characters of base64, several with
/// `;`.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT Expected<std::string, Problem> parse_pinned_public_key(
    std::string_view text);

/// Whether the file can be read and holds at least one certificate in PEM.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT Expected<void, Problem> check_certificate_file(
    const std::string& path);

/// Reads a certificate and the private key that belongs to it. The key must have no pass phrase.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT Expected<ClientCertificate, Problem> read_client_certificate(
    const std::string& certificate_path, const std::string& key_path);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SETTINGS_H_
