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

/// One letter for all that a CGI-like environment does not tell apart: case, and `-` and `_`.
inline char folded(char c) {
  static constexpr std::array<char, 256> kFolded = [] {
    std::array<char, 256> table = {};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<char>(i);
    for (char upper = 'A'; upper <= 'Z'; ++upper)
      table[static_cast<unsigned char>(upper)] = static_cast<char>(upper + 32);
    table['_'] = '-';
    return table;
  }();
  return kFolded[static_cast<unsigned char>(c)];
}

/// Whether a CGI-like environment takes the beginning of a name for this one, which is folded
/// already. Names mostly differ in their first letter, so their lengths are not looked at first.
inline bool begins_like_header(const char* name, std::string_view folded_beginning) {
  for (const char c : folded_beginning)
    if (folded(*name++) != c) return false;
  return true;
}

/// Whether a CGI-like environment takes both for the same header.
inline bool is_same_header(const char* name, std::string_view folded_name) {
  return begins_like_header(name, folded_name) && name[folded_name.size()] == '\0';
}

/// The letters with which names begin, for passing over most others quickly. It may hold more than
/// was added.
class FirstLetters {
 public:
  constexpr void add(char first) {
    bits_ |= bit_of(first);
    if (first == '-' || first == '_') bits_ |= bit_of('-') | bit_of('_');
  }
  [[nodiscard]] constexpr bool may_have(char first) const { return (bits_ & bit_of(first)) != 0; }

 private:
  /// The same for both cases of a letter.
  static constexpr std::uint32_t bit_of(char c) {
    return std::uint32_t{1} << static_cast<unsigned char>(c) % 32;
  }

  std::uint32_t bits_ = 0;
};

/// A table begins with its array, on which apr_is_empty_table() relies as well.
inline std::span<apr_table_entry_t> entries_of(const apr_table_t* table) {
  const auto* const array = reinterpret_cast<const apr_array_header_t*>(table);
  return {reinterpret_cast<apr_table_entry_t*>(array->elts),
          static_cast<std::size_t>(array->nelts)};
}

/// Removes the header in every spelling that a CGI-like environment takes for it.
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
