#include "http_connection.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace crowd_confluence {
namespace {

using namespace std::chrono_literals;

Reason reason_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Reason::timeout;
    case CURLE_COULDNT_CONNECT:
      return Reason::refused;
    case CURLE_COULDNT_RESOLVE_HOST:
      return Reason::name_lookup;
    case CURLE_COULDNT_RESOLVE_PROXY:
#if LIBCURL_VERSION_NUM >= 0x074900
    case CURLE_PROXY:
#endif
      return Reason::proxy;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED:
      return Reason::tls;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Reason::protocol;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return Reason::internal;
    default:
      return Reason::network;
  }
}

/// With TLS 1.3 a server refuses the client's certificate only after the handshake, when libcurl
/// takes it for an error of reading or writing.
bool is_tls_alert(CURLcode code, std::string_view error_text) {
  return (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) &&
         error_text.find("SSL") != std::string_view::npos &&
         error_text.find(" alert ") != std::string_view::npos;
}

void set_blob(CURL* handle, CURLoption option, const std::string& text) {
  if (text.empty()) return;
  std::string copy = text;  // libcurl takes a pointer to what it may change, and copies it
  curl_blob blob{copy.data(), copy.size(), CURL_BLOB_COPY};
  curl_easy_setopt(handle, option, &blob);
}

void only_http(CURL* handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/// Else libcurl, when the time is over, waits for the thread that waits for a name server.
void leave_name_servers_behind([[maybe_unused]] CURL* handle) {
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
#endif
}

/// Instead of the system's, of which Debian's libcurl knows a directory besides.
void trust_only(CURL* handle, const std::string& ca_certificate_file) {
  if (ca_certificate_file.empty()) return;
  curl_easy_setopt(handle, CURLOPT_CAINFO, ca_certificate_file.c_str());
  curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
}

long milliseconds(std::chrono::milliseconds time) {
  return static_cast<long>(time.count());
}

/// At least 1 ms: 0 would stand for no limit.
std::chrono::milliseconds time_until(Deadline deadline) {
  const auto left = deadline - std::chrono::steady_clock::now();
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), 1ms);
}

HttpError timed_out() {
  return {Reason::timeout, "the answer did not come in time"};
}

}  // namespace

Expected<HttpConnection, HttpError> HttpConnection::open(const HttpSettings& settings,
                                                         const std::string& url,
                                                         Deadline deadline) {
  HttpConnection opened;
  opened.error_text_ = std::make_unique<ErrorText>();
  opened.handle_.reset(curl_easy_init());
  if (opened.handle_ == nullptr) return HttpError{Reason::internal, "out of memory"};
  const CURLcode code = opened.connect(settings, url, deadline);
  if (code == CURLE_OK) return opened;
  long proxy_status = 0;
  curl_easy_getinfo(opened.handle_.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  HttpError error = opened.error(code);
  // With a proxy nothing else is connected to.
  const bool refused_by_proxy = code == CURLE_COULDNT_CONNECT && !settings.outgoing_proxy.empty();
  if (proxy_status >= 300 || refused_by_proxy) error.reason = Reason::proxy;
  return error;
}

CURLcode HttpConnection::connect(const HttpSettings& settings, const std::string& url,
                                 Deadline deadline) {
  CURL* const handle = handle_.get();
  curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error_text_->data());
  only_http(handle);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);  // signals belong to the host program
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);  // also what TLS offers
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(settings.connect_timeout));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, milliseconds(time_until(deadline)));
  leave_name_servers_behind(handle);
  // An empty string, unlike none, keeps the environment's proxy out.
  curl_easy_setopt(handle, CURLOPT_PROXY, settings.outgoing_proxy.c_str());
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, settings.verify_peer ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, settings.verify_peer ? 2L : 0L);
  trust_only(handle, settings.ca_certificate_file);
  set_blob(handle, CURLOPT_SSLCERT_BLOB, settings.client_certificate.certificate_pem);
  set_blob(handle, CURLOPT_SSLKEY_BLOB, settings.client_certificate.key_pem);
  if (!settings.pinned_public_key.empty())
    curl_easy_setopt(handle, CURLOPT_PINNEDPUBLICKEY, settings.pinned_public_key.c_str());
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) return code;
  return curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, &socket_);
}

Expected<void, HttpError> HttpConnection::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const CURLcode code = curl_easy_send(handle_.get(), bytes.data(), bytes.size(), &sent);
    if (code == CURLE_OK) {
      bytes.remove_prefix(sent);
    } else if (code != CURLE_AGAIN) {
      return error(code);
    } else if (const auto ready = wait_for(POLLOUT, deadline); !ready) {
      return ready.error();
    }
  }
  return boost::outcome_v2::success();
}

Expected<std::size_t, HttpError> HttpConnection::receive(char* to, std::size_t most,
                                                         Deadline deadline) {
  // Also where bytes come faster than they are read.
  while (std::chrono::steady_clock::now() < deadline) {
    std::size_t received = 0;
    const CURLcode code = curl_easy_recv(handle_.get(), to, most, &received);
    if (code == CURLE_OK) return received;
    if (code != CURLE_AGAIN) return error(code);
    if (const auto ready = wait_for(POLLIN, deadline); !ready) return ready.error();
  }
  return timed_out();
}

bool HttpConnection::is_stale() const {
  pollfd polled{socket_, POLLIN, 0};
  return poll(&polled, 1, 0) != 0;
}

Expected<void, HttpError> HttpConnection::wait_for(short events, Deadline deadline) const {
  pollfd polled{socket_, events, 0};
  while (std::chrono::steady_clock::now() < deadline) {
    const int ready = poll(&polled, 1, static_cast<int>(time_until(deadline).count()));
    if (ready > 0) return boost::outcome_v2::success();
    if (ready < 0 && errno != EINTR) return HttpError{Reason::internal, "poll failed"};
  }
  return timed_out();
}

HttpError HttpConnection::error(CURLcode code) const {
  const char* const text = error_text_->data();
  if (*text == '\0') return {reason_of(code), curl_easy_strerror(code)};
  return {is_tls_alert(code, text) ? Reason::tls : reason_of(code), text};
}

}  // namespace crowd_confluence
