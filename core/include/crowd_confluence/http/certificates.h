// What an administrator names for TLS: files of certificates, pinned keys.

#ifndef CROWD_CONFLUENCE_HTTP_CERTIFICATES_H_
#define CROWD_CONFLUENCE_HTTP_CERTIFICATES_H_

#include <string>
#include <string_view>

#include "crowd_confluence/expected.h"
#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// A pinned public key as libcurl takes it: `sha256//` and 44 characters of base64, several with
/// `;`.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT Expected<std::string, Problem> parse_pinned_public_key(
    std::string_view text);

/// Whether the file can be read and holds at least one certificate in PEM.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT Expected<void, Problem> check_certificate_file(
    const std::string& path);

/// What this host shows of itself, and the key that proves it. All empty: nothing.
struct ClientCertificate {
  std::string file;             // the certificate's, in which it may be renewed
  std::string certificate_pem;  // with its chain, if the file has one; the text itself, as a server
  std::string key_pem;          // that has dropped its rights cannot read such files any more

  friend bool operator==(const ClientCertificate&, const ClientCertificate&) = default;
};

/// Reads a certificate and the private key that belongs to it. The key must have no pass phrase.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT Expected<ClientCertificate, Problem> read_client_certificate(
    const std::string& certificate_path, const std::string& key_path);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_HTTP_CERTIFICATES_H_
