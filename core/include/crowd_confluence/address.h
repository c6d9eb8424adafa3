// The text form in which a client's address is sent to Confluence, and so to Crowd.

#ifndef CROWD_CONFLUENCE_ADDRESS_H_
#define CROWD_CONFLUENCE_ADDRESS_H_

#include <array>
#include <string_view>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// Room for the longest text form of an address.
using AddressBuffer = std::array<char, 48>;

/// One address in one form: IPv4 in dots; IPv6 as in RFC 5952 and as httpd writes it (`::1`); an
/// IPv4-mapped address as IPv4; without a zone id. Empty when `text` is no address.
/// The view points into `text` or `buffer`. Thread-safe, does not allocate.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::string_view canonical_address(std::string_view text,
                                                                         AddressBuffer& buffer);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_ADDRESS_H_
