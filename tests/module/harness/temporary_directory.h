// A directory that is gone with the object.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace module_tests {

class TemporaryDirectory {
 public:
  /// Everybody may read it: as root, httpd's children are another user.
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Writes a file and the directories above it; returns its path.
  std::filesystem::path write(const std::filesystem::path& name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

/// Empty when there is no such file.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace module_tests
