#include "http/proxy.h"

#include "base/base64.h"
#include "http/curl_url.h"

namespace crowd_confluence {

HttpProxy HttpProxy::of(const std::string& url) {
  HttpProxy proxy;
  const CurlUrl parsed = parse_url(url);
  if (!parsed) return proxy;
  proxy.relays_requests = part_of(parsed, CURLUPART_SCHEME).starts_with("http");
  const std::string user = part_of(parsed, CURLUPART_USER, CURLU_URLDECODE);
  if (!user.empty())
    proxy.authorization = "Proxy-Authorization: Basic " +
                          base64(user + ":" + part_of(parsed, CURLUPART_PASSWORD, CURLU_URLDECODE));
  return proxy;
}

}  // namespace crowd_confluence
