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
  while (!rest_.empty()) {
    const std::size_t before_semicolon = std::min(rest_.find(';'), rest_.size());
    const std::size_t size =
        std::min(rest_.substr(0, before_semicolon).find(','), before_semicolon);
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
