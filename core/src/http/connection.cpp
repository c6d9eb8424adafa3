#include "http/connection.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <type_traits>
#include <utility>

namespace crowd_confluence {
namespace {

using namespace std::chrono_literals;

/// With TLS 1.3 a server refuses the client's certificate only after the handshake, when libcurl
/// takes it for an error of reading or writing.
bool is_tls_alert(CURLcode code, std::string_view error_text) {
  return (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) &&
         error_text.find("SSL") != std::string_view::npos &&
         error_text.find(" alert ") != std::string_view::npos;
}

/// Somebody closed the connection in the middle of the handshake, and did not say why.
bool is_cut_off(CURLcode code, std::string_view error_text) {
  return code == CURLE_SSL_CONNECT_ERROR &&
         (error_text.find("SSL_ERROR_SYSCALL") != std::string_view::npos ||
          error_text.find("reset by peer") != std::string_view::npos);
}

/// The code alone does not always tell.
HttpFailure failure_of(CURLcode code, std::string_view error_text) {
  if (is_tls_alert(code, error_text)) return HttpFailure::tls;
  if (is_cut_off(code, error_text)) return HttpFailure::network;
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return HttpFailure::timeout;
    case CURLE_COULDNT_CONNECT:
      return HttpFailure::refused;
    case CURLE_COULDNT_RESOLVE_HOST:
      return HttpFailure::name_lookup;
    case CURLE_COULDNT_RESOLVE_PROXY:
#if LIBCURL_VERSION_NUM >= 0x074900
    case CURLE_PROXY:
#endif
      return HttpFailure::proxy;
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
      return HttpFailure::tls;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return HttpFailure::protocol;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return HttpFailure::internal;
    default:
      return HttpFailure::network;
  }
}

/// What a connection is to be like. Once a setting was not taken, nothing is set any more: without
/// it the connection might trust whom it must not, or go where it must not.
class Options {
 public:
  explicit Options(CURL* handle) : handle_(handle) {}

  /// `value`: a long or a pointer, as libcurl wants it for this option.
  template <typename Value>
  void set(CURLoption option, Value value) {
    static_assert(std::is_same_v<Value, long> || std::is_pointer_v<Value>);
    if (code_ != CURLE_OK) return;
    code_ = curl_easy_setopt(handle_, option, value);
    option_ = option;
  }
  void set(CURLoption option, const std::string& text) { set(option, text.c_str()); }

  void set_blob(CURLoption option, const std::string& text) {
    std::string copy = text;  // libcurl takes a pointer to what it may change, and copies it
    curl_blob blob{copy.data(), copy.size(), CURL_BLOB_COPY};
    set(option, &blob);
  }

  /// What the connection is good without.
  template <typename Value>
  void try_to_set(CURLoption option, Value value) {
    static_assert(std::is_same_v<Value, long> || std::is_pointer_v<Value>);
    curl_easy_setopt(handle_, option, value);
  }

  [[nodiscard]] std::optional<HttpError> error() const {
    if (code_ == CURLE_OK) return std::nullopt;
    const curl_easyoption* const option = curl_easy_option_by_id(option_);
    return HttpError{HttpFailure::internal, std::string("libcurl does not take its option ") +
                                                (option != nullptr ? option->name : "?") + ": " +
                                                curl_easy_strerror(code_)};
  }

 private:
  CURL* handle_;
  CURLcode code_ = CURLE_OK;
  CURLoption option_ = CURLOPT_LASTENTRY;  // the last that was set
};

void only_http(Options& options) {
#if LIBCURL_VERSION_NUM >= 0x075500
  options.set(CURLOPT_PROTOCOLS_STR, "http,https");
#else
  options.set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/// Else libcurl, when the time is over, waits for the thread that waits for a name server.
void leave_name_servers_behind([[maybe_unused]] Options& options) {
#if LIBCURL_VERSION_NUM >= 0x075700
  options.try_to_set(CURLOPT_QUICK_EXIT, 1L);
#endif
}

/// Instead of the system's, of which Debian's libcurl knows a directory besides. (One that knows no
/// directories does not take that option, and need not.)
void trust_only(Options& options, const std::string& ca_certificate_file) {
  options.set(CURLOPT_CAINFO, ca_certificate_file);
  options.try_to_set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

void set_tls(Options& options, const HttpSettings& settings) {
  options.set(CURLOPT_SSL_VERIFYPEER, settings.verify_peer ? 1L : 0L);
  options.set(CURLOPT_SSL_VERIFYHOST, settings.verify_peer ? 2L : 0L);
  if (!settings.ca_certificate_file.empty()) trust_only(options, settings.ca_certificate_file);
  if (!settings.client_certificate.certificate_pem.empty())
    options.set_blob(CURLOPT_SSLCERT_BLOB, settings.client_certificate.certificate_pem);
  if (!settings.client_certificate.key_pem.empty())
    options.set_blob(CURLOPT_SSLKEY_BLOB, settings.client_certificate.key_pem);
  if (!settings.pinned_public_key.empty())
    options.set(CURLOPT_PINNEDPUBLICKEY, settings.pinned_public_key);
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
  return {HttpFailure::timeout, "the answer did not come in time"};
}

}  // namespace

Expected<HttpConnection, HttpError> HttpConnection::open(const HttpSettings& settings,
                                                         const std::string& url,
                                                         Deadline deadline) {
  HttpConnection opened;
  opened.error_text_ = std::make_unique<ErrorText>();
  opened.handle_.reset(curl_easy_init());
  if (opened.handle_ == nullptr) return HttpError{HttpFailure::internal, "out of memory"};
  if (auto error = opened.set_up(settings, url, deadline)) return *std::move(error);
  const CURLcode code = opened.connect();
  if (code == CURLE_OK) return opened;
  long proxy_status = 0;
  curl_easy_getinfo(opened.handle_.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  HttpError error = opened.error(code);
  // With a proxy nothing else is connected to.
  const bool refused_by_proxy = code == CURLE_COULDNT_CONNECT && !settings.outgoing_proxy.empty();
  if (proxy_status >= 300 || refused_by_proxy) error.failure = HttpFailure::proxy;
  // libcurl names a proxy that it cannot use, with user and password.
  if (!settings.outgoing_proxy.empty() &&
      error.text.find(settings.outgoing_proxy) != std::string::npos)
    error.text = curl_easy_strerror(code);
  return error;
}

std::optional<HttpError> HttpConnection::set_up(const HttpSettings& settings,
                                                const std::string& url, Deadline deadline) {
  Options options(handle_.get());
  options.set(CURLOPT_CONNECT_ONLY, 1L);
  options.set(CURLOPT_URL, url);
  options.set(CURLOPT_ERRORBUFFER, error_text_->data());
  only_http(options);
  options.set(CURLOPT_NOSIGNAL, 1L);  // signals belong to the host program
  options.set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});  // also what TLS offers
  options.try_to_set(CURLOPT_TCP_KEEPALIVE, 1L);
  options.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(settings.connect_timeout));
  options.set(CURLOPT_TIMEOUT_MS, milliseconds(time_until(deadline)));
  leave_name_servers_behind(options);
  // An empty string, unlike none, keeps the environment's proxy out.
  options.set(CURLOPT_PROXY, settings.outgoing_proxy);
  options.set(CURLOPT_NOPROXY, "");
  set_tls(options, settings);
  return options.error();
}

CURLcode HttpConnection::connect() {
  const CURLcode code = curl_easy_perform(handle_.get());
  if (code != CURLE_OK) return code;
  return curl_easy_getinfo(handle_.get(), CURLINFO_ACTIVESOCKET, &socket_);
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

bool HttpConnection::is_stale() {
  pollfd polled{socket_, POLLIN, 0};
  if (poll(&polled, 1, 0) == 0) return false;
  // TLS has messages of its own. Java's sends session tickets behind its first answer.
  char byte = 0;
  std::size_t received = 0;
  return curl_easy_recv(handle_.get(), &byte, 1, &received) != CURLE_AGAIN;
}

Expected<void, HttpError> HttpConnection::wait_for(short events, Deadline deadline) const {
  pollfd polled{socket_, events, 0};
  while (std::chrono::steady_clock::now() < deadline) {
    const int ready = poll(&polled, 1, static_cast<int>(time_until(deadline).count()));
    if (ready > 0) return boost::outcome_v2::success();
    if (ready < 0 && errno != EINTR) return HttpError{HttpFailure::internal, "poll failed"};
  }
  return timed_out();
}

HttpError HttpConnection::error(CURLcode code) const {
  const char* const text = error_text_->data();
  return {failure_of(code, text), *text != '\0' ? text : curl_easy_strerror(code)};
}

}  // namespace crowd_confluence
