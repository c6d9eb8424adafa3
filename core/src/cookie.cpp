#include "crowd_confluence/cookie.h"

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
    for (const char c : text) found |= is_forbidden_[static_cast<unsigned char>(c)];
    return found;
  }

 private:
  std::array<bool, 256> is_forbidden_ = {};
};

constexpr Forbidden kNotInNames("()<>@,;:\\\"/[]?={}");
constexpr Forbidden kNotInValues("\",;\\");

bool is_quoted(std::string_view value) {
  return value.size() >= 2 && value.front() == '"' && value.back() == '"';
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

CookieScanner::CookieScanner(std::string_view header)
    : CookieScanner(header, FirstLetters::all()) {}

CookieScanner::CookieScanner(std::string_view header, FirstLetters wanted)
    : rest_(header), has_comma_(header.find(',') != std::string_view::npos), wanted_(wanted) {}

bool CookieScanner::next() {
  while (!rest_.empty()) {
    // Almost no header has a comma, and looking for one character is much faster than for two.
    const std::size_t end = has_comma_ ? rest_.find_first_of(";,") : rest_.find(';');
    const std::string_view padded = ascii::trimmed_left(rest_.substr(0, end));
    separator_ = next_separator_;
    if (end == std::string_view::npos) {
      rest_ = {};
    } else {
      next_separator_ = rest_[end];
      rest_.remove_prefix(end + 1);
    }
    if (padded.empty() || !wanted_.may_have(padded.front())) continue;
    piece_ = ascii::trimmed_right(padded);
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

void CookieWriter::add(std::string_view prefix, std::string_view name, std::string_view value) {
  if (end_ != begin_) append("; ");
  append(prefix);
  append(name);
  append("=");
  append(value);
}

void CookieWriter::add_piece(char separator, std::string_view piece) {
  if (end_ != begin_) append(separator == ',' ? ", " : "; ");
  append(piece);
}

void CookieWriter::append(std::string_view text) {
  std::memcpy(end_, text.data(), text.size());
  end_ += text.size();
}

}  // namespace crowd_confluence
