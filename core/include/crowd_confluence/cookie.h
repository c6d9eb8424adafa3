// Reading and rewriting the Cookie header of a request.
//
// Requests come from anybody. A server may have folded several Cookie lines into one with commas,
// and applications disagree about quotes. Therefore both `;` and `,` end a cookie here, inside
// quotes too: whatever some application could take for a cookie of its own is seen as one.
//
// Nothing here allocates; all views point into the header that was given. Thread-safe.

#ifndef CROWD_CONFLUENCE_COOKIE_H_
#define CROWD_CONFLUENCE_COOKIE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

struct Cookie {
  std::string_view name;
  std::string_view value;  // as it stands in the header, quotes included

  friend bool operator==(const Cookie&, const Cookie&) = default;
};

/// A token of RFC 7230 §3.2.6, as RFC 6265 §4.1.1 asks of a cookie's name.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT bool is_cookie_name(std::string_view name);

/// cookie-value of RFC 6265 §4.1.1: octets without blanks, quotes, commas, semicolons, backslashes
/// and control characters, optionally the whole in double quotes. The empty value is one.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT bool is_cookie_value(std::string_view value);

/// The value without the double quotes around it, if there is a pair of them.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::string_view unquoted(std::string_view value);

/// A set of letters with which names begin, without regard to case. It may hold more than was
/// added: for sorting out quickly what is none of them.
class FirstLetters {
 public:
  static constexpr FirstLetters all() {
    FirstLetters letters;
    letters.bits_ = ~letters.bits_;
    return letters;
  }

  constexpr void add(char c) { bits_ |= bit_of(c); }
  constexpr void add(FirstLetters others) { bits_ |= others.bits_; }
  [[nodiscard]] constexpr bool may_have(char c) const { return (bits_ & bit_of(c)) != 0; }

 private:
  /// The same for both cases of a letter.
  static constexpr std::uint32_t bit_of(char c) {
    return std::uint32_t{1} << (static_cast<unsigned char>(c) & 31);
  }

  std::uint32_t bits_ = 0;
};

/// The pieces of a Cookie header, one after the other:
///
///     for (CookieScanner scan(header); scan.next();) use(scan.cookie());
class CROWD_CONFLUENCE_EXPORT CookieScanner {
 public:
  explicit CookieScanner(std::string_view header);

  /// Passes over pieces that begin with another letter than these.
  CookieScanner(std::string_view header, FirstLetters wanted);

  /// Goes to the next piece; false after the last one. Empty pieces are passed over.
  bool next();

  /// The piece as a cookie, blanks around name and value removed. A piece without `=` has an empty
  /// name and is its own value.
  [[nodiscard]] const Cookie& cookie() const { return cookie_; }

  /// The piece as it stands in the header, blanks around it removed.
  [[nodiscard]] std::string_view piece() const { return piece_; }

  /// What stood before the piece: `;`, `,`, or `\0` for the first one.
  [[nodiscard]] char separator() const { return separator_; }

  /// Whether a comma stands anywhere in the header.
  [[nodiscard]] bool has_comma() const { return has_comma_; }

 private:
  std::string_view rest_;
  std::string_view piece_;
  Cookie cookie_;
  char separator_ = '\0';
  char next_separator_ = '\0';
  bool has_comma_;
  FirstLetters wanted_;
};

/// Writes a Cookie header into a buffer of the caller's.
///
/// The buffer must hold what `needed()` says for the sum of all lengths that are added.
class CROWD_CONFLUENCE_EXPORT CookieWriter {
 public:
  explicit CookieWriter(char* out) : begin_(out), end_(out) {}

  /// Adds `prefix` `name` `=` `value`, after a `; ` unless it is the first.
  void add(std::string_view prefix, std::string_view name, std::string_view value);

  /// Adds a piece of another header as it stands, after its separator unless it is the first.
  void add_piece(char separator, std::string_view piece);

  [[nodiscard]] std::string_view written() const {
    return {begin_, static_cast<std::size_t>(end_ - begin_)};
  }

  /// An upper bound for a buffer that takes `count` cookies or pieces whose prefixes, names, values
  /// and pieces are `length` long together.
  [[nodiscard]] static constexpr std::size_t needed(std::size_t length, std::size_t count) {
    return length + 3 * count;
  }

 private:
  void append(std::string_view text);

  char* begin_;
  char* end_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_COOKIE_H_
