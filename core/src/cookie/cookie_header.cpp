#include "crowd_confluence/cookie/cookie_header.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"
#include "cookie/octets.h"

namespace crowd_confluence {
namespace {

bool is_quoted(std::string_view value) {
  return value.size() >= 2 && value.front() == '"' && value.back() == '"';
}

}  // namespace

bool is_cookie_name(std::string_view name) {
  return !name.empty() && !kNotInCookieNames.stands_in(name);
}

bool is_cookie_value(std::string_view value) {
  return !kNotInCookieValues.stands_in(unquoted(value));
}

std::string_view unquoted(std::string_view value) {
  return is_quoted(value) ? value.substr(1, value.size() - 2) : value;
}

bool CookieScanner::next() {
  while (next_ < header_.size()) {
    const std::size_t end = std::min({semicolon_, comma_, header_.size()});
    piece_ = ascii::trimmed(header_.substr(next_, end - next_));
    separator_ = next_separator_;
    next_ = end + 1;
    if (end == semicolon_) {
      next_separator_ = ';';
      semicolon_ = header_.find(';', next_);
    } else if (end == comma_) {
      next_separator_ = ',';
      comma_ = header_.find(',', next_);
    }
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
