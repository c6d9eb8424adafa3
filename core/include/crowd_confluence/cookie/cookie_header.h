// Reading and rewriting the Cookie header of a request.
//
// Requests come from anybody. A server may have folded several Cookie lines into one with commas,
// and applications disagree about quotes. Therefore both `;` and `,` end a cookie here, inside
// quotes too. Some also disagree about where cookies begin: Python's takes `a=b c=d` for two of
// them. Whatever some application could take for a cookie of a given name is found by
// CookieNameFinder.
//
// Nothing here allocates; all views point into the header that was given. Thread-safe.

#ifndef CROWD_CONFLUENCE_COOKIE_COOKIE_HEADER_H_
#define CROWD_CONFLUENCE_COOKIE_COOKIE_HEADER_H_

#include <cstddef>
#include <cstdint>
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

/// A set of beginnings of names, without regard to case. Only the first two letters count, and it
/// may hold more than was added: it is for sorting out quickly what is none of them.
class NameStarts {
 public:
  static constexpr NameStarts all() {
    NameStarts starts;
    starts.bits_ = ~starts.bits_;
    return starts;
  }

  /// A name, or how several begin.
  constexpr void add(std::string_view name) {
    if (name.size() >= 2) {
      bits_ |= bit_of(name[0], name[1]);
    } else if (name.size() == 1) {
      for (char second = 0; second < kLetters; ++second) bits_ |= bit_of(name[0], second);
    } else {
      *this = all();
    }
  }
  constexpr void add(NameStarts others) { bits_ |= others.bits_; }

  /// False if no name that was added, with whatever behind it, is how the text begins.
  [[nodiscard]] constexpr bool may_be_in(std::string_view text) const {
    return text.size() < 2 || (bits_ & bit_of(text[0], text[1])) != 0;
  }

 private:
  static constexpr int kLetters = 32;

  /// The same for both cases of a letter.
  static constexpr std::uint64_t bit_of(char first, char second) {
    const int a = static_cast<unsigned char>(first) % kLetters;
    const int b = static_cast<unsigned char>(second) % kLetters;
    return std::uint64_t{1} << (2 * a ^ b) % 64;
  }

  std::uint64_t bits_ = 0;
};

/// Every name that some application could find in a Cookie header, wherever it takes cookies to
/// begin and to end: what stands before an equals sign, back to the nearest octet that no name may
/// have. Blanks, octets beyond ASCII and the like between name and equals sign do not count, as
/// there are applications that trim them.
///
///     for (CookieNameFinder find(header); find.next();) use(find.name());
class CROWD_CONFLUENCE_EXPORT CookieNameFinder {
 public:
  /// Passes over names that begin in another way than those that are wanted.
  explicit CookieNameFinder(std::string_view header, NameStarts wanted = NameStarts::all())
      : begin_(header.data()), end_(begin_ + header.size()), at_(begin_), wanted_(wanted) {}

  /// Goes to the next name; false when there is none.
  bool next();

  /// May be empty.
  [[nodiscard]] std::string_view name() const { return name_; }

  /// Whether name and value are a cookie as CookieScanner reads the header: nothing but blanks
  /// stands between the separator, the name and the equals sign.
  [[nodiscard]] bool is_a_cookie() const;

  /// What stands behind the equals sign, up to the next separator, blanks around it removed.
  [[nodiscard]] std::string_view value() const;

 private:
  const char* begin_;
  const char* end_;
  const char* at_;  // behind the equals sign
  NameStarts wanted_;
  std::string_view name_;
};

/// The pieces of a Cookie header, one after the other:
///
///     for (CookieScanner scan(header); scan.next();) use(scan.cookie());
class CROWD_CONFLUENCE_EXPORT CookieScanner {
 public:
  explicit CookieScanner(std::string_view header) : rest_(header) {}

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
  std::string_view rest_;
  std::string_view piece_;
  Cookie cookie_;
  char separator_ = '\0';
  char next_separator_ = '\0';
};

/// Writes a Cookie header into a buffer of the caller's.
///
/// The buffer must hold what `needed()` says for the sum of all lengths that are added.
class CookieWriter {
 public:
  explicit CookieWriter(char* out) : begin_(out), end_(out) {}

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
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_COOKIE_COOKIE_HEADER_H_
