// A real httpd with a server root of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "error_log.h"
#include "process.h"
#include "sanitizer.h"
#include "support/temporary_directory.h"

namespace module_tests {

enum class Mpm { prefork, worker, event };

/// That of this build, or the one that CROWD_CONFLUENCE_MODULE names in the environment.
[[nodiscard]] std::filesystem::path module_under_test();

/// What the test chooses before the start.
struct HttpdOptions {
  Mpm mpm = Mpm::event;
  unsigned children = 1;
  unsigned threads = 8;  // of each child; with prefork each child is one
  /// Of httpd's own modules besides those that every test has: "ssl", "http2", …
  std::vector<std::string> modules = {};
  /// The module under test; empty: not loaded.
  std::filesystem::path module = module_under_test();
  std::map<std::string, std::string> environment = {};
  /// Names for ${NAME} in the configuration, besides ROOT, PORT and PORT2.
  std::map<std::string, std::string> defines = {};
};

/// One httpd on free ports of loopback. ${PORT} is listened on; ${PORT2} is free for whatever the
/// configuration does with it. Each response tells the request's variables, see client.h.
class HttpdServer {
 public:
  explicit HttpdServer(HttpdOptions options = {});
  /// Ends it without looking back; stop() is the one that checks.
  ~HttpdServer();
  HttpdServer(const HttpdServer&) = delete;
  HttpdServer& operator=(const HttpdServer&) = delete;

  [[nodiscard]] HttpdOptions& options() { return options_; }
  [[nodiscard]] const std::filesystem::path& root() const { return directory_.path(); }
  /// Writes a file below the server root, for instance "htdocs/index.html".
  std::filesystem::path write(const std::filesystem::path& name, std::string_view content) const;

  /// Starts with this configuration behind the common part, and waits until connections are
  /// accepted. Throws std::runtime_error with httpd's complaints when it does not start.
  void start(std::string_view configuration);
  /// The same for a configuration that is expected to be refused: what httpd says about it, or
  /// nullopt when it starts nevertheless.
  [[nodiscard]] std::optional<std::string> start_refused(std::string_view configuration);

  /// What `httpd -t` says of the configuration that was written last.
  [[nodiscard]] std::string test_configuration() const;

  /// Writes a new configuration for the next graceful restart.
  void reconfigure(std::string_view configuration);
  /// Waits until the new generation is there. Requests of the old one may still be running.
  void restart_gracefully();

  /// As `httpd -k graceful-stop`: all requests are finished first, because httpd's event MPM may
  /// crash when it is stopped in the middle of one. Says what was wrong with it, or nothing.
  [[nodiscard]] std::vector<std::string> stop();
  [[nodiscard]] bool is_running() { return process_ && process_->is_running(); }

  [[nodiscard]] pid_t process_id() const { return process_->id(); }
  [[nodiscard]] std::vector<pid_t> child_process_ids() const;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::uint16_t port2() const { return port2_; }
  [[nodiscard]] ErrorLog& log() { return log_; }
  /// All logs together.
  [[nodiscard]] std::string logs() const;

 private:
  enum class Start { running, refused, port_taken };

  [[nodiscard]] std::vector<std::string> stop_processes();
  [[nodiscard]] std::vector<std::string> end_children();
  Start try_to_start(std::string_view configuration);
  [[nodiscard]] std::string common_configuration() const;
  [[nodiscard]] std::vector<std::string> command() const;

  HttpdOptions options_;
  test_support::TemporaryDirectory directory_;
  Sanitizer sanitizer_;
  ErrorLog log_;
  std::uint16_t port_ = 0;
  std::uint16_t port2_ = 0;
  std::unique_ptr<Process> process_;
};

/// A port of 127.0.0.1 that nobody listened on a moment ago.
[[nodiscard]] std::uint16_t free_port();

}  // namespace module_tests
