#include "harness/sockets.h"

#include <dlfcn.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>

namespace {

std::array<std::atomic<int>, 4> errors{};  // by FailingCall::Kind; 0: the call works
std::atomic<bool> raises_sigpipe{false};
std::atomic<bool> reads_ahead{false};

bool fails(FailingCall::Kind call) {
  const int error_number = errors[call];
  if (error_number == 0) return false;
  errno = error_number;
  return true;
}

template <typename Function>
Function* behind(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

FailingCall::FailingCall(Kind call, int error_number) : call_(call) {
  errors[call_] = error_number;
}
FailingCall::~FailingCall() {
  errors[call_] = 0;
}

SendsRaiseSigpipe::SendsRaiseSigpipe() {
  raises_sigpipe = true;
}
SendsRaiseSigpipe::~SendsRaiseSigpipe() {
  raises_sigpipe = false;
}

TlsReadsAhead::TlsReadsAhead() {
  reads_ahead = true;
}
TlsReadsAhead::~TlsReadsAhead() {
  reads_ahead = false;
}

// These stand before the libraries', for all libraries of this program.

#define STANDS_BEFORE extern "C" __attribute__((visibility("default")))

STANDS_BEFORE int socket(int domain, int type, int protocol) noexcept {
  static const auto system_function = behind(&socket, "socket");
  return fails(FailingCall::socket) ? -1 : system_function(domain, type, protocol);
}

STANDS_BEFORE int connect(int descriptor, const sockaddr* address, socklen_t length) {
  static const auto system_function = behind(&connect, "connect");
  return fails(FailingCall::connect) ? -1 : system_function(descriptor, address, length);
}

STANDS_BEFORE ssize_t send(int descriptor, const void* bytes, std::size_t size, int flags) {
  static const auto system_function = behind(&send, "send");
  if (fails(FailingCall::send)) return -1;
  return system_function(descriptor, bytes, size, raises_sigpipe ? flags & ~MSG_NOSIGNAL : flags);
}

STANDS_BEFORE ssize_t recv(int descriptor, void* bytes, std::size_t size, int flags) {
  static const auto system_function = behind(&recv, "recv");
  return fails(FailingCall::recv) ? -1 : system_function(descriptor, bytes, size, flags);
}

STANDS_BEFORE SSL_CTX* SSL_CTX_new(const SSL_METHOD* method) {
  static const auto openssls_function = behind(&SSL_CTX_new, "SSL_CTX_new");
  SSL_CTX* const context = openssls_function(method);
  if (context != nullptr && reads_ahead) SSL_CTX_set_read_ahead(context, 1);
  return context;
}
