// Reading and writing a Cookie header.
//
// A server may have folded several Cookie lines into one with commas, and applications disagree
// about quotes. Therefore both `;` and `,` end a cookie here, inside quotes too. What comes from a
// browser is read by BrowserCookies, which knows more ways to read a header.
//
// Nothing here allocates; all views point into the header that was given. Thread-safe.

#ifndef CROWD_CONFLUENCE_COOKIE_COOKIE_HEADER_H_
#define CROWD_CONFLUENCE_COOKIE_COOKIE_HEADER_H_

#include <cassert>
#include <cstddef>
#include <cstring>
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

/// The pieces of a Cookie header, one after the other:
///
///     for (CookieScanner scan(header); scan.next();) use(scan.cookie());
class CROWD_CONFLUENCE_EXPORT CookieScanner {
 public:
  explicit CookieScanner(std::string_view header)
      : header_(header), semicolon_(header.find(';')), comma_(header.find(',')) {}

  /// Goes to the next piece; false after the last one. Empty pieces are passed over.
  bool next();

  /// The piece as a cookie, blanks around name and value removed. A piece without `=` has an empty
  /// name and is its own value.
  [[nodiscard]] const Cookie& cookie() const { return cookie_; }

  /// The piece as it stands in the header, blanks around it removed.
  [[nodiscard]] std::string_view piece() const { return piece_; }

  /// What stood before the piece: `;`, `,`, or `\0` for the first one.
  [[nodiscard]] char separator() const { return separator_; }

 private:
  std::string_view header_;
  std::size_t next_ = 0;  // where the next piece begins
  // The first ones from there on, or npos. Each is searched only once.
  std::size_t semicolon_;
  std::size_t comma_;
  std::string_view piece_;
  Cookie cookie_;
  char separator_ = '\0';
  char next_separator_ = '\0';
};

/// Writes a Cookie header into a buffer of the caller's.
///
/// The buffer, of `size` bytes, must hold what `needed()` says for the sum of all lengths that are
/// added.
class CookieWriter {
 public:
  CookieWriter(char* out, std::size_t size) : begin_(out), end_(out), limit_(out + size) {}

  /// Adds `prefix` `name` `=` `value`, after a `; ` unless it is the first.
  void add(std::string_view prefix, std::string_view name, std::string_view value) {
    if (end_ != begin_) append("; ");
    append(prefix);
    append(name);
    append("=");
    append(value);
  }

  /// Adds cookies as they stand in another header, after a `; ` unless they are the first.
  void add(std::string_view cookies) {
    if (end_ != begin_) append("; ");
    append(cookies);
  }

  /// Adds a text right behind what is there.
  void append(std::string_view text) {
    assert(text.size() <= static_cast<std::size_t>(limit_ - end_));
    std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }

  [[nodiscard]] std::string_view written() const {
    return {begin_, static_cast<std::size_t>(end_ - begin_)};
  }

  /// An upper bound for a buffer in which `add` is called `count` times, and all texts are `length`
  /// long together.
  [[nodiscard]] static constexpr std::size_t needed(std::size_t length, std::size_t count) {
    return length + 3 * count;
  }

 private:
  char* begin_;
  char* end_;
  [[maybe_unused]] const char* limit_;  // of the buffer, for the assertion
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_COOKIE_COOKIE_HEADER_H_
