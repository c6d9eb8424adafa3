// A directory of a test's own.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace test_support {

/// Made with mode 0700 below the system's directory for temporary files; removed with all that is
/// in it at the end.
class TemporaryDirectory {
 public:
  /// Throws std::system_error when the directory cannot be made.
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// The path of a file of that name in the directory, whether it exists or not.
  std::string file(std::string_view name) const { return path_ / name; }

  /// Writes the file and returns its path. Throws std::runtime_error when that fails.
  std::string write(std::string_view name, std::string_view contents) const;

 private:
  std::filesystem::path path_;
};

}  // namespace test_support
