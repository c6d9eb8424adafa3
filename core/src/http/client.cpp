#include "crowd_confluence/http/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "base/sigpipe_blocked.h"
#include "crowd_confluence/http/url.h"
#include "http/connection.h"
#include "http/connection_pool.h"
#include "http/message.h"
#include "http/proxy.h"

namespace crowd_confluence {
namespace {

/// Room for what comes in one piece of a usual answer.
constexpr std::size_t kReceiveBytes = 16 * 1024;

/// Without control characters other than tabs: RFC 9110 §5.5.
bool may_be_header(std::string_view header) {
  return std::none_of(header.begin(), header.end(),
                      [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

/// What came of one request over one connection.
struct Attempt {
  Expected<HttpResponse, HttpError> result;
  bool was_heard = false;    // a byte of an answer came
  bool is_reusable = false;  // another request may be sent over the connection

  /// What a kept connection looks like that the server has closed meanwhile.
  [[nodiscard]] bool met_a_dead_connection() const {
    return !result && !was_heard && result.error().failure == HttpFailure::network;
  }
};

Attempt ask(HttpConnection& connection, std::string_view request, Deadline deadline) {
  if (const auto sent = connection.send(request, deadline); !sent) return {sent.error()};
  ResponseReader reader(HttpClient::kMaxHeaderBytes, HttpClient::kMaxBodyBytes);
  std::array<char, kReceiveBytes> buffer;
  bool was_heard = false;
  do {
    const auto received = connection.receive(buffer.data(), buffer.size(), deadline);
    if (!received) return {received.error(), was_heard};
    const std::size_t bytes = received.value();
    if (bytes == 0 && !was_heard)
      return {
          HttpError{HttpFailure::network, "the server closed the connection without an answer"}};
    was_heard = true;
    auto error = bytes == 0 ? reader.take_end() : reader.take({buffer.data(), bytes});
    if (error) return {std::move(*error), was_heard};
  } while (!reader.is_complete());
  HttpResponse response = reader.take_response();
  response.local_address = connection.local_address();
  // The name may lead to another server by now.
  const bool is_reusable = reader.leaves_connection_usable() && response.status < 500;
  return {std::move(response), was_heard, is_reusable};
}

}  // namespace

class HttpClient::Impl {
 public:
  Impl(HttpSettings settings, std::chrono::milliseconds connection_lifetime)
      : context_(std::move(settings)),
        proxy_(HttpProxy::of(context_.settings.outgoing_proxy)),
        pool_(connection_lifetime) {
    assert(context_.settings.timeout > std::chrono::milliseconds::zero());
    assert(context_.settings.connect_timeout > std::chrono::milliseconds::zero());
  }

  [[nodiscard]] const HttpSettings& settings() const { return context_.settings; }

  Expected<HttpResponse, HttpError> get(const std::string& url,
                                        const std::vector<std::string>& headers,
                                        Deadline deadline) {
    const auto message = message_for("GET", url, headers, {});
    if (!message) return message.error();
    if (std::optional<HttpConnection> kept = pool_.take(message.value().origin)) {
      Attempt attempt = ask(*kept, message.value().text, deadline);
      if (!attempt.met_a_dead_connection())
        return result_of(std::move(attempt), message.value().origin, *std::move(kept));
    }
    return ask_over_new_connection(message.value(), url, deadline);
  }

  Expected<HttpResponse, HttpError> post(const std::string& url,
                                         const std::vector<std::string>& headers,
                                         std::string_view body, Deadline deadline) {
    const auto message = message_for("POST", url, headers, body);
    if (!message) return message.error();
    return ask_over_new_connection(message.value(), url, deadline);
  }

 private:
  /// A request that may be sent.
  struct Message {
    std::string text;
    std::string_view origin;  // of its URL
  };

  Expected<Message, HttpError> message_for(std::string_view method, const std::string& url,
                                           const std::vector<std::string>& headers,
                                           std::string_view body) const {
    const auto parts = HttpUrl::parse(url);
    if (!parts || !may_be_in_url(url))
      return HttpError{HttpFailure::internal, "this is no URL of http or https"};
    if (!std::all_of(headers.begin(), headers.end(), may_be_header))
      return HttpError{HttpFailure::internal, "a header of the request has control characters"};
    return Message{request_for(method, url, *parts, headers, body),
                   std::string_view(url).substr(0, url.size() - parts->target.size())};
  }

  std::string request_for(std::string_view method, const std::string& url, const HttpUrl& parts,
                          const std::vector<std::string>& headers, std::string_view body) const {
    if (!proxy_.relays_requests || parts.is_https)
      return request_text(method, parts.target, parts.authority, headers, body);
    std::vector<std::string> with_proxys = headers;
    if (!proxy_.authorization.empty()) with_proxys.push_back(proxy_.authorization);
    return request_text(method, url, parts.authority, with_proxys, body);
  }

  Expected<HttpResponse, HttpError> ask_over_new_connection(const Message& message,
                                                            const std::string& url,
                                                            Deadline deadline) {
    auto opened = HttpConnection::open(context_, url, deadline);
    if (!opened) {
      HttpError error = opened.error();
      error.is_unconnected = true;
      return error;
    }
    HttpConnection fresh = std::move(opened).value();
    Attempt attempt = ask(fresh, message.text, deadline);
    return result_of(std::move(attempt), message.origin, std::move(fresh));
  }

  Expected<HttpResponse, HttpError> result_of(Attempt attempt, std::string_view origin,
                                              HttpConnection connection) {
    if (attempt.is_reusable) pool_.keep(origin, std::move(connection));
    return std::move(attempt.result);
  }

  ConnectionContext context_;
  const HttpProxy proxy_;
  ConnectionPool pool_;  // ends before the context of its connections
};

HttpClient::HttpClient(HttpSettings settings, std::chrono::milliseconds connection_lifetime)
    : impl_(std::make_unique<Impl>(std::move(settings), connection_lifetime)) {}
HttpClient::~HttpClient() {
  const SigpipeBlocked blocked;  // to close a connection of TLS is to write
  impl_.reset();
}

Expected<HttpResponse, HttpError> HttpClient::get(const std::string& url,
                                                  const std::vector<std::string>& headers,
                                                  Deadline deadline) {
  const SigpipeBlocked blocked;
  return impl_->get(url, headers, deadline);
}

Expected<HttpResponse, HttpError> HttpClient::get(const std::string& url,
                                                  const std::vector<std::string>& headers) {
  return get(url, headers, std::chrono::steady_clock::now() + impl_->settings().timeout);
}

Expected<HttpResponse, HttpError> HttpClient::post(const std::string& url,
                                                   const std::vector<std::string>& headers,
                                                   std::string_view body, Deadline deadline) {
  const SigpipeBlocked blocked;
  return impl_->post(url, headers, body, deadline);
}

HttpLibrary::HttpLibrary() : usable_(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {}
HttpLibrary::~HttpLibrary() {
  if (usable_) curl_global_cleanup();
}

}  // namespace crowd_confluence
