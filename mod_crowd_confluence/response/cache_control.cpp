#include "response/cache_control.h"

#include <apr_cstr.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "apr/headers.h"

namespace crowd_confluence::httpd {
namespace {

constexpr const char* kCacheControl = "Cache-Control";
constexpr const char* kPrivate = "private";
constexpr std::string_view kPrivateAnd = "private, ";

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool are_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What one directive says, a name or `name=value`.
Sharing sharing_of_directive(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
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

Sharing sharing_said_in(const char* header) {
  Sharing sharing = Sharing::unsaid;
  for (const char* at = header; *at != '\0';) {
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

/// The Cache-Control headers of one table, mostly none.
struct CacheControl {
  explicit CacheControl(const apr_table_t* headers) {
    for (apr_table_entry_t& entry : entries_of(headers)) {
      if (!is_same_header(entry.key, "cache-control")) continue;
      if (first == nullptr) first = &entry;
      sharing = std::max(sharing, sharing_said_in(entry.val));
    }
  }

  void add_private(apr_pool_t* pool) const {
    // In front: a quote that the app left open cannot swallow it.
    if (first == nullptr) return;
    const std::size_t size = std::strlen(first->val) + 1;
    auto* const all = static_cast<char*>(apr_palloc(pool, kPrivateAnd.size() + size));
    std::memcpy(all, kPrivateAnd.data(), kPrivateAnd.size());
    std::memcpy(all + kPrivateAnd.size(), first->val, size);
    first->val = all;
  }

  apr_table_entry_t* first = nullptr;
  Sharing sharing = Sharing::unsaid;
};

}  // namespace

Sharing limit_sharing(request_rec& response) {
  const CacheControl said(response.headers_out);
  const CacheControl said_on_errors(response.err_headers_out);
  const Sharing sharing = std::max(said.sharing, said_on_errors.sharing);
  if (sharing != Sharing::unsaid) return sharing;
  // Some readers look at one of the two tables only.
  said.add_private(response.pool);
  said_on_errors.add_private(response.pool);
  if (said.first == nullptr && said_on_errors.first == nullptr)
    apr_table_addn(response.headers_out, kCacheControl, kPrivate);
  return sharing;
}

}  // namespace crowd_confluence::httpd
