// httpd's error log, and what a test makes of it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace module_tests {

/// The lines of httpd's error log and of its standard error.
///
/// Whatever is a warning or worse, a numbered message of the module, or no log line at all (a
/// program that crashes says odd things), must have been announced by the test.
class ErrorLog {
 public:
  explicit ErrorLog(std::vector<std::filesystem::path> files) : files_(std::move(files)) {}

  /// A line that matches the regular expression must be there in the end.
  void expect(std::string pattern) { expected_.push_back(std::move(pattern)); }
  /// It may be there.
  void allow(std::string pattern) { allowed_.push_back(std::move(pattern)); }

  [[nodiscard]] std::vector<std::string> lines() const;
  [[nodiscard]] std::string text() const;
  /// How many lines match.
  [[nodiscard]] std::size_t count(const std::string& pattern) const;
  /// False when fewer than `n` lines match within the test's patience.
  [[nodiscard]] bool wait_for(const std::string& pattern, std::size_t n = 1) const;

  /// One sentence for each line that was not announced, and for each that did not come.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  std::vector<std::filesystem::path> files_;
  std::vector<std::string> expected_;
  std::vector<std::string> allowed_;
};

}  // namespace module_tests
