// Header lines and cookies as they went over the wire.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace module_tests {

/// In order and spelling as sent.
struct Headers {
  std::vector<std::pair<std::string, std::string>> lines;

  /// Values of all lines with this name, compared without case.
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
  /// The first of them.
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
  /// Adds `name: value`.
  void add_line(std::string_view line);
};

using Cookies = std::vector<std::pair<std::string, std::string>>;

/// The cookies of a Cookie header's value, the way most applications read it.
[[nodiscard]] Cookies parse_cookies(std::string_view header);
/// Values of all cookies with this name.
[[nodiscard]] std::vector<std::string> cookie_values(const Cookies& cookies, std::string_view name);

}  // namespace module_tests
