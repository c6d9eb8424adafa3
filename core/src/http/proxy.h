// What a proxy of HTTP wants to read in the requests that it relays. (A tunnel, which it makes for
// an https server, and SOCKS are libcurl's business.)

#ifndef CROWD_CONFLUENCE_SRC_HTTP_PROXY_H_
#define CROWD_CONFLUENCE_SRC_HTTP_PROXY_H_

#include <string>

namespace crowd_confluence {

struct HttpProxy {
  bool relays_requests = false;  // whether requests for http servers are sent to it
  std::string authorization;     // the header for its password, empty without one

  /// `url` as in HttpSettings::outgoing_proxy.
  static HttpProxy of(const std::string& url);
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_HTTP_PROXY_H_
