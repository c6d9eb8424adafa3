// The names of cookies that a browser must not set, as applications read names.
//
// Applications disagree about names. CGI.pm, older PHP and Rack decode `%4A` in them (CGI.pm knows
// `%u004A`, too), some ignore the case, and PHP reads `.`, a blank and `[` as `_`, makes an array
// of `NAME[0]`, which it calls NAME, and takes what has no `=` for a cookie without a value. A
// browser that may not set NAME must set nothing that one of them takes for NAME.

#ifndef CROWD_CONFLUENCE_COOKIE_RESERVED_COOKIES_H_
#define CROWD_CONFLUENCE_COOKIE_RESERVED_COOKIES_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

class CookieNames;

/// For each octet the one that stands for all that some application does not tell apart from it in
/// a cookie's name.
inline constexpr std::array<char, 256> kFoldedInCookieNames = [] {
  std::array<char, 256> table = {};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<char>(i);
  for (char upper = 'A'; upper <= 'Z'; ++upper)
    table[static_cast<unsigned char>(upper)] = static_cast<char>(upper + 32);
  for (const char same : {'.', ' ', '['}) table[static_cast<unsigned char>(same)] = '_';
  return table;
}();

constexpr char folded_in_cookie_name(char c) {
  return kFoldedInCookieNames[static_cast<unsigned char>(c)];
}

/// A set of names for sorting out quickly what is none of them: of a name only its first two
/// octets, folded, and its length count, so it may hold more than was added.
class NameFilter {
 public:
  constexpr void add(std::string_view name) {
    add_start(name, exact_);
    lengths_ |= bit_of(name.size());
  }
  /// All names that begin so.
  constexpr void add_beginning(std::string_view beginning) { add_start(beginning, open_); }
  constexpr void add(const NameFilter& others) {
    exact_ |= others.exact_;
    open_ |= others.open_;
    lengths_ |= others.lengths_;
  }

  [[nodiscard]] constexpr bool may_have(std::string_view name) const {
    if (name.empty()) return false;
    const std::uint64_t start = start_of(name);
    return (open_ & start) != 0 || ((exact_ & start) != 0 && (lengths_ & bit_of(name.size())) != 0);
  }

  /// Whether it may have a name that begins with the first two octets of the text.
  [[nodiscard]] constexpr bool may_begin(std::string_view text) const {
    return !text.empty() && ((open_ | exact_) & start_of(text)) != 0;
  }

 private:
  static constexpr int kLetters = 32;

  static constexpr std::uint64_t bit_of(std::size_t length) {
    return std::uint64_t{1} << std::min<std::size_t>(length, 63);
  }
  static constexpr std::uint64_t bit_of(char first, char second) {
    const int a = static_cast<unsigned char>(folded_in_cookie_name(first)) % kLetters;
    const int b = static_cast<unsigned char>(folded_in_cookie_name(second)) % kLetters;
    return std::uint64_t{1} << (2 * a ^ b) % 64;
  }
  static constexpr std::uint64_t start_of(std::string_view name) {
    return bit_of(name[0], name.size() > 1 ? name[1] : '\0');
  }
  static constexpr void add_start(std::string_view name, std::uint64_t& starts) {
    if (name.size() > 1) {
      starts |= start_of(name);
    } else {
      for (char second = 0; second < kLetters; ++second) starts |= bit_of(name[0], second);
    }
  }

  std::uint64_t exact_ = 0;
  std::uint64_t open_ = 0;
  std::uint64_t lengths_ = 0;  // of the exact ones
};

/// The cookies in which something reaches the app. Thread-safe; does not allocate.
class CROWD_CONFLUENCE_EXPORT ReservedCookies {
 public:
  /// `token` is the name of the SSO cookie; empty: none. `session` are the session's cookies, each
  /// with `prefix` before its name; null: they do not reach the app as cookies. All must outlive
  /// this.
  ReservedCookies(std::string_view token, const CookieNames* session, std::string_view prefix);

  [[nodiscard]] std::string_view token() const { return token_; }

  /// Whether some application may take for one of them a name in which nothing has to be decoded
  /// or left out.
  [[nodiscard]] bool has(std::string_view plain_name) const {
    return filter_.may_have(plain_name) && matches(plain_name);
  }

  /// Whether some application may take any text for one of them.
  [[nodiscard]] bool may_have(std::string_view text) const;

 private:
  [[nodiscard]] bool matches(std::string_view name) const;
  [[nodiscard]] bool matches_in_part(std::string_view text) const;

  std::string_view token_;
  const CookieNames* session_;
  std::string_view prefix_;
  NameFilter filter_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_COOKIE_RESERVED_COOKIES_H_
