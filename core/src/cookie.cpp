#include "crowd_confluence/cookie.h"

#include <cstring>

#include "ascii.h"

namespace crowd_confluence {
namespace {

bool is_token_character(unsigned char c) {
  if (c <= ' ' || c >= 0x7f) return false;
  return std::memchr("()<>@,;:\\\"/[]?={}", c, 17) == nullptr;
}

bool is_cookie_octet(unsigned char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

bool is_quoted(std::string_view value) {
  return value.size() >= 2 && value.front() == '"' && value.back() == '"';
}

}  // namespace

bool is_cookie_name(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name)
    if (!is_token_character(static_cast<unsigned char>(c))) return false;
  return true;
}

bool is_cookie_value(std::string_view value) {
  for (const char c : unquoted(value))
    if (!is_cookie_octet(static_cast<unsigned char>(c))) return false;
  return true;
}

std::string_view unquoted(std::string_view value) {
  return is_quoted(value) ? value.substr(1, value.size() - 2) : value;
}

CookieScanner::CookieScanner(std::string_view header)
    : rest_(header), has_comma_(header.find(',') != std::string_view::npos) {}

bool CookieScanner::next() {
  while (!rest_.empty()) {
    // Almost no header has a comma, and looking for one character is much faster than for two.
    const std::size_t end = has_comma_ ? rest_.find_first_of(";,") : rest_.find(';');
    piece_ = ascii::trimmed(rest_.substr(0, end));
    separator_ = next_separator_;
    if (end == std::string_view::npos) {
      rest_ = {};
    } else {
      next_separator_ = rest_[end];
      rest_.remove_prefix(end + 1);
    }
    if (piece_.empty()) continue;
    const std::size_t equals = piece_.find('=');
    if (equals == std::string_view::npos) {
      cookie_ = {{}, piece_};
    } else {
      cookie_ = {ascii::trimmed(piece_.substr(0, equals)),
                 ascii::trimmed(piece_.substr(equals + 1))};
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
