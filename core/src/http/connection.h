// A connection to a server or to the proxy before it. libcurl makes it, with all that belongs to
// that: names, proxies, tunnels, TLS. What goes over it is somebody else's business.

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

#include "crowd_confluence/expected.h"
#include "crowd_confluence/http/error.h"
#include "crowd_confluence/http/response.h"
#include "crowd_confluence/http/settings.h"

namespace crowd_confluence {

using Deadline = std::chrono::steady_clock::time_point;

/// For one thread at a time.
class HttpConnection {
 public:
  /// Connects to scheme, host and port of the URL. With an outgoing proxy of HTTP, an https server
  /// is reached through a tunnel, and for an http server the connection ends at the proxy. An error
  /// if libcurl does not take one of the settings: nothing is sent without what was asked for.
  static Expected<HttpConnection, HttpError> open(const HttpSettings& settings,
                                                  const std::string& url, Deadline deadline);

  /// Sends all of it.
  Expected<void, HttpError> send(std::string_view bytes, Deadline deadline);

  /// Waits for bytes, and returns how many came; 0 when the server has closed the connection.
  Expected<std::size_t, HttpError> receive(char* to, std::size_t most, Deadline deadline);

  /// Whether the server has closed it, or has sent something, since it was last used.
  [[nodiscard]] bool is_stale();

 private:
  struct HandleDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  using ErrorText = std::array<char, CURL_ERROR_SIZE>;

  HttpConnection() = default;
  std::optional<HttpError> set_up(const HttpSettings& settings, const std::string& url,
                                  Deadline deadline);
  CURLcode connect();
  Expected<void, HttpError> wait_for(short events, Deadline deadline) const;
  [[nodiscard]] HttpError error(CURLcode code) const;

  std::unique_ptr<ErrorText> error_text_;  // where libcurl writes, so it must outlive the handle
  std::unique_ptr<CURL, HandleDeleter> handle_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_HTTP_CONNECTION_H_
