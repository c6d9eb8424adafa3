#include "request/proxy_module.h"

#include <http_config.h>

namespace crowd_confluence::httpd {
namespace {

// Found once, as the list of modules is searched by name.
const module* found_module = nullptr;

}  // namespace

void find_proxy_module() {
  found_module = ap_find_linked_module("mod_proxy.c");
}

const module* proxy_module_if_any() {
  return found_module;
}

const proxy_balancer* balancer_named_by(const request_rec& request, std::string_view url) {
  if (found_module == nullptr) return nullptr;
  const auto* config = static_cast<const proxy_server_conf*>(
      ap_get_module_config(request.server->module_config, found_module));
  for (int i = 0; i < config->balancers->nelts; ++i) {
    const proxy_balancer& balancer = APR_ARRAY_IDX(config->balancers, i, const proxy_balancer);
    const std::string_view name = balancer.s->name;
    if (url.starts_with(name) && (url.size() == name.size() || url[name.size()] == '/'))
      return &balancer;
  }
  return nullptr;
}

}  // namespace crowd_confluence::httpd
