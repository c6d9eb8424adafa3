#include "http/proxy.h"

#include <openssl/evp.h>

#include "http/curl_url.h"

namespace crowd_confluence {
namespace {

std::string base64(const std::string& text) {
  std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');  // with room for a NUL
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return encoded;
}

}  // namespace

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
