// URLs, taken apart by libcurl.

#ifndef CROWD_CONFLUENCE_SRC_HTTP_CURL_URL_H_
#define CROWD_CONFLUENCE_SRC_HTTP_CURL_URL_H_

#include <curl/curl.h>

#include <memory>
#include <string>

namespace crowd_confluence {

struct CurlUrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, CurlUrlDeleter>;

/// A URL of any scheme; null when the text is none.
inline CurlUrl parse_url(const std::string& text) {
  CurlUrl url(curl_url());
  if (url &&
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    url.reset();
  return url;
}

/// Empty when the URL has no such part. `flags` as libcurl has them, such as CURLU_URLDECODE.
inline std::string part_of(const CurlUrl& url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_HTTP_CURL_URL_H_
