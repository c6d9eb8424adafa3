#include "http/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/ascii.h"
#include "http/curl_failure.h"
#include "http/curl_tls.h"

namespace crowd_confluence {
namespace {

using namespace std::chrono_literals;

/// So that connections at once need not ask for a name once each, and a new one notices that the
/// name has moved.
constexpr long kNamesRememberedSeconds = 5;

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

constexpr const char* kNone = nullptr;

/// Instead of the system's, of which Debian's libcurl knows a directory besides. (One that knows no
/// directories does not take that option, and need not.)
void trust_only(Options& options, const std::string& ca_certificate_file) {
  options.set(CURLOPT_CAINFO, ca_certificate_file);
  options.try_to_set(CURLOPT_CAPATH, kNone);
}

/// What has been read already, so that libcurl reads nothing: neither for the server nor for a
/// proxy that speaks TLS.
void trust_only(Options& options, X509_STORE* store) {
  options.set(CURLOPT_SSL_CTX_FUNCTION, prepare_tls);
  options.set(CURLOPT_SSL_CTX_DATA, store);
  options.set(CURLOPT_CAINFO, kNone);
  for (const CURLoption option : {CURLOPT_CAPATH, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH})
    options.try_to_set(option, kNone);
}

/// Whether libcurl trusts others for a proxy than for the server behind it.
bool has_two_trusts(const HttpSettings& settings) {
  return !settings.ca_certificate_file.empty() &&
         ascii::starts_with_ignoring_case(settings.outgoing_proxy, "https:");
}

bool uses_tls(const HttpSettings& settings, std::string_view url) {
  return ascii::starts_with_ignoring_case(url, "https:") ||
         ascii::starts_with_ignoring_case(settings.outgoing_proxy, "https:");
}

void set_trust(Options& options, ConnectionContext& context, std::string_view url) {
  const HttpSettings& settings = context.settings;
  X509_STORE* store = nullptr;
  if (uses_tls(settings, url) && !has_two_trusts(settings)) store = context.authorities.get();
  if (store != nullptr) {
    trust_only(options, store);
  } else if (!settings.ca_certificate_file.empty()) {
    trust_only(options, settings.ca_certificate_file);
  }
}

void set_tls(Options& options, const HttpSettings& settings) {
  options.set(CURLOPT_SSL_VERIFYPEER, settings.verify_peer ? 1L : 0L);
  options.set(CURLOPT_SSL_VERIFYHOST, settings.verify_peer ? 2L : 0L);
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

void HttpConnection::HandleDeleter::operator()(CURL* handle) const {
  forgive_end(handle);
  curl_easy_cleanup(handle);
}

Expected<HttpConnection, HttpError> HttpConnection::open(ConnectionContext& context,
                                                         const std::string& url,
                                                         Deadline deadline) {
  HttpConnection opened;
  opened.opened_ = std::chrono::steady_clock::now();
  opened.notes_ = std::make_unique<Notes>();
  opened.handle_.reset(curl_easy_init());
  if (opened.handle_ == nullptr) return HttpError{HttpFailure::internal, "out of memory"};
  if (auto error = opened.set_up(context, url, deadline)) return *std::move(error);
  const CURLcode code = opened.connect();
  if (code == CURLE_OK) return opened;
  long proxy_status = 0;
  curl_easy_getinfo(opened.handle_.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  HttpError error = opened.error(code);
  const std::string& proxy = context.settings.outgoing_proxy;
  // With a proxy nothing else is connected to.
  const bool refused_by_proxy = error.failure == HttpFailure::refused && !proxy.empty();
  if (proxy_status >= 300 || refused_by_proxy) error.failure = HttpFailure::proxy;
  // libcurl names a proxy that it cannot use, with user and password.
  if (!proxy.empty() && error.text.find(proxy) != std::string::npos)
    error.text = curl_easy_strerror(code);
  return error;
}

std::optional<HttpError> HttpConnection::set_up(ConnectionContext& context, const std::string& url,
                                                Deadline deadline) {
  const HttpSettings& settings = context.settings;
  Options options(handle_.get());
  options.set(CURLOPT_CONNECT_ONLY, 1L);
  options.set(CURLOPT_URL, url);
  options.set(CURLOPT_ERRORBUFFER, notes_->error_text.data());
  only_http(options);
  options.set(CURLOPT_NOSIGNAL, 1L);  // signals belong to the host program
  options.set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});  // also what TLS offers
  options.try_to_set(CURLOPT_TCP_KEEPALIVE, 1L);
  options.set(CURLOPT_OPENSOCKETFUNCTION, make_socket);
  options.set(CURLOPT_OPENSOCKETDATA, notes_.get());
  options.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(settings.connect_timeout));
  options.set(CURLOPT_TIMEOUT_MS, milliseconds(time_until(deadline)));
  leave_name_servers_behind(options);
  options.try_to_set(CURLOPT_SHARE, context.share.get());
  options.try_to_set(CURLOPT_DNS_CACHE_TIMEOUT, kNamesRememberedSeconds);
  // An empty string, unlike none, keeps the environment's proxy out.
  options.set(CURLOPT_PROXY, settings.outgoing_proxy);
  options.set(CURLOPT_NOPROXY, "");
  set_trust(options, context, url);
  set_tls(options, settings);
  return options.error();
}

/// As libcurl does it, but that programs which this process starts do not inherit the socket, and
/// that the reason is kept when there is none: libcurl does not tell it.
curl_socket_t HttpConnection::make_socket(void* notes, curlsocktype, curl_sockaddr* address) {
  const int made = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (made < 0) static_cast<Notes*>(notes)->socket_error = errno;
  return made;
}

CURLcode HttpConnection::connect() {
  const CURLcode code = curl_easy_perform(handle_.get());
  if (code != CURLE_OK) return code;
  const char* address = nullptr;
  if (curl_easy_getinfo(handle_.get(), CURLINFO_LOCAL_IP, &address) == CURLE_OK &&
      address != nullptr)
    local_address_ = address;
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
  CURL* const handle = handle_.get();
  const EndForgiven forgiven(handle);
  // Also reads what TLS has to say of itself. Java's sends session tickets behind its first answer.
  char byte = 0;
  std::size_t received = 0;
  return curl_easy_recv(handle, &byte, 1, &received) != CURLE_AGAIN || holds_part_of_record(handle);
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
  const char* const text = notes_->error_text.data();
  HttpError error{failure_of(handle_.get(), code, text),
                  *text != '\0' ? text : curl_easy_strerror(code)};
  if (code == CURLE_COULDNT_CONNECT && is_shortage(notes_->socket_error)) {
    error.failure = HttpFailure::internal;
    error.text = std::string("no socket could be made: ") + std::strerror(notes_->socket_error);
  }
  return error;
}

}  // namespace crowd_confluence
