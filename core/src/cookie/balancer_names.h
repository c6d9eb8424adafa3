// The names of load balancers' cookies.

#ifndef CROWD_CONFLUENCE_SRC_COOKIE_BALANCER_NAMES_H_
#define CROWD_CONFLUENCE_SRC_COOKIE_BALANCER_NAMES_H_

#include <array>
#include <string_view>

namespace crowd_confluence {

/// What the usual balancers call the cookie that keeps a session on its node, unless somebody gives
/// it another name. A `*` at the end stands for all that begin alike.
inline constexpr auto kUsualBalancerCookies = std::to_array<std::string_view>({
    "ATLROUTE*",                    // what Atlassian's Helm charts recommend: ATLROUTE_CONFLUENCE
    "AWSALB*",                      // AWS, application load balancer
    "AWSELB",                       // AWS, classic load balancer
    "AWSELBCORS",                   //
    "ApplicationGatewayAffinity*",  // Azure, application gateway
    "ARRAffinity*",                 // Azure, app service
    "GCLB",                         // Google Cloud, external
    "GCILB",                        // Google Cloud, internal
    "X-Oracle-BMC-LBS-Route",       // Oracle Cloud
    "BIGipServer*",                 // F5
    "INGRESSCOOKIE",                // ingress-nginx, as in Atlassian's Helm charts
    "route",                        // nginx, and older ingress-nginx
    "ROUTEID",                      // httpd's mod_proxy_balancer, as in its documentation
    "SERVERID",                     // HAProxy, as in its documentation
    "__VCAP_ID__",                  // Cloud Foundry
});

/// Whether a cookie of this name is a balancer's: one of the above, or one that says so itself, as
/// `wiki-sticky` does. A guess that is right for nearly all names that people choose. Thread-safe,
/// does not allocate.
[[nodiscard]] bool looks_like_a_balancers(std::string_view name);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_COOKIE_BALANCER_NAMES_H_
