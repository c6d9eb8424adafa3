#include "crowd_confluence/cookie.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "ascii.h"

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

/// Almost no header has a comma, and looking for one character is much faster than for two.
inline const char* end_of_piece(const char* begin, const char* end, bool may_be_comma) {
  if (may_be_comma) return std::find_if(begin, end, [](char c) { return c == ';' || c == ','; });
  const void* found = std::memchr(begin, ';', static_cast<std::size_t>(end - begin));
  return found != nullptr ? static_cast<const char*>(found) : end;
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

CookieScanner::CookieScanner(std::string_view header) : CookieScanner(header, NameStarts::all()) {}

CookieScanner::CookieScanner(std::string_view header, NameStarts wanted)
    : rest_(header), has_comma_(header.find(',') != std::string_view::npos), wanted_(wanted) {}

bool CookieScanner::next() {
  const char* at = rest_.data();
  const char* const end = at + rest_.size();
  while (at != end) {
    const char* const stop = end_of_piece(at, end, has_comma_);
    const char* begin = at;
    while (begin != stop && is_blank(*begin)) ++begin;
    separator_ = next_separator_;
    at = stop;
    if (stop != end) next_separator_ = *at++;
    if (begin == stop || !wanted_.may_be_in({begin, stop})) continue;
    rest_ = {at, end};
    take(ascii::trimmed_right({begin, stop}));
    return true;
  }
  rest_ = {};
  return false;
}

void CookieScanner::take(std::string_view piece) {
  piece_ = piece;
  const std::size_t equals = piece.find('=');
  if (equals == std::string_view::npos) {
    cookie_ = {{}, piece};
  } else {
    cookie_ = {ascii::trimmed_right(piece.substr(0, equals)),
               ascii::trimmed_left(piece.substr(equals + 1))};
  }
}

}  // namespace crowd_confluence
