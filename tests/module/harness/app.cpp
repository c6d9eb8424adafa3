#include "app.h"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <list>
#include <mutex>
#include <sstream>
#include <thread>

namespace module_tests {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;

/// The request's head, with `rest` holding what follows it. False at the connection's end.
bool read_head(Tcp::socket& socket, std::string& rest, std::string& head) {
  boost::system::error_code error;
  const std::size_t length =
      asio::read_until(socket, asio::dynamic_buffer(rest), "\r\n\r\n", error);
  if (error) return false;
  head = rest.substr(0, length);
  rest.erase(0, length);
  return true;
}

AppRequest parse_head(const std::string& head) {
  AppRequest request;
  std::istringstream in(head);
  in >> request.method >> request.target;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) request.headers.add_line(line);
  return request;
}

bool read_body(Tcp::socket& socket, std::string& rest, AppRequest& request) {
  const std::string length = request.headers.value("Content-Length").value_or("0");
  const std::size_t wanted = std::stoul(length);
  boost::system::error_code error;
  if (rest.size() < wanted)
    asio::read(socket, asio::dynamic_buffer(rest), asio::transfer_exactly(wanted - rest.size()),
               error);
  if (error) return false;
  request.body = rest.substr(0, wanted);
  rest.erase(0, wanted);
  return true;
}

std::string to_text(const AppRequest& request, const AppResponse& response) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " Whatever\r\n";
  for (const std::string& header : response.headers) text += header + "\r\n";
  const bool has_body = response.status != 204 && response.status != 304;
  if (has_body) text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  text += "\r\n";
  if (has_body && request.method != "HEAD") text += response.body;
  return text;
}

void echo_messages(Tcp::socket& socket, const std::string& head) {
  boost::system::error_code error;
  beast::websocket::stream<Tcp::socket&> stream(socket);
  stream.accept(asio::buffer(head), error);
  while (!error) {
    beast::flat_buffer message;
    stream.read(message, error);
    if (error) return;
    stream.text(stream.got_text());
    stream.write(message.data(), error);
  }
}

}  // namespace

Cookies AppRequest::cookies() const {
  Cookies result;
  for (const std::string& line : headers.values("Cookie"))
    for (auto& cookie : parse_cookies(line)) result.push_back(std::move(cookie));
  return result;
}

class App::Impl {
 public:
  Impl() : acceptor_(context_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    port_ = acceptor_.local_endpoint().port();
    accepting_ = std::thread([this] { accept(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      for (const auto& connection : connections_)
        ::shutdown(connection->socket.native_handle(), SHUT_RDWR);
    }
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    accepting_.join();
    for (const auto& connection : connections_) connection->thread.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  void respond_with(std::function<AppResponse(const AppRequest&)> respond) {
    const std::lock_guard lock(mutex_);
    respond_ = std::move(respond);
  }

  [[nodiscard]] std::vector<AppRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  void forget() {
    const std::lock_guard lock(mutex_);
    requests_.clear();
  }

 private:
  struct Connection {
    explicit Connection(Tcp::socket accepted) : socket(std::move(accepted)) {}
    Tcp::socket socket;
    std::thread thread;
  };

  void accept() {
    for (;;) {
      boost::system::error_code error;
      Tcp::socket socket = acceptor_.accept(error);
      const std::lock_guard lock(mutex_);
      if (error || stopping_) return;
      connections_.push_back(std::make_unique<Connection>(std::move(socket)));
      Connection& connection = *connections_.back();
      connection.thread = std::thread([this, &connection] { serve(connection.socket); });
    }
  }

  void serve(Tcp::socket& socket) {
    std::string rest;
    std::string head;
    boost::system::error_code error;
    while (!error && read_head(socket, rest, head)) {
      AppRequest request = parse_head(head);
      if (!read_body(socket, rest, request)) break;
      std::function<AppResponse(const AppRequest&)> respond;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        respond = respond_;
      }
      if (request.headers.value("Sec-WebSocket-Key")) {
        echo_messages(socket, head);
        break;
      }
      asio::write(socket, asio::buffer(to_text(request, respond(request))), error);
    }
    ::shutdown(socket.native_handle(), SHUT_RDWR);
  }

  asio::io_context context_;
  Tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::thread accepting_;

  mutable std::mutex mutex_;
  bool stopping_ = false;
  std::list<std::unique_ptr<Connection>> connections_;
  std::vector<AppRequest> requests_;
  std::function<AppResponse(const AppRequest&)> respond_ = [](const AppRequest&) {
    return AppResponse{};
  };
};

App::App() : impl_(std::make_unique<Impl>()) {}
App::~App() = default;
std::uint16_t App::port() const {
  return impl_->port();
}
std::string App::url() const {
  return "http://127.0.0.1:" + std::to_string(port());
}
void App::respond_with(AppResponse response) {
  impl_->respond_with([response](const AppRequest&) { return response; });
}
void App::respond_with(std::function<AppResponse(const AppRequest&)> respond) {
  impl_->respond_with(std::move(respond));
}
std::vector<AppRequest> App::requests() const {
  return impl_->requests();
}
void App::forget() {
  impl_->forget();
}

}  // namespace module_tests
