// The module may have been built with a sanitizer; httpd itself never is.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace module_tests {

/// What the sanitizer finds in the processes of one server. Its libraries are those that
/// SANITIZER_LIBRARIES names in the environment; without, there is none.
class Sanitizer {
 public:
  /// Reports are kept in a directory of their own in the server root.
  explicit Sanitizer(const std::filesystem::path& server_root);

  /// What must be in httpd's environment: the sanitizer's library and options.
  [[nodiscard]] std::map<std::string, std::string> environment() const;
  /// Whether a signal may reach httpd only when it is asleep again, for up to a second.
  [[nodiscard]] bool delays_signals() const;
  /// Those of all processes that have ended. Each is a failure.
  [[nodiscard]] std::vector<std::string> reports() const;

 private:
  std::string libraries_;
  std::filesystem::path directory_;
};

}  // namespace module_tests
