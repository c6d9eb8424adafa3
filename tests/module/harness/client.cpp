#include "client.h"

#include <curl/curl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <stdexcept>

namespace module_tests {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t take_body(char* data, std::size_t, std::size_t length, void* response) {
  static_cast<Response*>(response)->body.append(data, length);
  return length;
}

std::size_t take_header(char* data, std::size_t, std::size_t length, void* response) {
  Headers& headers = static_cast<Response*>(response)->headers;
  const std::string_view line(data, length);
  if (line.rfind("HTTP/", 0) == 0)
    headers.lines.clear();  // of an interim response
  else
    headers.add_line(line);
  return length;
}

curl_socket_t open_no_socket(void*, curlsocktype, curl_sockaddr*) {
  return CURL_SOCKET_BAD;
}

CURL* new_handle() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  return started == CURLE_OK ? curl_easy_init() : nullptr;
}

Tcp::socket connected_socket(asio::io_context& context, std::uint16_t port) {
  Tcp::socket socket(context);
  socket.connect({asio::ip::address_v4::loopback(), port});
  return socket;
}

}  // namespace

class Client::Impl {
 public:
  Impl(std::uint16_t port, const std::string& source, Protocol protocol)
      : curl_(new_handle(), &curl_easy_cleanup),
        origin_((protocol == Protocol::https ? "https://127.0.0.1:" : "http://127.0.0.1:") +
                std::to_string(port)),
        source_("host!" + source),
        version_(protocol == Protocol::http2   ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
                 : protocol == Protocol::https ? CURL_HTTP_VERSION_2TLS
                                               : CURL_HTTP_VERSION_1_1) {}

  void keep_to_connection() { keeps_to_connection_ = true; }

  Response send(const Request& request) {
    CURL* curl = curl_.get();
    Response response;
    curl_easy_reset(curl);
    const std::string url = origin_ + request.path;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_INTERFACE, source_.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, version_);
    // libcurl 7.88 cannot send a second request over an h2c connection.
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE,
                     version_ == CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE ? 1L : 0L);
    // What is tested is httpd's client towards Confluence, not this one.
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    if (keeps_to_connection_) curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &open_no_socket);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response);
    if (!request.body.empty()) {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
    }
    if (request.method == "HEAD")
      curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());

    std::unique_ptr<curl_slist, FreeList> list;
    for (const std::string& header : request.headers)
      list.reset(curl_slist_append(list.release(), header.c_str()));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list.get());

    const CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
      throw std::runtime_error(request.method + " " + url + ": " + curl_easy_strerror(code));
    long version = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response.status);
    curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &version);
    response.version = version == CURL_HTTP_VERSION_2_0 ? "2" : "1.1";
    return response;
  }

 private:
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
  std::string origin_;
  std::string source_;
  long version_;
  bool keeps_to_connection_ = false;
};

Client::Client(std::uint16_t port, std::string source, Protocol protocol)
    : impl_(std::make_unique<Impl>(port, source, protocol)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
void Client::keep_to_connection() {
  impl_->keep_to_connection();
}
Response Client::send(const Request& request) {
  return impl_->send(request);
}

std::string exchange_bytes(std::uint16_t port, const std::string& bytes) {
  asio::io_context context;
  Tcp::socket socket = connected_socket(context, port);
  asio::write(socket, asio::buffer(bytes));
  std::string answer;
  boost::system::error_code end;
  asio::read(socket, asio::dynamic_buffer(answer), end);
  return answer;
}

std::string exchange_web_socket_message(std::uint16_t port, const std::string& path,
                                        const std::vector<std::string>& headers,
                                        const std::string& message) {
  asio::io_context context;
  Tcp::socket socket = connected_socket(context, port);
  beast::websocket::stream<Tcp::socket&> stream(socket);
  stream.set_option(
      beast::websocket::stream_base::decorator([&](beast::websocket::request_type& request) {
        Headers lines;
        for (const std::string& header : headers) lines.add_line(header);
        for (const auto& [name, value] : lines.lines) request.insert(name, value);
      }));
  stream.handshake("127.0.0.1", path);
  stream.write(asio::buffer(message));
  beast::flat_buffer answer;
  stream.read(answer);
  stream.close(beast::websocket::close_code::normal);
  return beast::buffers_to_string(answer.data());
}

}  // namespace module_tests
