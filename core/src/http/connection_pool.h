// Connections that are kept for the next request.

#ifndef CROWD_CONFLUENCE_SRC_HTTP_CONNECTION_POOL_H_
#define CROWD_CONFLUENCE_SRC_HTTP_CONNECTION_POOL_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/connection.h"

namespace crowd_confluence {

/// A stack of idle connections. A call takes one, uses it alone, and puts it back, so that there
/// are as many connections as there were calls at once. A thread of the pool's own, which begins
/// with the first connection, closes those that are too old or that the server is done with.
/// Thread-safe.
class ConnectionPool {
 public:
  /// `lifetime`: how long a connection is used, counted from its making.
  explicit ConnectionPool(std::chrono::milliseconds lifetime) : lifetime_(lifetime) {}
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  /// A connection to `origin` (scheme, host and port) on which nothing happened since it was kept.
  [[nodiscard]] std::optional<HttpConnection> take(std::string_view origin);

  /// Closes the connection if there can be no thread that would do it later.
  void keep(std::string_view origin, HttpConnection connection);

 private:
  struct Kept {
    std::string origin;
    HttpConnection connection;
  };

  [[nodiscard]] bool is_usable(HttpConnection& connection) const;
  bool start_closing();
  void close_in_time();
  [[nodiscard]] std::vector<Kept> take_useless();

  const std::chrono::milliseconds lifetime_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;
  std::vector<Kept> kept_;
  std::thread closer_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_HTTP_CONNECTION_POOL_H_
