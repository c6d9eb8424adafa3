#include "connection.h"

#include <sys/socket.h>

#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "text.h"

namespace atlassian {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kMostHeaderBytes = 64 * 1024;
constexpr std::uint64_t kMostBodyBytes = 64 * 1024 * 1024;
constexpr std::size_t kFillerLineBytes = 1000;
constexpr auto kMostTimeForGoodbye = std::chrono::seconds(1);

auto into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

template <typename View>
std::string to_string(const View& view) {
  return std::string(view.data(), view.size());
}

Request to_request(const http::request<http::string_body>& message) {
  Request request;
  request.method = to_string(message.method_string());
  request.target = to_string(message.target());
  request.version = message.version() == 10 ? "1.0" : "1.1";
  for (const auto& field : message) {
    request.headers.emplace_back(to_string(field.name_string()), to_string(field.value()));
  }
  request.body = message.body();
  const auto question = request.target.find('?');
  request.path = request.target.substr(0, question);
  if (question != std::string::npos)
    request.query = parse_form(request.target.substr(question + 1));
  return request;
}

std::string subject_of_peer(SSL* ssl) {
  X509* certificate = SSL_get1_peer_certificate(ssl);
  if (certificate == nullptr) return {};
  char text[256];
  X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof text);
  X509_free(certificate);
  return text;
}

void add_filler_headers(Response& response, std::size_t bytes) {
  for (std::size_t line = 0; bytes > 0; ++line) {
    const std::size_t here = bytes < kFillerLineBytes ? bytes : kFillerLineBytes;
    response.add("X-Filler-" + std::to_string(line), std::string(here, 'x'));
    bytes -= here;
  }
}

}  // namespace

Connection::Connection(Strand strand, Socket socket, asio::ssl::context* tls, Service& service)
    : strand_(std::move(strand)), socket_(std::move(socket)), service_(service), timer_(strand_) {
  error_code error;
  const auto peer = socket_.remote_endpoint(error);
  if (!error) peer_address_ = peer.address().to_string();
  if (tls != nullptr) tls_.emplace(socket_, *tls);
  const Service::Accepted accepted = service_.connection_opened();
  number_ = accepted.number;
  hanging_ = accepted.hangs;
}

Connection::~Connection() {
  service_.connection_closed();
}

void Connection::close() {
  closed_ = true;
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

void Connection::close_if_idle() {
  if (idle_ && buffer_.size() == 0) {
    close();
  } else if (writing_) {
    // The client may have the whole response already and consider the connection idle.
    close_after_write_ = true;
  }
}

void Connection::release() {
  // Before serve() has come to wait, cancelling alone would be lost.
  released_ = hanging_;
  if (hanging_) timer_.cancel();
}

asio::awaitable<bool> Connection::hang() {
  hanging_ = true;
  const bool there = released_ || co_await wait(std::nullopt);
  hanging_ = released_ = false;
  service_.hanging_ended();
  co_return there;
}

void Connection::watch_for_departure(unsigned generation) {
  // The client's bytes stay where they are; only the end of the connection is of interest.
  socket_.async_wait(Socket::wait_read, [self = shared_from_this(), generation](error_code error) {
    if (error || self->closed_ || self->waits_ != generation) return;
    char byte = 0;
    const auto got = ::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got <= 0) self->close();
  });
}

asio::awaitable<bool> Connection::wait(std::optional<std::chrono::milliseconds> time) {
  if (closed_) co_return false;
  const unsigned generation = ++waits_;
  if (time) {
    timer_.expires_after(*time);
  } else {
    timer_.expires_at(std::chrono::steady_clock::time_point::max());
  }
  watch_for_departure(generation);
  error_code ignored;
  co_await timer_.async_wait(into(ignored));
  ++waits_;
  if (!closed_) socket_.cancel(ignored);
  co_return !closed_;
}

asio::awaitable<bool> Connection::shake_hands() {
  error_code error;
  co_await tls_->async_handshake(asio::ssl::stream_base::server, into(error));
  if (error) co_return false;
  client_certificate_ = subject_of_peer(tls_->native_handle());
  co_return true;
}

asio::awaitable<std::optional<Request>> Connection::read_request(bool& keep_alive) {
  http::request_parser<http::string_body> parser;
  parser.header_limit(kMostHeaderBytes);
  parser.body_limit(kMostBodyBytes);
  error_code error;
  idle_ = true;
  if (tls_) {
    co_await http::async_read_header(*tls_, buffer_, parser, into(error));
  } else {
    co_await http::async_read_header(socket_, buffer_, parser, into(error));
  }
  idle_ = false;
  if (!error && equal_without_case(to_string(parser.get()[http::field::expect]), "100-continue")) {
    if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n")) co_return std::nullopt;
  }
  if (!error && !parser.is_done()) {
    if (tls_) {
      co_await http::async_read(*tls_, buffer_, parser, into(error));
    } else {
      co_await http::async_read(socket_, buffer_, parser, into(error));
    }
  }
  if (error) {
    // Without a parser's complaint the client has simply gone.
    if (error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      const ResponseBytes bytes = to_bytes(tomcat_error(400, "Invalid request"), false, true);
      co_await write(bytes.head + bytes.body);
    }
    co_return std::nullopt;
  }
  keep_alive = parser.get().version() == 11 && parser.get().keep_alive();
  Request request = to_request(parser.get());
  request.peer_address = peer_address_;
  request.connection = number_;
  request.client_certificate = client_certificate_;
  request.tls = tls_.has_value();
  co_return request;
}

asio::awaitable<bool> Connection::write(std::string bytes) {
  error_code error;
  writing_ = true;
  if (tls_) {
    co_await asio::async_write(*tls_, asio::buffer(bytes), into(error));
  } else {
    co_await asio::async_write(socket_, asio::buffer(bytes), into(error));
  }
  writing_ = false;
  co_return !error && !close_after_write_;
}

asio::awaitable<bool> Connection::write_slowly(std::string bytes, std::chrono::milliseconds pause) {
  for (const char byte : bytes) {
    if (!co_await write(std::string(1, byte)) || !co_await wait(pause)) co_return false;
  }
  co_return true;
}

asio::awaitable<Connection::Next> Connection::answer(const Request& request, bool keep_alive) {
  const ResponseBytes bytes =
      to_bytes(service_.handle(request), request.method == "HEAD", !keep_alive);
  const bool sent = co_await write(bytes.head + bytes.body);
  co_return (sent && keep_alive) ? Next::kReadAnother : Next::kClose;
}

asio::awaitable<Connection::Next> Connection::answer_wrongly(const Request& request,
                                                             const Fault& fault, bool keep_alive) {
  using Kind = Fault::Kind;
  switch (fault.kind) {
    case Kind::kClose:
      co_return Next::kClose;
    case Kind::kReset:
      co_return Next::kReset;
    case Kind::kRespondWith: {
      const bool sent = co_await write(fault.raw);
      co_return (sent && fault.keep_open) ? Next::kReadAnother : Next::kClose;
    }
    case Kind::kDelay:
      if (!co_await wait(fault.pause)) co_return Next::kClose;
      co_return co_await answer(request, keep_alive);
    case Kind::kHang: {
      const bool released = co_await hang();
      if (!released) co_return Next::kClose;
      co_return co_await answer(request, keep_alive);
    }
    case Kind::kCloseAfterResponse:
      co_await answer(request, true);
      co_return Next::kClose;
    default:
      break;
  }

  Response response = service_.handle(request);
  if (fault.kind == Kind::kHugeHeaders) add_filler_headers(response, fault.bytes);
  if (fault.kind == Kind::kHugeBody) response.body.resize(fault.bytes, ' ');
  const ResponseBytes bytes = to_bytes(response, request.method == "HEAD", !keep_alive);
  if (fault.kind == Kind::kBreakOff) {
    const std::string sent = fault.in_body ? bytes.head + bytes.body.substr(0, fault.bytes)
                                           : bytes.head.substr(0, fault.bytes);
    co_await write(sent);
    co_return Next::kClose;
  }
  bool sent = false;
  if (fault.kind == Kind::kTrickle) {
    sent = co_await write_slowly(bytes.head + bytes.body, fault.pause);
  } else {
    std::string all = bytes.head + bytes.body;
    if (fault.kind == Kind::kRewrite) all = fault.change(std::move(all));
    sent = co_await write(std::move(all));
  }
  co_return (sent && keep_alive) ? Next::kReadAnother : Next::kClose;
}

asio::awaitable<void> Connection::finish(Next next) {
  if (closed_) co_return;
  error_code ignored;
  if (next == Next::kReset) {
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  } else {
    // A client that does not answer the goodbye must not keep the connection for ever.
    timer_.expires_after(kMostTimeForGoodbye);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->close();
    });
    if (tls_) {
      co_await tls_->async_shutdown(into(ignored));
    }
    if (!closed_) socket_.shutdown(Socket::shutdown_send, ignored);
  }
  close();
}

asio::awaitable<void> Connection::serve() {
  const auto self = shared_from_this();
  if (hanging_) {
    const bool released = co_await hang();
    if (!released) co_return;
  }
  if (tls_) {
    const bool shaken = co_await shake_hands();
    if (!shaken) {
      close();
      co_return;
    }
  }
  Next next = Next::kReadAnother;
  while (next == Next::kReadAnother && !closed_) {
    bool keep_alive = false;
    const std::optional<Request> request = co_await read_request(keep_alive);
    if (!request || closed_) {
      next = Next::kClose;
      break;
    }
    const std::optional<Fault> fault = service_.request_received(*request);
    if (fault) {
      next = co_await answer_wrongly(*request, *fault, keep_alive);
    } else {
      next = co_await answer(*request, keep_alive);
    }
  }
  co_await finish(next);
}

}  // namespace atlassian
