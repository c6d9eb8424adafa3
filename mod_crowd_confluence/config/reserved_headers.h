// Names that CrowdConfluencePassAs must not take for its header.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_RESERVED_HEADERS_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_RESERVED_HEADERS_H_

#include <string>

namespace crowd_confluence::httpd {

/// Whether the header means something to HTTP, to browsers, to proxies or to this module, in a
/// request or in a response: under the name that is passed on, both lose what others wrote. The
/// name is folded as apr/headers.h does it, and ends with NUL.
bool has_meaning_in_http(const std::string& folded_name);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_RESERVED_HEADERS_H_
