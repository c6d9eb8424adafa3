// The browser: requests to httpd over real connections.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "headers.h"

namespace module_tests {

struct Response {
  long status = 0;
  Headers headers;
  std::string body;
  std::string version;  // "1.1" or "2"

  [[nodiscard]] std::string header(std::string_view name) const {
    return headers.value(name).value_or("");
  }
  /// The request's CROWD_CONFLUENCE_… variables, which the test server tells in headers; "(null)"
  /// when not set.
  [[nodiscard]] std::string result() const { return header("Test-Result"); }
  [[nodiscard]] std::string source() const { return header("Test-Source"); }
  [[nodiscard]] std::string user() const { return header("Test-User"); }
  [[nodiscard]] std::string reason() const { return header("Test-Reason"); }
};

struct Request {
  std::string method = "GET";
  std::string path = "/";
  std::vector<std::string> headers = {};  // "name: value", sent in this order
  std::string body = {};
};

/// Keeps its connection from request to request (but with http2). One thread at a time.
class Client {
 public:
  enum class Protocol { http1, http2, https };

  /// Talks to 127.0.0.1:port from the address `source` of 127.0.0.0/8.
  explicit Client(std::uint16_t port, std::string source = "127.0.0.1",
                  Protocol protocol = Protocol::http1);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  /// Throws std::runtime_error when there is no complete response.
  Response send(const Request& request);
  /// From now on no new connection is made: when there is none, or it ends, a request fails instead
  /// of being sent again.
  void keep_to_connection();
  Response get(const std::string& path, std::vector<std::string> headers = {}) {
    return send({"GET", path, std::move(headers), {}});
  }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Sends these bytes and returns all that comes back until the connection ends.
[[nodiscard]] std::string exchange_bytes(std::uint16_t port, const std::string& bytes);

/// Opens a WebSocket at ws://127.0.0.1:port/path, sends `message` and returns what comes back.
[[nodiscard]] std::string exchange_web_socket_message(std::uint16_t port, const std::string& path,
                                                      const std::vector<std::string>& headers,
                                                      const std::string& message);

}  // namespace module_tests
