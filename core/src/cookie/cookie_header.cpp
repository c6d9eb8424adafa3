#include "crowd_confluence/cookie/cookie_header.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "base/ascii.h"

namespace crowd_confluence {
namespace {

/// Octets that are not to stand in a text. They are looked up, as every request is checked.
class Forbidden {
 public:
  /// These, control characters, the blank and what is not ASCII.
  constexpr explicit Forbidden(std::string_view visible) {
    for (std::size_t c = 0; c < is_forbidden_.size(); ++c) is_forbidden_[c] = c <= ' ' || c >= 0x7f;
    for (const char c : visible) is_forbidden_[static_cast<unsigned char>(c)] = true;
  }

  [[nodiscard]] bool has(char c) const { return is_forbidden_[static_cast<unsigned char>(c)]; }

  [[nodiscard]] bool stands_in(std::string_view text) const {
    bool found = false;
#pragma GCC unroll 8
    for (const char c : text) found |= is_forbidden_[static_cast<unsigned char>(c)];
    return found;
  }

 private:
  std::array<bool, 256> is_forbidden_ = {};
};

constexpr Forbidden kNotInNames("()<>@,;:\\\"/[]?={}");
constexpr Forbidden kNotInValues("\",;\\");

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_quoted(std::string_view value) {
  return value.size() >= 2 && value.front() == '"' && value.back() == '"';
}

bool is_separator(char c) {
  return c == ';' || c == ',';
}

}  // namespace

bool is_cookie_name(std::string_view name) {
  return !name.empty() && !kNotInNames.stands_in(name);
}

bool is_cookie_value(std::string_view value) {
  return !kNotInValues.stands_in(unquoted(value));
}

std::string_view unquoted(std::string_view value) {
  return is_quoted(value) ? value.substr(1, value.size() - 2) : value;
}

bool CookieNameFinder::next() {
  const char* const begin = begin_;
  for (const char* at = at_;;) {
    const void* const found = std::memchr(at, '=', static_cast<std::size_t>(end_ - at));
    if (found == nullptr) return false;
    const char* name_end = static_cast<const char*>(found);
    at = name_end + 1;
    while (name_end != begin && kNotInNames.has(name_end[-1]) && name_end[-1] != '=' &&
           !is_separator(name_end[-1]))
      --name_end;
    const char* name = name_end;
    while (name != begin && !kNotInNames.has(name[-1])) --name;
    if (!wanted_.may_be_in({name, name_end})) continue;
    name_ = {name, name_end};
    at_ = at;
    return true;
  }
}

bool CookieNameFinder::is_a_cookie() const {
  const char* before = name_.data();
  while (before != begin_ && is_blank(before[-1])) --before;
  const char* const name_end = name_.data() + name_.size();
  return (before == begin_ || is_separator(before[-1])) && std::all_of(name_end, at_ - 1, is_blank);
}

std::string_view CookieNameFinder::value() const {
  std::string_view value(at_, static_cast<std::size_t>(end_ - at_));
  value = value.substr(0, value.find(';'));
  return ascii::trimmed(value.substr(0, value.find(',')));
}

bool CookieScanner::next() {
  while (!rest_.empty()) {
    const std::size_t size = std::min(rest_.find_first_of(";,"), rest_.size());
    piece_ = ascii::trimmed(rest_.substr(0, size));
    separator_ = next_separator_;
    if (size != rest_.size()) next_separator_ = rest_[size];
    rest_.remove_prefix(std::min(size + 1, rest_.size()));
    if (piece_.empty()) continue;
    const std::size_t equals = piece_.find('=');
    if (equals == std::string_view::npos) {
      cookie_ = {{}, piece_};
    } else {
      cookie_ = {ascii::trimmed_right(piece_.substr(0, equals)),
                 ascii::trimmed_left(piece_.substr(equals + 1))};
    }
    return true;
  }
  return false;
}

}  // namespace crowd_confluence
