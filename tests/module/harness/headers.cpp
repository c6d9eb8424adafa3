#include "headers.h"

#include <algorithm>
#include <cctype>

namespace module_tests {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

std::vector<std::string> Headers::values(std::string_view name) const {
  std::vector<std::string> result;
  for (const auto& [key, content] : lines)
    if (equal_ignoring_case(key, name)) result.push_back(content);
  return result;
}

std::optional<std::string> Headers::value(std::string_view name) const {
  for (const auto& [key, content] : lines)
    if (equal_ignoring_case(key, name)) return content;
  return std::nullopt;
}

void Headers::add_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  lines.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
}

Cookies parse_cookies(std::string_view header) {
  Cookies result;
  while (!header.empty()) {
    const std::size_t end = header.find(';');
    const std::string_view pair = trimmed(header.substr(0, end));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos)
      result.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    header = end == std::string_view::npos ? std::string_view() : header.substr(end + 1);
  }
  return result;
}

std::vector<std::string> cookie_values(const Cookies& cookies, std::string_view name) {
  std::vector<std::string> result;
  for (const auto& [key, value] : cookies)
    if (key == name) result.push_back(value);
  return result;
}

}  // namespace module_tests
