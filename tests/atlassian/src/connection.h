// One connection of a client: reads requests, answers them as the service and its faults say.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "service.h"

namespace atlassian {

/// Runs on its own strand. serve() keeps itself alive.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;
  using Socket = boost::asio::ip::tcp::socket;

  /// `tls` is null for a plain connection, and outlives the connection otherwise.
  Connection(Strand strand, Socket socket, boost::asio::ssl::context* tls, Service& service);
  ~Connection();

  const Strand& strand() const { return strand_; }

  /// Serves until the connection is over.
  boost::asio::awaitable<void> serve();

  // On the strand only:
  void close();
  void close_if_idle();
  void release();

 private:
  enum class Next { kReadAnother, kClose, kReset };

  boost::asio::awaitable<bool> shake_hands();
  boost::asio::awaitable<std::optional<Request>> read_request(bool& keep_alive);
  boost::asio::awaitable<Next> answer(const Request& request, bool keep_alive);
  boost::asio::awaitable<Next> answer_wrongly(const Request& request, const Fault& fault,
                                              bool keep_alive);
  /// False: nothing more can or should be sent.
  boost::asio::awaitable<bool> write(std::string bytes);
  boost::asio::awaitable<bool> write_slowly(std::string bytes, std::chrono::milliseconds pause);
  boost::asio::awaitable<void> finish(Next next);
  // False: the client is gone, or the connection was closed meanwhile.
  /// Until release().
  boost::asio::awaitable<bool> hang();
  boost::asio::awaitable<bool> wait(std::optional<std::chrono::milliseconds> time);
  void watch_for_departure(unsigned generation);

  Strand strand_;
  Socket socket_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  Service& service_;
  boost::asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::string peer_address_;
  std::string client_certificate_;
  std::uint64_t number_ = 0;
  bool idle_ = false;
  bool writing_ = false;
  bool close_after_write_ = false;
  bool hanging_ = false;
  bool released_ = false;
  bool closed_ = false;
  unsigned waits_ = 0;
};

}  // namespace atlassian
