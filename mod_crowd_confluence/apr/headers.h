// Names of headers, compared as whoever receives them may compare them.

#ifndef MOD_CROWD_CONFLUENCE_APR_HEADERS_H_
#define MOD_CROWD_CONFLUENCE_APR_HEADERS_H_

#include <apr_tables.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace crowd_confluence::httpd {

/// What may stand around a value and within (RFC 9110, section 5.6.3).
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// Without the blanks around it.
constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// One letter for all that some receiver does not tell apart: case, and whatever is neither letter
/// nor digit. CGI knows `_` only, PHP and others map `.` and more to it.
inline char folded(char c) {
  static constexpr std::array<char, 256> kFolded = [] {
    std::array<char, 256> table = {};
    table.fill('-');
    table[0] = '\0';
    for (char digit = '0'; digit <= '9'; ++digit) table[static_cast<unsigned char>(digit)] = digit;
    for (char lower = 'a'; lower <= 'z'; ++lower) {
      table[static_cast<unsigned char>(lower)] = lower;
      table[static_cast<unsigned char>(lower - 32)] = lower;
    }
    return table;
  }();
  return kFolded[static_cast<unsigned char>(c)];
}

/// Whether some receiver takes the beginning of a name for this one, which is folded already. Names
/// mostly differ in their first letter, so their lengths are not looked at first.
inline bool begins_like_header(const char* name, std::string_view folded_beginning) {
  for (const char c : folded_beginning)
    if (folded(*name++) != c) return false;
  return true;
}

/// Whether some receiver takes both for the same header.
inline bool is_same_header(const char* name, std::string_view folded_name) {
  return begins_like_header(name, folded_name) && name[folded_name.size()] == '\0';
}

/// The same for a name that does not end with NUL.
inline bool is_same_header(std::string_view name, std::string_view folded_name) {
  return std::equal(name.begin(), name.end(), folded_name.begin(), folded_name.end(),
                    [](char a, char b) { return folded(a) == b; });
}

/// How names begin, for passing over most others quickly. Only the first two letters count, folded,
/// and it may hold more than was added.
class HeaderStarts {
 public:
  /// A folded name, or its beginning of two letters.
  constexpr void add(std::string_view beginning) {
    bits_ |= bit_of(beginning[0], beginning.size() > 1 ? beginning[1] : '\0');
  }
  constexpr void add(HeaderStarts others) { bits_ |= others.bits_; }

  [[nodiscard]] bool may_have(const char* name) const {
    return *name != '\0' && (bits_ & bit_of(folded(name[0]), folded(name[1]))) != 0;
  }

 private:
  static constexpr std::uint64_t bit_of(char first, char second) {
    const int a = static_cast<unsigned char>(first) % 32;
    const int b = static_cast<unsigned char>(second) % 32;
    return std::uint64_t{1} << (2 * a ^ b) % 64;
  }

  std::uint64_t bits_ = 0;
};

/// A table begins with its array, on which apr_is_empty_table() relies as well.
inline std::span<apr_table_entry_t> entries_of(const apr_table_t* table) {
  const auto* const array = reinterpret_cast<const apr_array_header_t*>(table);
  return {reinterpret_cast<apr_table_entry_t*>(array->elts),
          static_cast<std::size_t>(array->nelts)};
}

/// Removes the header in every spelling that some receiver takes for it.
inline void unset_folded(apr_table_t* headers, std::string_view folded_name) noexcept {
  for (;;) {
    const auto entries = entries_of(headers);
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
      return is_same_header(entry.key, folded_name);
    });
    if (found == entries.end()) return;
    // Moves what stands behind.
    apr_table_unset(headers, found->key);
  }
}

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_APR_HEADERS_H_
