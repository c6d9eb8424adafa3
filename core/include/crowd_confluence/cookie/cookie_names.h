// Which of Confluence's cookies make up a session.

#ifndef CROWD_CONFLUENCE_COOKIE_COOKIE_NAMES_H_
#define CROWD_CONFLUENCE_COOKIE_COOKIE_NAMES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/expected.h"
#include "crowd_confluence/export.h"

namespace crowd_confluence {

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

/// The lengths of names, by their first letters: sorts out nearly all that is none of them. It may
/// have more names than were added, as letters are folded and several share a place.
class NameSieve {
 public:
  constexpr void add(std::string_view name) { lengths_of(name) |= bit_of(name.size()); }
  /// All names that begin so.
  constexpr void add_beginning(std::string_view beginning) {
    lengths_of(beginning) |= ~(bit_of(beginning.size()) - 1);
  }

  [[nodiscard]] constexpr bool may_have(std::string_view name) const {
    return !name.empty() && (lengths_[place_of(name)] & bit_of(name.size())) != 0;
  }

  static constexpr std::size_t kPlaces = 32;
  static constexpr std::size_t place_of(std::string_view name) {
    return static_cast<unsigned char>(folded_in_cookie_name(name.front())) % kPlaces;
  }

 private:
  /// All from 63 octets on have the last bit.
  static constexpr std::uint64_t bit_of(std::size_t length) {
    return std::uint64_t{1} << (length < 63 ? length : 63);
  }
  constexpr std::uint64_t& lengths_of(std::string_view name) { return lengths_[place_of(name)]; }

  std::array<std::uint64_t, kPlaces> lengths_ = {};
};

/// An ordered list of cookie names, in which a name that ends in `*` stands for all that begin
/// alike. Immutable after `add`; reading is thread-safe and does not allocate.
class CROWD_CONFLUENCE_EXPORT CookieNames {
 public:
  /// Confluence's and Jira's own cookies, and those of the usual load balancers, because a session
  /// lives on one node of a cluster.
  static const CookieNames& defaults();

  /// Refuses what is no cookie name, a `*` anywhere but at the end, and `*` alone.
  Expected<void, Problem> add(std::string_view pattern);

  /// Whether a cookie of the session has this name. Cookie names are case-sensitive.
  [[nodiscard]] bool contains(std::string_view name) const;

  /// Whether some application might take `name` for a cookie of the session, see
  /// reserved_cookies.h. Nothing is decoded.
  [[nodiscard]] bool may_be_taken_for(std::string_view name) const;

  /// Has all names for which `may_be_taken_for` is true.
  [[nodiscard]] const NameSieve& sieve() const { return sieve_; }

  /// The first pattern: without a cookie that matches it there is no session.
  [[nodiscard]] bool is_required(std::string_view name) const;

  /// Whether a cookie of this name, in the list or not, is a load balancer's: it tells a node, and
  /// no user. The balancer in front of the app may have one of the same name. The required cookie
  /// is none, whatever it is called.
  [[nodiscard]] bool is_balancer(std::string_view name) const;

  [[nodiscard]] const std::vector<std::string>& patterns() const { return patterns_; }

 private:
  /// As careless readers see it.
  struct FoldedPattern {
    std::string text;
    bool is_open;  // a `*` stood behind it
  };

  std::vector<std::string> patterns_;
  /// By their places in the sieve.
  std::array<std::vector<FoldedPattern>, NameSieve::kPlaces> folded_;
  NameSieve sieve_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_COOKIE_COOKIE_NAMES_H_
