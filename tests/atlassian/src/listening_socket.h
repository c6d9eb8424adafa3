// Sockets that are close-on-exec from their first moment: a server that the tests start meanwhile
// must not inherit a port or a connection.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>

namespace atlassian {

/// A listening, non-blocking socket. Throws std::system_error that names address and port.
int open_listening_socket(const std::string& address, std::uint16_t port);

/// Accepts one connection, if there is one, into `socket`. `error` is would_block when there is
/// none.
void accept_into(int listening_socket, boost::asio::ip::tcp::socket& socket,
                 boost::system::error_code& error);

}  // namespace atlassian
