// The names of the module's handlers, as SetHandler takes them.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_OWN_PAGES_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_OWN_PAGES_H_

#include <httpd.h>

#include <string_view>

namespace crowd_confluence::httpd {

inline constexpr std::string_view kCheckHandler = "crowd-confluence-check";

/// Whether the module answers this request itself, once its handler is known.
inline bool is_own_page(const request_rec& request) {
  return request.handler != nullptr && request.handler == kCheckHandler;
}

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_OWN_PAGES_H_
