#include "response/relevant_headers.h"

#include <algorithm>
#include <string_view>

#include "apr/headers.h"
#include "response/session_end.h"

namespace crowd_confluence::httpd {
namespace {

constexpr std::string_view kFoldedSetCookie = "set-cookie";
constexpr std::string_view kFoldedCacheControl = "cache-control";

constexpr HeaderStarts kStarts = [] {
  HeaderStarts starts;
  for (const std::string_view name :
       {kFoldedSetCookie, kFoldedCacheControl, std::string_view(kSaysExpired),
        std::string_view(kLoginReason)})
    starts.add(name);
  return starts;
}();

}  // namespace

RelevantHeaders::RelevantHeaders(const apr_table_t* headers, const PassAs& pass_as) {
  const bool in_header = pass_as.place == PassAs::header;
  HeaderStarts starts = kStarts;
  if (in_header) starts.add(pass_as.folded_name);
  for (apr_table_entry_t& entry : entries_of(headers)) {
    const char* const name = entry.key;
    if (!starts.may_have(name)) continue;
    if (is_same_header(name, kFoldedCacheControl)) {
      if (cache_control == nullptr) cache_control = &entry;
      sharing = std::max(sharing, sharing_said_in(entry.val));
      continue;
    }
    set_cookie = set_cookie || is_same_header(name, kFoldedSetCookie);
    says_expired = says_expired || is_same_header(name, kSaysExpired);
    login_reason = login_reason || is_same_header(name, kLoginReason);
    if (in_header) passed_on = passed_on || is_same_header(name, pass_as.folded_name);
  }
}

}  // namespace crowd_confluence::httpd
