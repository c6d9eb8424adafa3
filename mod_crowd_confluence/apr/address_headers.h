// Headers in which proxies tell an app the client's address.

#ifndef MOD_CROWD_CONFLUENCE_APR_ADDRESS_HEADERS_H_
#define MOD_CROWD_CONFLUENCE_APR_ADDRESS_HEADERS_H_

#include <string_view>

#include "apr/headers.h"

namespace crowd_confluence::httpd {

/// How the names begin for which `carries_address` may be true.
inline constexpr HeaderStarts kAddressHeaderStarts = [] {
  HeaderStarts starts;
  for (const std::string_view start : {"x-", "fo", "re", "cl", "tr", "cf", "fa", "fl", "wl", "pr",
                                       "in", "ak", "do", "cd", "al", "ht", "so", "ip"})
    starts.add(start);
  return starts;
}();

/// Whether some app or framework takes the header of this name for the client's address:
/// `X-Forwarded-For`, `Forwarded`, `True-Client-IP`, … There are more of them than anybody knows,
/// so the words of the name decide. `X-Forwarded-Proto` and the like carry none.
bool carries_address(const char* name);

/// Whether the header says exactly this address and nothing else. `Forwarded` says it as
/// `for=192.0.2.1` or `for="[2001:db8::1]"`.
bool says_address(std::string_view value, std::string_view address);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_APR_ADDRESS_HEADERS_H_
