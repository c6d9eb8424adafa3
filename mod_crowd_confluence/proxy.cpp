#include "proxy.h"

#include <http_config.h>
#include <mod_proxy.h>

#include <algorithm>
#include <string_view>

namespace crowd_confluence {
namespace {

// Found once, as the list of modules is searched by name.
module* proxy_module_record = nullptr;

/// Of mod_proxy's schemes only those that speak HTTP to the app have forwarded headers. A
/// balancer's members are taken for such. `url` is "proxy:" and the backend's URL, or, for a socket
/// of this machine, "proxy:unix:PATH|" and the URL.
bool speaks_http(std::string_view url) {
  constexpr std::string_view kProxied = "proxy:";
  if (!url.starts_with(kProxied)) return false;
  url.remove_prefix(kProxied.size());
  if (url.starts_with("unix:")) url.remove_prefix(std::min(url.find('|') + 1, url.size()));
  for (const std::string_view scheme :
       {"http:", "https:", "balancer:", "ws:", "wss:", "h2:", "h2c:"})
    if (url.starts_with(scheme)) return true;
  return false;
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
