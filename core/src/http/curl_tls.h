// What is done about TLS past libcurl, where libcurl makes it with the OpenSSL of this library.
// With any other, nothing is done, and libcurl goes its own way.

#ifndef CROWD_CONFLUENCE_SRC_HTTP_CURL_TLS_H_
#define CROWD_CONFLUENCE_SRC_HTTP_CURL_TLS_H_

#include <curl/curl.h>
#include <openssl/types.h>

namespace crowd_confluence {

/// Whether libcurl and this library can share objects of OpenSSL.
[[nodiscard]] bool libcurl_has_our_openssl();

/// For CURLOPT_SSL_CTX_FUNCTION: trusts `store` (an X509_STORE), and lets sessions be resumed as
/// often as they can.
CURLcode prepare_tls(CURL* handle, void* tls_context, void* store);

/// Whether the beginning of a record of TLS has come, which is no byte yet for who reads. Behind a
/// proxy that speaks TLS, the proxy's own records are out of sight.
[[nodiscard]] bool holds_part_of_record(CURL* handle);

/// While it exists, the server may end the connection without TLS's farewell. Where nobody waits
/// for an answer nothing is cut off, and OpenSSL would not resume the session again.
class EndForgiven {
 public:
  explicit EndForgiven(CURL* handle);
  EndForgiven(const EndForgiven&) = delete;
  EndForgiven& operator=(const EndForgiven&) = delete;
  ~EndForgiven();

 private:
  SSL* tls_;
};

/// As above, until the end of the handle.
void forgive_end(CURL* handle);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_HTTP_CURL_TLS_H_
