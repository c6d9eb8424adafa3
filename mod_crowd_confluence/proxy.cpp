#include "proxy.h"

#include <http_config.h>
#include <mod_proxy.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace crowd_confluence {
namespace {

// Found once, as the list of modules is searched by name.
module* proxy_module_record = nullptr;

// Lengths that the compiler knows are compared without a call.
template <std::size_t kSize>
bool starts_with(std::string_view text, const char (&start)[kSize]) {
  return text.size() >= kSize - 1 && std::memcmp(text.data(), start, kSize - 1) == 0;
}

/// Of mod_proxy's schemes only those that speak HTTP to the app have forwarded headers. A
/// balancer's members are taken for such. `url` is "proxy:" and the backend's URL, or, for a socket
/// of this machine, "proxy:unix:PATH|" and the URL.
bool speaks_http(std::string_view url) {
  if (!starts_with(url, "proxy:")) return false;
  url.remove_prefix(std::strlen("proxy:"));
  if (starts_with(url, "unix:")) url.remove_prefix(std::min(url.find('|') + 1, url.size()));
  return starts_with(url, "http:") || starts_with(url, "https:") || starts_with(url, "balancer:") ||
         starts_with(url, "ws:") || starts_with(url, "wss:") || starts_with(url, "h2:") ||
         starts_with(url, "h2c:");
}

}  // namespace

void find_proxy_module() {
  proxy_module_record = ap_find_linked_module("mod_proxy.c");
}

bool proxy_adds_forwarded_for(const request_rec* request) {
  if (proxy_module_record == nullptr || request->proxyreq != PROXYREQ_REVERSE ||
      request->filename == nullptr || !speaks_http(request->filename))
    return false;
  const auto* config = static_cast<const proxy_dir_conf*>(
      ap_get_module_config(request->per_dir_config, proxy_module_record));
  return config != nullptr && config->add_forwarded_headers != 0;
}

}  // namespace crowd_confluence
