// A TCP server on loopback that does byte by byte what a test tells it, right or wrong.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace test_support {

/// One accepted connection, in the thread that serves it.
class RawConnection {
 public:
  RawConnection(int descriptor, int number) : descriptor_(descriptor), number_(number) {}

  /// Counted from 1 in the order of acceptance.
  int number() const { return number_; }

  /// The next request's head, from the request line to the empty line; nullopt when the client has
  /// closed. If the request has a body, `read_body` must follow.
  std::optional<std::string> read_request();

  /// The next `size` bytes; nullopt when the client closes before.
  std::optional<std::string> read_body(std::size_t size);

  /// False when the client has closed.
  bool write(std::string_view bytes);

  /// Returns when the client or the server's end closes the connection.
  void wait_for_close();

  /// For those who speak TLS, say, over it.
  int descriptor() const { return descriptor_; }

  /// Makes the end of the connection a TCP reset.
  void reset_at_end();

 private:
  bool receive();

  int descriptor_;
  int number_;
  std::string received_;
};

/// Serves each connection in a thread of its own, until the handler returns.
class RawServer {
 public:
  using Handler = std::function<void(RawConnection&)>;

  /// Listens on a free port of 127.0.0.1 when it returns.
  explicit RawServer(Handler handler);
  /// Closes all connections and joins all threads.
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  /// "http://127.0.0.1:PORT", without a slash at the end.
  std::string url() const;
  int connections() const { return accepted_; }

 private:
  struct Served {
    int descriptor;
    bool open = true;
    std::thread thread;
  };

  void accept_all();
  void serve(Served& served, int number);

  Handler handler_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  bool stopping_ = false;
  std::list<Served> served_;
  std::thread acceptor_;
};

/// A port of 127.0.0.1 that is taken, so that nobody else gets it, and refuses connections.
class RefusingPort {
 public:
  RefusingPort();
  ~RefusingPort();
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  int descriptor_;
};

/// A port of 127.0.0.1 that does not answer: a connection to it is neither made nor refused.
class SilentPort {
 public:
  SilentPort();
  ~SilentPort();
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  int descriptor_;
  std::vector<int> fillers_;
};

}  // namespace test_support
