#include "request/return_url.h"

#include <http_core.h>
#include <http_protocol.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace crowd_confluence::httpd {
namespace {

/// RFC 3986, section 2.3.
constexpr std::array<bool, 256> kUnreserved = [] {
  std::array<bool, 256> table = {};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (const char c : {'-', '.', '_', '~'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

constexpr std::size_t kEncodedSize = 3;               // of one character at most
constexpr std::string_view kSchemeEnd = "%3A%2F%2F";  // "://"

char* encode(char* to, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char each : text) {
    const auto c = static_cast<unsigned char>(each);
    if (kUnreserved[c]) {
      *to++ = each;
    } else {
      *to++ = '%';
      *to++ = kDigits[c >> 4];
      *to++ = kDigits[c & 15];
    }
  }
  return to;
}

std::string_view or_empty(const char* text) {
  return text != nullptr ? text : "";
}

}  // namespace

std::string_view encoded_url(const request_rec& request) {
  // Only the first request knows the port that the browser named.
  const request_rec* first = &request;
  while (first->prev != nullptr) first = first->prev;
  auto* const asked = const_cast<request_rec*>(first);

  const std::string_view scheme = or_empty(ap_http_scheme(asked));
  const std::string_view host = or_empty(ap_get_server_name_for_url(asked));
  const apr_port_t number = ap_get_server_port(asked);
  std::array<char, 6> port_buffer = {':'};
  std::string_view port;
  if (!ap_is_default_port(number, asked)) {
    char* const begin = port_buffer.data();
    port = {begin, std::to_chars(begin + 1, begin + port_buffer.size(), number).ptr};
  }
  std::string_view path = or_empty(first->unparsed_uri);
  std::string_view query;
  // A client may ask for a whole URL, whose host httpd has read already.
  if (!path.starts_with('/')) {
    path = first->parsed_uri.path != nullptr ? first->parsed_uri.path : "/";
    query = or_empty(first->parsed_uri.query);
  }

  const std::size_t most =
      kEncodedSize * (scheme.size() + host.size() + port.size() + path.size() + query.size() + 1) +
      kSchemeEnd.size() + 1;
  auto* const url = static_cast<char*>(apr_palloc(request.pool, most));
  char* end = encode(url, scheme);
  end = std::copy(kSchemeEnd.begin(), kSchemeEnd.end(), end);
  end = encode(end, host);
  end = encode(end, port);
  end = encode(end, path);
  if (!query.empty()) end = encode(encode(end, "?"), query);
  *end = '\0';
  return {url, end};
}

}  // namespace crowd_confluence::httpd
