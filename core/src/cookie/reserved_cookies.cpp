#include "crowd_confluence/cookie/reserved_cookies.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "cookie/octets.h"

namespace crowd_confluence {
namespace {

/// Longer than any name that a server gives its cookies.
constexpr std::size_t kLongestDecoded = 512;

constexpr NameSieve kNoName;
constexpr NameSieve kAnyName = [] {
  NameSieve all;
  for (char letter = 0; letter < static_cast<char>(NameSieve::kPlaces); ++letter)
    all.add_beginning({&letter, 1});
  return all;
}();

bool begins_as(std::string_view name, std::string_view beginning) {
  return name.size() >= beginning.size() &&
         std::equal(beginning.begin(), beginning.end(), name.begin(), [](char a, char b) {
           return folded_in_cookie_name(a) == folded_in_cookie_name(b);
         });
}

/// Takes one octet from the front, decoded: `%4A`, `%u004A`, and `+` for a blank.
char take_decoded(std::string_view& text) {
  const char first = text.front();
  if (first == '%') {
    const std::size_t digits = text.size() > 1 && text[1] == 'u' ? 4 : 2;
    const std::size_t begin = digits == 4 ? 2 : 1;
    unsigned int octet = 0;
    if (text.size() >= begin + digits) {
      const char* const end = text.data() + begin + digits;
      if (std::from_chars(text.data() + begin, end, octet, 16).ptr == end && octet <= 0xff) {
        text.remove_prefix(begin + digits);
        return static_cast<char>(octet);
      }
    }
  }
  text.remove_prefix(1);
  return first == '+' ? ' ' : first;
}

std::string_view without_odd_beginning(std::string_view text) {
  while (!text.empty() && kNotInCookieNames.has(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view without_odd_end(std::string_view text) {
  while (!text.empty() && kNotInCookieNames.has(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

ReservedCookies::ReservedCookies(std::string_view token, const CookieNames* session,
                                 std::string_view prefix)
    : token_(token), session_(session), prefix_(prefix) {
  if (session == nullptr) {
    sieve_ = &kNoName;
  } else {
    sieve_ = prefix.empty() ? &session->sieve() : &kAnyName;
  }
}

bool ReservedCookies::may_have(std::string_view text) const {
  if (std::all_of(text.begin(), text.end(), stands_for_itself)) return has(text);
  if (matches_in_part(text)) return true;
  std::array<char, kLongestDecoded> decoded;
  std::size_t length = 0;
  while (!text.empty() && length < decoded.size()) decoded[length++] = take_decoded(text);
  return matches_in_part({decoded.data(), length});
}

bool ReservedCookies::matches(std::string_view name) const {
  const bool may_be_token = !token_.empty() && name.size() == token_.size();
  if (may_be_token && (name == token_ || begins_as(name, token_))) return true;
  if (session_ == nullptr) return false;
  if (!prefix_.empty()) {
    if (!begins_as(name, prefix_)) return false;
    name.remove_prefix(prefix_.size());
  }
  return session_->may_be_taken_for(name);
}

/// As it is, up to the bracket of an array or the NUL that ends it in C, and without the blanks and
/// quotes around it.
bool ReservedCookies::matches_in_part(std::string_view text) const {
  text = without_odd_beginning(text);
  return matches(text) || matches(text.substr(0, text.find_first_of(std::string_view("[\0", 2)))) ||
         matches(without_odd_end(text));
}

}  // namespace crowd_confluence
