#include "support/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace test_support {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A socket that is bound to a free port.
int bound_socket(std::uint16_t& port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    close(descriptor);
    fail("bind");
  }
  port = ntohs(address.sin_port);
  return descriptor;
}

}  // namespace

std::optional<std::string> RawConnection::read_request() {
  constexpr std::string_view kEnd = "\r\n\r\n";
  for (;;) {
    const std::size_t end = received_.find(kEnd);
    if (end != std::string::npos) {
      std::string head = received_.substr(0, end + kEnd.size());
      received_.erase(0, head.size());
      return head;
    }
    if (!receive()) return std::nullopt;
  }
}

std::optional<std::string> RawConnection::read_body(std::size_t size) {
  while (received_.size() < size)
    if (!receive()) return std::nullopt;
  std::string body = received_.substr(0, size);
  received_.erase(0, size);
  return body;
}

bool RawConnection::receive() {
  std::array<char, 4096> buffer;
  const ssize_t count = recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (count <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

bool RawConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void RawConnection::wait_for_close() {
  std::array<char, 4096> ignored;
  while (recv(descriptor_, ignored.data(), ignored.size(), 0) > 0) {
  }
}

void RawConnection::reset_at_end() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

RawServer::RawServer(Handler handler)
    : handler_(std::move(handler)), listener_(bound_socket(port_)) {
  if (listen(listener_, SOMAXCONN) != 0) {
    close(listener_);
    fail("listen");
  }
  acceptor_ = std::thread(&RawServer::accept_all, this);
}

RawServer::~RawServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const Served& served : served_) {
      if (served.open) shutdown(served.descriptor, SHUT_RDWR);
    }
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (Served& served : served_) served.thread.join();
  close(listener_);
}

std::string RawServer::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

void RawServer::accept_all() {
  for (;;) {
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (descriptor < 0 || stopping_) {
      if (descriptor >= 0) close(descriptor);
      return;
    }
    const int number = ++accepted_;
    Served& served = served_.emplace_back();
    served.descriptor = descriptor;
    served.thread = std::thread([this, &served, number] { serve(served, number); });
  }
}

void RawServer::serve(Served& served, int number) {
  RawConnection connection(served.descriptor, number);
  handler_(connection);
  const std::lock_guard lock(mutex_);
  served.open = false;
  close(served.descriptor);
}

RefusingPort::RefusingPort() : descriptor_(bound_socket(port_)) {}

RefusingPort::~RefusingPort() {
  close(descriptor_);
}

SilentPort::SilentPort() : descriptor_(bound_socket(port_)) {
  // With its queue full, Linux drops what asks for a connection.
  if (listen(descriptor_, 0) != 0) fail("listen");
  const sockaddr_in address = loopback(port_);
  for (bool accepted = true; accepted;) {
    const int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (filler < 0) fail("socket");
    fillers_.push_back(filler);
    connect(filler, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    pollfd ready{.fd = filler, .events = POLLOUT, .revents = 0};
    accepted = poll(&ready, 1, 200) == 1;
  }
}

SilentPort::~SilentPort() {
  for (const int filler : fillers_) close(filler);
  close(descriptor_);
}

}  // namespace test_support
