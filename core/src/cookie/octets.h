// Which octets may stand where in a cookie.

#ifndef CROWD_CONFLUENCE_SRC_COOKIE_OCTETS_H_
#define CROWD_CONFLUENCE_SRC_COOKIE_OCTETS_H_

#include <array>
#include <cstddef>
#include <string_view>

namespace crowd_confluence {

/// Octets that are not to stand in a text. They are looked up, as every request is checked.
class ForbiddenOctets {
 public:
  /// These, control characters, the blank and what is not ASCII.
  constexpr explicit ForbiddenOctets(std::string_view visible) {
    for (std::size_t c = 0; c < is_forbidden_.size(); ++c) is_forbidden_[c] = c <= ' ' || c >= 0x7f;
    for (const char c : visible) is_forbidden_[static_cast<unsigned char>(c)] = true;
  }

  [[nodiscard]] constexpr bool has(char c) const {
    return is_forbidden_[static_cast<unsigned char>(c)];
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

inline constexpr ForbiddenOctets kNotInCookieNames("()<>@,;:\\\"/[]?={}");
inline constexpr ForbiddenOctets kNotInCookieValues("\",;\\");

/// Whether it belongs to a cookie's name, and nobody decodes it.
inline bool stands_for_itself(char c) {
  static constexpr ForbiddenOctets kNot("()<>@,;:\\\"/[]?={}%+");
  return !kNot.has(c);
}

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_COOKIE_OCTETS_H_
