// Everything a test needs: Crowd and Confluence, the app, and httpd between the app and the
// browser.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app.h"
#include "client.h"
#include "httpd_server.h"
#include "simulator.h"

namespace module_tests {

/// A Location with the module on, the app behind it (at the same path), and these directives.
[[nodiscard]] std::string location(std::string_view path, std::string_view directives = {});

/// Crowd trusts this host and nobody else.
[[nodiscard]] atlassian::SimulatorOptions trusting_loopback();

/// A configuration's parts: ${CONFLUENCE} and ${CROWD} are the simulator's base URLs, ${APP} the
/// app's.
///
/// At its end the stage stops httpd and fails the test over what the test did not announce: lines
/// in the error log, an unclean end, a secret in any log.
class Stage {
 public:
  explicit Stage(HttpdOptions httpd_options = {},
                 atlassian::SimulatorOptions simulator_options = trusting_loopback());
  ~Stage();

  /// Starts with the app at `/`, the module on, and these directives in the same Location.
  void start_with(std::string_view directives = {});
  /// Starts with a configuration of the test's own.
  void start(std::string_view configuration) { httpd.start(configuration); }

  /// A token of `user`, logged in from this address, as a Cookie header line.
  [[nodiscard]] std::string cookie_line(std::string_view user,
                                        std::string_view address = "127.0.0.1");
  /// What must never be in a log, besides all cookies that went over the wire.
  void keep_secret(std::string value) { secrets_.push_back(std::move(value)); }

  [[nodiscard]] Client client(std::string source = "127.0.0.1",
                              Client::Protocol protocol = Client::Protocol::http1) const {
    return Client(httpd.port(), std::move(source), protocol);
  }
  Response get(const std::string& path = "/", std::vector<std::string> headers = {}) {
    return client().get(path, std::move(headers));
  }

  /// The app's only request since the last call; fails the test when it was not exactly one.
  [[nodiscard]] AppRequest seen_by_app();
  /// Whose session a JSESSIONID is at Confluence; empty: nobody's.
  [[nodiscard]] std::string owner_of(const std::string& session_id) const;
  /// Exchanges since the last call.
  [[nodiscard]] std::uint64_t exchanges();

  atlassian::Simulator simulator;
  App app;
  HttpdServer httpd;

 private:
  std::vector<std::string> secrets_;
};

}  // namespace module_tests
