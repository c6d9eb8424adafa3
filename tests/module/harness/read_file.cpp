#include "read_file.h"

#include <fstream>
#include <iterator>

namespace module_tests {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace module_tests
