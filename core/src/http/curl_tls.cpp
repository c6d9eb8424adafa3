#include "http/curl_tls.h"

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <string>
#include <string_view>

namespace crowd_confluence {
namespace {

/// Null without TLS, and if it is not that of our OpenSSL.
SSL* tls_of(CURL* handle) {
  const curl_tlssessioninfo* info = nullptr;
  if (curl_easy_getinfo(handle, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == nullptr ||
      info->backend != CURLSSLBACKEND_OPENSSL || !libcurl_has_our_openssl())
    return nullptr;
  return static_cast<SSL*>(info->internals);
}

/// Gives a connection that is about to resume a session a copy of its own: OpenSSL takes one of TLS
/// 1.3 for used up at the end of the handshake, and connections that are made at the same time have
/// none but this. (Confluence's servers do not mind: RFC 8446 §C.4 is about being recognised.)
void copy_session(const SSL* tls, int where, int) {
  if ((where & SSL_CB_HANDSHAKE_START) == 0) return;
  const SSL_SESSION* const shared = SSL_get_session(tls);
  if (shared == nullptr) return;
  SSL_SESSION* const copy = SSL_SESSION_dup(shared);
  if (copy == nullptr) return;
  SSL_set_session(const_cast<SSL*>(tls), copy);
  SSL_SESSION_free(copy);
}

}  // namespace

bool libcurl_has_our_openssl() {
  static const bool has_it = [] {
    const curl_version_info_data* const curl = curl_version_info(CURLVERSION_NOW);
    const std::string ours = "OpenSSL/" + std::to_string(OpenSSL_version_num() >> 28U) + ".";
    return curl->ssl_version != nullptr && std::string_view(curl->ssl_version).starts_with(ours);
  }();
  return has_it;
}

CURLcode prepare_tls(CURL*, void* tls_context, void* store) {
  auto* const context = static_cast<SSL_CTX*>(tls_context);
  SSL_CTX_set1_cert_store(context, static_cast<X509_STORE*>(store));
  SSL_CTX_set_info_callback(context, copy_session);
  // libcurl does without them, for the sake of servers of 2008. Many servers resume a session of
  // TLS 1.2 by a ticket only.
  SSL_CTX_clear_options(context, SSL_OP_NO_TICKET);
  return CURLE_OK;
}

bool holds_part_of_record(CURL* handle) {
  constexpr std::string_view kWaitsForBody = "RB";  // and has taken the head out of the buffer
  const SSL* const tls = tls_of(handle);
  return tls != nullptr && (SSL_has_pending(tls) == 1 || SSL_rstate_string(tls) == kWaitsForBody);
}

EndForgiven::EndForgiven(CURL* handle) : tls_(tls_of(handle)) {
  if (tls_ != nullptr) SSL_set_options(tls_, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

EndForgiven::~EndForgiven() {
  if (tls_ != nullptr) SSL_clear_options(tls_, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

void forgive_end(CURL* handle) {
  if (SSL* const tls = tls_of(handle)) SSL_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

}  // namespace crowd_confluence
