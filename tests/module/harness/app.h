// The application behind httpd: remembers what it received, answers what the test wants.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "headers.h"

namespace module_tests {

struct AppRequest {
  std::string method;
  std::string target;
  Headers headers;
  std::string body;

  /// Of all Cookie lines.
  [[nodiscard]] Cookies cookies() const;
  [[nodiscard]] std::vector<std::string> cookie(std::string_view name) const {
    return cookie_values(cookies(), name);
  }
};

struct AppResponse {
  unsigned status = 200;
  std::vector<std::string> headers = {};  // "name: value"
  std::string body = "The app says hello.\n";
};

/// An HTTP/1.1 server on a free port of 127.0.0.1, with a thread per connection. A request to
/// become a WebSocket is accepted; what comes through it goes back.
class App {
 public:
  App();
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string url() const;

  void respond_with(AppResponse response);
  /// `respond` is called by the threads of the connections.
  void respond_with(std::function<AppResponse(const AppRequest&)> respond);

  /// Since the start or the last forget(), oldest first.
  [[nodiscard]] std::vector<AppRequest> requests() const;
  void forget();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace module_tests
