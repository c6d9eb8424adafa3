// Why a request over HTTP has no answer.

#ifndef CROWD_CONFLUENCE_HTTP_ERROR_H_
#define CROWD_CONFLUENCE_HTTP_ERROR_H_

#include <cstdint>
#include <string>

namespace crowd_confluence {

/// What went wrong. Each client says in the words of its server what that means: a time-out of
/// Crowd's is not one of Confluence's.
enum class HttpFailure : std::uint8_t {
  timeout,      // no answer within the time allowed
  refused,      // no connection could be made
  name_lookup,  // the host's name could not be resolved
  tls,          // the handshake failed, or the certificate is not trusted
  proxy,        // the outgoing proxy refused, or could not be reached
  network,      // the connection broke
  protocol,     // the answer is not HTTP
  too_large,    // the answer exceeds a limit
  internal,     // this process could not ask: memory, descriptors, ports, a URL or header that must
                // not be sent, a setting that libcurl refused. The server has no part in it
  /// The answer gives its length in two ways: Content-Length beside Transfer-Encoding, or two
  /// lengths. RFC 9112 §6.3 lets one of them win, which is how answers are smuggled past those who
  /// choose the other. It is refused on purpose, and a fault of this answer, not of the server.
  ambiguous_length
};

struct HttpError {
  HttpFailure failure = HttpFailure::network;
  std::string text;             // what happened, without a full stop and without secrets
  bool is_unconnected = false;  // no connection could be made: nothing was sent
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_HTTP_ERROR_H_
