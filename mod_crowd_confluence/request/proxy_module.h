// mod_proxy as far as this module looks at it. It may be loaded or not.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_PROXY_MODULE_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_PROXY_MODULE_H_

#include <httpd.h>

#include <mod_proxy.h>

#include <string_view>

namespace crowd_confluence::httpd {

/// At the start, when all modules are loaded: whether mod_proxy is among them.
void find_proxy_module();

/// Null without mod_proxy.
const module* proxy_module_if_any();

/// The balancer that `url` names (`balancer://NAME/...`); null if it names none.
const proxy_balancer* balancer_named_by(const request_rec& request, std::string_view url);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_PROXY_MODULE_H_
