#include "http/curl_failure.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace crowd_confluence {
namespace {

bool is_about_names(CURLcode code) {
  return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY;
}

/// Whether there are fewer descriptors than looking up a name takes.
bool lacks_descriptors() {
  std::array<int, 6> descriptors;
  bool is_short = false;
  for (int& descriptor : descriptors) {
    descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    is_short = is_short || (descriptor < 0 && is_shortage(errno));
  }
  for (const int descriptor : descriptors)
    if (descriptor >= 0) close(descriptor);
  return is_short;
}

int system_error_of(CURL* handle) {
  long error_number = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &error_number);
  return static_cast<int>(error_number);
}

/// Whether the failure is this process's own. A resolver without descriptors or threads says no
/// more than that there is no such name.
bool is_own(CURL* handle, CURLcode code, std::string_view error_text) {
  if (is_about_names(code))
    return error_text.find("thread failed") != std::string_view::npos || lacks_descriptors();
  const bool is_of_socket =
      code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
  return is_of_socket && is_shortage(system_error_of(handle));
}

/// With TLS 1.3 a server refuses the client's certificate only after the handshake, when libcurl
/// takes it for an error of reading or writing.
bool is_tls_alert(CURLcode code, std::string_view error_text) {
  return (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) &&
         error_text.find("SSL") != std::string_view::npos &&
         error_text.find(" alert ") != std::string_view::npos;
}

/// Somebody closed the connection before the end of the handshake, and did not say why.
bool is_cut_off(CURL* handle, CURLcode code, std::string_view error_text) {
  if (code == CURLE_COULDNT_CONNECT) return system_error_of(handle) == ECONNRESET;
  return code == CURLE_SSL_CONNECT_ERROR &&
         (error_text.find("SSL_ERROR_SYSCALL") != std::string_view::npos ||
          error_text.find("reset by peer") != std::string_view::npos);
}

}  // namespace

bool is_shortage(int error_number) {
  switch (error_number) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL:  // of ports
      return true;
    default:
      return false;
  }
}

HttpFailure failure_of(CURL* handle, CURLcode code, std::string_view error_text) {
  if (is_own(handle, code, error_text)) return HttpFailure::internal;
  if (is_tls_alert(code, error_text)) return HttpFailure::tls;
  if (is_cut_off(handle, code, error_text)) return HttpFailure::network;
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

}  // namespace crowd_confluence
