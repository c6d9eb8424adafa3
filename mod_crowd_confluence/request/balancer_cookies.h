// The cookies of this server's own load balancer.
//
// mod_proxy_balancer finds the app's node by a cookie (`stickysession`) in the request's headers,
// after the fixup. In `cookie` mode Confluence's cookies stand there by then, and those of the
// browser that have the same names do not: Confluence's own balancer, or the route in its session's
// id, would choose the app's node, and the same one for everybody. So the balancer reads the header
// as the browser sent it, and the app receives the other one.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_BALANCER_COOKIES_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_BALANCER_COOKIES_H_

#include <httpd.h>

#include <string_view>

namespace crowd_confluence::httpd {

/// pre_config, when all modules are loaded: takes its place around mod_proxy_balancer's choice.
/// Without mod_proxy there is nothing to do.
void stand_around_balancers();

/// Once mod_proxy_balancer has chosen a node for the request: whether that balancer finds nodes by
/// a cookie of this name.
[[nodiscard]] bool is_sticky_cookie_of_app(const request_rec& request, std::string_view name);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_BALANCER_COOKIES_H_
