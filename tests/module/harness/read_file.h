#pragma once

#include <filesystem>
#include <string>

namespace module_tests {

/// Empty when there is no such file.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace module_tests
