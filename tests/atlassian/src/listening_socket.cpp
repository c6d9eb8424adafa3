#include "listening_socket.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace atlassian {

using boost::asio::ip::tcp;

int open_listening_socket(const std::string& address, std::uint16_t port) {
  const tcp::endpoint endpoint(boost::asio::ip::make_address(address), port);
  const int descriptor = ::socket(endpoint.protocol().family(),
                                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  const auto allow_reuse = [descriptor] {
    const int on = 1;
    return ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
  };
  // Among sockets that allow reuse, Linux may give the same free port to two that bind at once. It
  // must be allowed all the same, for whoever listens on this port again later.
  if (descriptor < 0 || (port != 0 && !allow_reuse()) ||
      ::bind(descriptor, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 ||
      !allow_reuse() || ::listen(descriptor, SOMAXCONN) != 0) {
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    throw std::system_error(error, std::generic_category(),
                            "cannot listen on " + address + " port " + std::to_string(port));
  }
  return descriptor;
}

void accept_into(int listening_socket, tcp::socket& socket, boost::system::error_code& error) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  const int descriptor = ::accept4(listening_socket, reinterpret_cast<sockaddr*>(&peer), &length,
                                   SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) {
    error.assign(errno, boost::system::system_category());
    return;
  }
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  socket.assign(peer.ss_family == AF_INET ? tcp::v4() : tcp::v6(), descriptor, error);
  if (error) ::close(descriptor);
}

}  // namespace atlassian
