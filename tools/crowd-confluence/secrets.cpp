#include "secrets.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace crowd_confluence::tool {
namespace {

constexpr std::size_t kMaxBytes = 8192;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ > STDERR_FILENO) close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

SecretText first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return SecretText(text);
}

/// Without the buffers of a stream, of which nobody would wipe a copy.
Expected<SecretText, Problem> read_file(const std::string& name) {
  const Descriptor file(name == "-" ? STDIN_FILENO : open(name.c_str(), O_RDONLY | O_CLOEXEC));
  const auto unreadable = [&] {
    return Problem{"'" + name + "' cannot be read: " + std::strerror(errno)};
  };
  if (file.number() < 0) return unreadable();
  std::array<char, kMaxBytes> buffer;
  std::size_t size = 0;
  for (ssize_t count = 1; count > 0 && size < buffer.size();
       size += static_cast<std::size_t>(count)) {
    count = read(file.number(), buffer.data() + size, buffer.size() - size);
    if (count < 0) return unreadable();
  }
  SecretText secret = first_line({buffer.data(), size});
  explicit_bzero(buffer.data(), buffer.size());
  if (secret.empty()) return Problem{"'" + name + "' is empty"};
  return secret;
}

}  // namespace

Expected<SecretText, Problem> read_secret(const std::string& file, const char* variable) {
  if (!file.empty()) return read_file(file);
  char* const value = std::getenv(variable);
  if (value == nullptr) return SecretText();
  SecretText secret = first_line(value);
  explicit_bzero(value, std::strlen(value));  // /proc shows it to this user's other processes
  return secret;
}

}  // namespace crowd_confluence::tool
