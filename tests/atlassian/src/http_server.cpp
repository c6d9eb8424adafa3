#include "http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "connection.h"
#include "listening_socket.h"

namespace atlassian {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(20);

std::optional<asio::ssl::context> make_tls(const Listener& listener) {
  if (listener.certificate_file.empty() != listener.private_key_file.empty()) {
    throw std::invalid_argument("a certificate needs a private key, and the other way round");
  }
  if (listener.certificate_file.empty()) return std::nullopt;
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain_file(listener.certificate_file);
  context.use_private_key_file(listener.private_key_file, asio::ssl::context::pem);
  if (!listener.client_ca_file.empty()) {
    context.load_verify_file(listener.client_ca_file);
    context.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    const unsigned char id[] = "atlassian";
    SSL_CTX_set_session_id_context(context.native_handle(), id, sizeof id - 1);
  }
  return context;
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const Listener& listener, Service& service)
      : listener_(listener),
        service_(service),
        tls_(make_tls(listener)),
        acceptor_(asio::make_strand(context_)),
        accept_timer_(acceptor_.get_executor()) {
    open();
    for (unsigned i = 0; i < std::max(1U, listener.threads); ++i) {
      threads_.emplace_back([this] { context_.run(); });
    }
  }

  ~Impl() {
    close_all();
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
  }

  std::uint16_t port() const { return port_; }

  std::string origin() const {
    const bool v6 = listener_.address.find(':') != std::string::npos;
    return std::string(tls_ ? "https://" : "http://") +
           (v6 ? '[' + listener_.address + ']' : listener_.address) + ':' + std::to_string(port_);
  }

  void open() {
    const int descriptor = open_listening_socket(listener_.address, port_ ? port_ : listener_.port);
    const auto address = asio::ip::make_address(listener_.address);
    acceptor_.assign(address.is_v4() ? tcp::v4() : tcp::v6(), descriptor);
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(acceptor_.get_executor(), accept_connections(), asio::detached);
  }

  void start_listening() {
    on_acceptor_strand([this] {
      if (!acceptor_.is_open()) open();
    });
  }

  void close_all() {
    on_acceptor_strand([this] {
      error_code ignored;
      acceptor_.close(ignored);
      accept_timer_.cancel();
    });
    for_each_connection([](Connection& connection) { connection.close(); });
  }

  /// Runs `action` on each connection's strand, soon.
  template <typename Action>
  void for_each_connection(Action action) {
    const std::lock_guard lock(mutex_);
    for (const auto& weak : connections_) {
      if (const auto connection = weak.lock()) {
        asio::post(connection->strand(), [connection, action] { action(*connection); });
      }
    }
  }

 private:
  template <typename Action>
  void on_acceptor_strand(Action action) {
    std::packaged_task<void()> task(action);
    asio::post(acceptor_.get_executor(), [&task] { task(); });
    task.get_future().get();
  }

  asio::awaitable<void> accept_connections() {
    error_code error;
    while (acceptor_.is_open()) {
      co_await acceptor_.async_wait(tcp::acceptor::wait_read,
                                    asio::redirect_error(asio::use_awaitable, error));
      while (acceptor_.is_open()) {
        Connection::Strand strand = asio::make_strand(context_.get_executor());
        tcp::socket socket(strand);
        error.clear();
        accept_into(acceptor_.native_handle(), socket, error);
        if (error) break;
        start(std::move(strand), std::move(socket));
      }
      if (error && error != asio::error::would_block && acceptor_.is_open()) {
        accept_timer_.expires_after(kPauseWithoutDescriptors);
        co_await accept_timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      }
    }
  }

  void start(Connection::Strand strand, tcp::socket socket) {
    std::shared_ptr<Connection> connection;
    {
      // The service may count the connection as hanging at once, and release() must then find it.
      const std::lock_guard lock(mutex_);
      connection = std::make_shared<Connection>(strand, std::move(socket), tls_ ? &*tls_ : nullptr,
                                                service_);
      if (connections_.size() >= next_sweep_) {
        std::erase_if(connections_, [](const auto& weak) { return weak.expired(); });
        next_sweep_ = connections_.size() * 2 + 64;
      }
      connections_.push_back(connection);
    }
    asio::co_spawn(
        strand, [connection] { return connection->serve(); }, asio::detached);
  }

  const Listener listener_;
  Service& service_;
  std::optional<asio::ssl::context> tls_;
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ =
      asio::make_work_guard(context_);
  tcp::acceptor acceptor_;
  asio::steady_timer accept_timer_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Connection>> connections_;
  std::size_t next_sweep_ = 64;
  std::vector<std::thread> threads_;
};

HttpServer::HttpServer(const Listener& listener, Service& service)
    : impl_(std::make_unique<Impl>(listener, service)) {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const {
  return impl_->port();
}
std::string HttpServer::origin() const {
  return impl_->origin();
}
void HttpServer::release() {
  impl_->for_each_connection([](Connection& connection) { connection.release(); });
}
void HttpServer::stop_listening() {
  impl_->close_all();
}
void HttpServer::start_listening() {
  impl_->start_listening();
}
void HttpServer::close_idle_connections() {
  impl_->for_each_connection([](Connection& connection) { connection.close_if_idle(); });
}

}  // namespace atlassian
