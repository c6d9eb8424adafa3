// Sends requests to a server on 127.0.0.1 and tells what came back, as one line of JSON.
//
//   bench_load PORT CONNECTIONS REQUESTS [PAUSE_MS [LIMIT_S [ADDRESSES]]] <requests
//
// Standard input holds the requests as they are to be sent, each ended by a NUL; they are sent one
// after the other, from the first again after the last, REQUESTS in all. Every connection is made
// before the first request is sent. Each sends one request at a time, PAUSE_MS after the answer to
// the one before. After LIMIT_S seconds (60) those that wait for an answer are given up. When the
// server closes a kept connection instead of answering, the request is sent again on another one,
// as browsers do. With ADDRESSES, connection number i (from 0) comes from the loopback address
// number i % ADDRESSES from 127.1.0.1 on, otherwise all come from 127.0.0.1.
//
// Times are in microseconds, from sending to the last byte of the answer.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "http_text.h"

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::uint32_t kFirstAddress = 127U << 24 | 1U << 16 | 1U;  // 127.1.0.1

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in address_of(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(port);
  return address;
}

int connected_socket(std::uint16_t port, std::uint32_t own_host, int tries = 100) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) fail("socket");
  const sockaddr_in own = address_of(own_host, 0);
  if (bind(made, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) fail("bind");
  const sockaddr_in address = address_of(INADDR_LOOPBACK, port);
  if (connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    // A busy machine may not have let the server listen yet.
    if (tries == 0) fail("cannot connect");
    close(made);
    std::this_thread::sleep_for(milliseconds(100));
    return connected_socket(port, own_host, tries - 1);
  }
  const int yes = 1;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return made;
}

std::vector<std::string> read_requests() {
  const std::string all{std::istreambuf_iterator<char>(std::cin), {}};
  std::vector<std::string> requests;
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = std::min(all.find('\0', begin), all.size());
    requests.push_back(all.substr(begin, end - begin));
    begin = end + 1;
  }
  return requests;
}

struct Connection {
  int socket;
  std::uint32_t own_host;
  bool is_waiting = false;
  Clock::time_point next = {};  // the moment of the last request, or of the next one
  std::string received = {};
  const std::string* request = nullptr;  // the last one
  bool has_answered = false;
};

class Load {
 public:
  Load(std::uint16_t port, std::size_t connections, std::size_t requests, milliseconds pause,
       std::size_t addresses)
      : port_(port), left_(requests), pause_(pause), texts_(read_requests()) {
    if (texts_.empty() || connections == 0) {
      std::fputs("there is nothing to send\n", stderr);
      std::exit(2);
    }
    for (std::size_t i = 0; i < connections; ++i) {
      const std::uint32_t host = addresses == 0
                                     ? INADDR_LOOPBACK
                                     : kFirstAddress + static_cast<std::uint32_t>(i % addresses);
      connections_.push_back({connected_socket(port_, host), host});
    }
  }

  void run(std::chrono::seconds limit) {
    began_ = Clock::now();
    for (Connection& connection : connections_) connection.next = began_;
    while (Clock::now() - began_ < limit) {
      send_due();
      if (left_ == 0 && waiting() == 0) break;
      receive();
    }
    seconds_ = std::chrono::duration<double>(Clock::now() - began_).count();
  }

  void report() {
    std::sort(times_.begin(), times_.end());
    std::printf(
        "{\"seconds\":%.6f,\"answered\":%zu,\"unanswered\":%zu,\"resent\":%zu,\"broken\":%zu,"
        "\"status\":{",
        seconds_, times_.size(), waiting(), resent_, broken_);
    const char* comma = "";
    for (const auto& [status, count] : statuses_) {
      std::printf("%s\"%s\":%zu", comma, status.c_str(), count);
      comma = ",";
    }
    std::printf("},\"median\":%.0f,\"p99\":%.0f,\"slowest\":%.0f}\n", at(0.5), at(0.99), at(1));
  }

 private:
  [[nodiscard]] std::size_t waiting() const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(),
                      [](const Connection& connection) { return connection.is_waiting; }));
  }

  [[nodiscard]] double at(double share) const {
    if (times_.empty()) return 0;
    return times_[static_cast<std::size_t>(share * static_cast<double>(times_.size() - 1))];
  }

  void send_due() {
    for (Connection& connection : connections_) {
      if (connection.is_waiting || left_ == 0) continue;
      const Clock::time_point now = Clock::now();
      if (connection.next > now) continue;
      connection.request = &texts_[sent_++ % texts_.size()];
      connection.next = now;
      --left_;
      send_request(connection);
    }
  }

  void send_request(Connection& connection) {
    const std::string& text = *connection.request;
    connection.is_waiting = true;
    if (send(connection.socket, text.data(), text.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(text.size()))
      break_off(connection);
  }

  void break_off(Connection& connection) {
    if (connection.has_answered && connection.received.empty()) {
      ++resent_;
      reconnect(connection);
      send_request(connection);
    } else {
      ++broken_;
      reconnect(connection);
      connection.is_waiting = false;
      connection.next = Clock::now() + pause_;
    }
  }

  void reconnect(Connection& connection) {
    close(connection.socket);
    connection.socket = connected_socket(port_, connection.own_host);
    connection.has_answered = false;
    connection.received.clear();
  }

  /// Waits for the first answer, or until the next request is due.
  void receive() {
    polled_.clear();
    for (const Connection& connection : connections_)
      polled_.push_back({connection.is_waiting ? connection.socket : -1, POLLIN, 0});
    if (poll(polled_.data(), polled_.size(), pause_.count() > 0 ? 1 : 100) < 0 && errno != EINTR)
      fail("poll");
    for (std::size_t i = 0; i < polled_.size(); ++i)
      if (polled_[i].revents != 0) take(connections_[i]);
  }

  void take(Connection& connection) {
    std::array<char, 65536> buffer;
    const ssize_t count = recv(connection.socket, buffer.data(), buffer.size(), 0);
    if (count <= 0) return break_off(connection);
    std::string& received = connection.received;
    received.append(buffer.data(), static_cast<std::size_t>(count));
    if (bench::length_of_message(received) == 0) return;
    const Clock::time_point now = Clock::now();
    times_.push_back(std::chrono::duration<double, std::micro>(now - connection.next).count());
    ++statuses_[received.substr(9, 3)];
    const bool ends = bench::header_of(received, "Connection") == "close";
    connection.is_waiting = false;
    connection.has_answered = true;
    connection.next = now + pause_;
    received.clear();
    if (ends) reconnect(connection);
  }

  std::uint16_t port_;
  std::size_t left_;
  milliseconds pause_;
  std::vector<std::string> texts_;
  std::vector<Connection> connections_;
  std::vector<pollfd> polled_;
  std::vector<double> times_;
  std::map<std::string, std::size_t> statuses_;
  std::size_t sent_ = 0;
  std::size_t resent_ = 0;
  std::size_t broken_ = 0;
  Clock::time_point began_;
  double seconds_ = 0;
};

unsigned long number(int count, char** arguments, int which, unsigned long other) {
  return which < count ? std::strtoul(arguments[which], nullptr, 10) : other;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) {
    std::fputs(
        "usage: bench_load PORT CONNECTIONS REQUESTS [PAUSE_MS [LIMIT_S [ADDRESSES]]] "
        "<requests\n",
        stderr);
    return 2;
  }
  Load load(static_cast<std::uint16_t>(number(count, arguments, 1, 0)),
            number(count, arguments, 2, 1), number(count, arguments, 3, 1),
            milliseconds(number(count, arguments, 4, 0)), number(count, arguments, 6, 0));
  load.run(std::chrono::seconds(number(count, arguments, 5, 60)));
  load.report();
}
