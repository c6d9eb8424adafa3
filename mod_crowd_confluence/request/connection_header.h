// The browser's Connection header, whose words make mod_proxy remove headers.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_CONNECTION_HEADER_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_CONNECTION_HEADER_H_

#include <apr_pools.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "apr/headers.h"

namespace crowd_confluence::httpd {

/// The header without the words for which `is_taken` is true: the header itself if there are none.
template <typename IsTaken>
const char* without_words(const char* header, apr_pool_t& pool, IsTaken is_taken) {
  const std::string_view whole(header);
  char* kept = nullptr;  // as soon as it differs
  std::size_t length = 0;
  for (std::size_t begin = 0; begin <= whole.size();) {
    const std::size_t end = std::min(whole.find(',', begin), whole.size());
    const std::string_view word = trimmed(whole.substr(begin, end - begin));
    if (is_taken(word)) {
      if (kept == nullptr) {
        kept = static_cast<char*>(apr_palloc(&pool, whole.size() + 1));
        length = begin == 0 ? 0 : begin - 1;
        std::memcpy(kept, header, length);
      }
    } else if (kept != nullptr) {
      const std::size_t from = length == 0 || begin == 0 ? begin : begin - 1;  // with its comma
      std::memcpy(kept + length, header + from, end - from);
      length += end - from;
    }
    begin = end + 1;
  }
  if (kept == nullptr) return header;
  kept[length] = '\0';
  return kept;
}

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_CONNECTION_HEADER_H_
