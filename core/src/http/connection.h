// A connection to a server or to the proxy before it. libcurl makes it, with all that belongs to
// that: names, proxies, tunnels, TLS. What goes over it is somebody else's business.
//
// Why libcurl does not make the requests as well: the answer to one visitor's request must never be
// taken for another's, and over a kept connection libcurl 7.88's curl_easy_perform may take bytes
// that the server sent unasked, behind its last answer, for the answer to the next request. A guard
// against that from outside would cost the reuse of connections to Java's servers, whose TLS sends
// session tickets late: a socket that is readable proves nothing, nor does a quiet one, as TLS may
// have read ahead. So a connection is asked for what it still holds (`is_stale`), and Beast reads
// the answers.

#ifndef CROWD_CONFLUENCE_SRC_HTTP_CONNECTION_H_
#define CROWD_CONFLUENCE_SRC_HTTP_CONNECTION_H_

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "crowd_confluence/expected.h"
#include "crowd_confluence/http/error.h"
#include "crowd_confluence/http/response.h"
#include "crowd_confluence/http/settings.h"
#include "http/certificate_store.h"
#include "http/curl_share.h"

namespace crowd_confluence {

using Deadline = std::chrono::steady_clock::time_point;

/// What all connections with the same settings have in common, and outlives them.
struct ConnectionContext {
  explicit ConnectionContext(HttpSettings of_all)
      : settings(std::move(of_all)), authorities(settings.ca_certificate_file) {}

  const HttpSettings settings;
  CurlShare share;
  CertificateStore authorities;
};

/// For one thread at a time.
class HttpConnection {
 public:
  /// Connects to scheme, host and port of the URL. With an outgoing proxy of HTTP, an https server
  /// is reached through a tunnel, and for an http server the connection ends at the proxy. An error
  /// if libcurl does not take one of the settings: nothing is sent without what was asked for.
  static Expected<HttpConnection, HttpError> open(ConnectionContext& context,
                                                  const std::string& url, Deadline deadline);

  /// Sends all of it.
  Expected<void, HttpError> send(std::string_view bytes, Deadline deadline);

  /// Waits for bytes, and returns how many came; 0 when the server has closed the connection.
  Expected<std::size_t, HttpError> receive(char* to, std::size_t most, Deadline deadline);

  /// Whether the server has closed it, or something has come that nobody has read: what is read
  /// next might not be the answer to what is sent next. Messages of TLS itself do not count.
  [[nodiscard]] bool is_stale();

  /// This host's end of it, without a port, as the system writes it.
  [[nodiscard]] const std::string& local_address() const { return local_address_; }

  /// The time since it was made.
  [[nodiscard]] std::chrono::steady_clock::duration age() const {
    return std::chrono::steady_clock::now() - opened_;
  }

 private:
  struct HandleDeleter {
    void operator()(CURL* handle) const;
  };
  /// Where libcurl and its callbacks write, so it outlives the handle.
  struct Notes {
    std::array<char, CURL_ERROR_SIZE> error_text{};
    int socket_error = 0;  // why a socket could not be made
  };

  HttpConnection() = default;
  std::optional<HttpError> set_up(ConnectionContext& context, const std::string& url,
                                  Deadline deadline);
  CURLcode connect();
  static curl_socket_t make_socket(void* notes, curlsocktype purpose, curl_sockaddr* address);
  Expected<void, HttpError> wait_for(short events, Deadline deadline) const;
  [[nodiscard]] HttpError error(CURLcode code) const;

  std::chrono::steady_clock::time_point opened_;
  std::unique_ptr<Notes> notes_;
  std::unique_ptr<CURL, HandleDeleter> handle_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  std::string local_address_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_HTTP_CONNECTION_H_
