// Which proxies Tomcat's RemoteIpValve believes.
#pragma once

#include <string>
#include <vector>

namespace atlassian {

/// Tomcat's RemoteIpValve, as the official containers put it before Confluence and Crowd. Where it
/// believes the peer, it makes an address of X-Forwarded-For the peer's and takes it off the
/// header.
struct RemoteIpValve {
  /// Addresses or networks that it believes; by default private ones, as in Tomcat.
  std::vector<std::string> internal_proxies = {"10.0.0.0/8",  "192.168.0.0/16", "169.254.0.0/16",
                                               "127.0.0.0/8", "172.16.0.0/12",  "::1",
                                               "fe80::/10",   "fc00::/7"};
  /// The same for Tomcat's trustedProxies.
  std::vector<std::string> trusted_proxies = {};
};

}  // namespace atlassian
