// Letters of ASCII without regard to case, whatever the locale.

#ifndef CROWD_CONFLUENCE_SRC_BASE_ASCII_H_
#define CROWD_CONFLUENCE_SRC_BASE_ASCII_H_

#include <algorithm>
#include <string_view>

namespace crowd_confluence::ascii {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

constexpr bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && equal_ignoring_case(text.substr(0, start.size()), start);
}

constexpr bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

constexpr std::string_view trimmed_left(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

constexpr std::string_view trimmed_right(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

constexpr std::string_view trimmed(std::string_view text) {
  return trimmed_right(trimmed_left(text));
}

}  // namespace crowd_confluence::ascii

#endif  // CROWD_CONFLUENCE_SRC_BASE_ASCII_H_
