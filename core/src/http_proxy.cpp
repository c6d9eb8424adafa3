#include "http_proxy.h"

#include <curl/curl.h>
#include <openssl/evp.h>

#include <memory>

namespace crowd_confluence {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string decoded_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_URLDECODE) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

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
  const std::unique_ptr<CURLU, UrlDeleter> parsed(curl_url());
  if (!parsed ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return proxy;
  proxy.relays_requests = decoded_part(parsed.get(), CURLUPART_SCHEME).starts_with("http");
  const std::string user = decoded_part(parsed.get(), CURLUPART_USER);
  if (!user.empty())
    proxy.authorization = "Proxy-Authorization: Basic " +
                          base64(user + ":" + decoded_part(parsed.get(), CURLUPART_PASSWORD));
  return proxy;
}

}  // namespace crowd_confluence
