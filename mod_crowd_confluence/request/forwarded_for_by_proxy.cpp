#include "request/forwarded_for_by_proxy.h"

#include <http_config.h>
#include <mod_proxy.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "request/proxy_module.h"

namespace crowd_confluence::httpd {
namespace {

// Lengths that the compiler knows are compared without a call.
template <std::size_t kSize>
bool starts_with(std::string_view text, const char (&start)[kSize]) {
  return text.size() >= kSize - 1 && std::memcmp(text.data(), start, kSize - 1) == 0;
}

/// Of mod_proxy's schemes only those that speak HTTP to the app have forwarded headers.
bool speaks_http(std::string_view scheme) {
  return starts_with(scheme, "http") || starts_with(scheme, "ws") || starts_with(scheme, "h2");
}

/// The members of the balancer that `url` names, which are taken for alike, decide.
bool has_http_members(const request_rec& request, std::string_view url) {
  const proxy_balancer* const balancer = balancer_named_by(request, url);
  return balancer == nullptr || balancer->workers->nelts == 0 ||
         speaks_http(APR_ARRAY_IDX(balancer->workers, 0, const proxy_worker*)->s->scheme);
}

/// "proxy:" and the backend's URL, or, for a socket of this machine, "proxy:unix:PATH|" and the
/// URL. mod_proxy finds it in the name of the file when a URL of its own led there, in that of the
/// handler when SetHandler or mod_rewrite's flag H did. Otherwise null.
const char* target_of(const request_rec& request) {
  if (request.proxyreq == PROXYREQ_REVERSE) return request.filename;
  return request.proxyreq == PROXYREQ_NONE ? request.handler : nullptr;
}

}  // namespace

bool proxy_adds_forwarded_for(const request_rec* request) {
  const module* const proxy = proxy_module_if_any();
  const char* const target = proxy != nullptr ? target_of(*request) : nullptr;
  if (target == nullptr) return false;
  std::string_view url = target;
  if (!starts_with(url, "proxy:")) return false;
  url.remove_prefix(std::strlen("proxy:"));
  if (starts_with(url, "unix:")) url.remove_prefix(std::min(url.find('|') + 1, url.size()));
  if (!speaks_http(url) && (!starts_with(url, "balancer:") || !has_http_members(*request, url)))
    return false;
  const auto* config =
      static_cast<const proxy_dir_conf*>(ap_get_module_config(request->per_dir_config, proxy));
  return config != nullptr && config->add_forwarded_headers != 0;
}

}  // namespace crowd_confluence::httpd
