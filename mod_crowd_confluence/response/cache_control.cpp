#include "response/cache_control.h"

#include <apr_cstr.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "apr/headers.h"

namespace crowd_confluence::httpd {
namespace {

constexpr std::string_view kPrivateAnd = "private, ";

bool are_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What one directive says, a name or `name=value`.
Sharing sharing_of_directive(std::string_view text) {
  text = trimmed(text);
  const auto is = [&text](std::string_view word) {
    return text.size() == word.size() &&
           apr_cstr_casecmpn(text.data(), word.data(), word.size()) == 0;
  };
  // With a value, `private` is about the headers that the value names.
  if (is("private") || is("no-store")) return Sharing::forbidden;
  if (is("public")) return Sharing::allowed;
  constexpr std::string_view kSharedAge = "s-maxage=";
  if (text.size() <= kSharedAge.size() ||
      apr_cstr_casecmpn(text.data(), kSharedAge.data(), kSharedAge.size()) != 0)
    return Sharing::unsaid;
  std::string_view seconds = text.substr(kSharedAge.size());
  if (seconds.size() > 2 && seconds.front() == '"' && seconds.back() == '"')
    seconds = seconds.substr(1, seconds.size() - 2);
  return are_digits(seconds) ? Sharing::allowed : Sharing::unsaid;
}

/// Directives are mostly told from those that matter by their first letter.
bool may_matter(char first) {
  const char letter = folded(first);
  return letter == 'p' || letter == 'n' || letter == 's';
}

}  // namespace

Sharing sharing_said_in(const char* value) {
  Sharing sharing = Sharing::unsaid;
  for (const char* at = value; *at != '\0';) {
    while (is_blank(*at) || *at == ',') ++at;
    const char* const begin = at;
    // A comma between quotes separates nothing.
    for (bool is_quoted = false; *at != '\0' && (is_quoted || *at != ','); ++at) {
      if (*at == '"') is_quoted = !is_quoted;
      if (is_quoted && *at == '\\' && at[1] != '\0') ++at;
    }
    if (may_matter(*begin)) sharing = std::max(sharing, sharing_of_directive({begin, at}));
  }
  return sharing;
}

void add_private(apr_table_entry_t& cache_control, apr_pool_t* pool) {
  const std::size_t size = std::strlen(cache_control.val) + 1;
  auto* const all = static_cast<char*>(apr_palloc(pool, kPrivateAnd.size() + size));
  std::memcpy(all, kPrivateAnd.data(), kPrivateAnd.size());
  std::memcpy(all + kPrivateAnd.size(), cache_control.val, size);
  cache_control.val = all;
}

}  // namespace crowd_confluence::httpd
