#include "crowd_confluence/http/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <mutex>
#include <utility>

#include "http/connection.h"
#include "http/message.h"
#include "http/proxy.h"

namespace crowd_confluence {
namespace {

/// Room for what comes in one piece of a usual answer.
constexpr std::size_t kReceiveBytes = 16 * 1024;

bool is_one_line(std::string_view header) {
  return std::none_of(header.begin(), header.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

/// Firewalls forget connections on which nothing happens, without a word to either side.
constexpr std::chrono::minutes kMaxIdle{1};

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
  return {reader.take_response(), was_heard, reader.leaves_connection_usable()};
}

}  // namespace

/// A stack of idle connections. A call takes one, uses it alone, and puts it back, so that there
/// are as many connections as there were calls at once, until those at the bottom, which are idle
/// for the longest time, are of no use any more.
class HttpClient::Impl {
 public:
  explicit Impl(HttpSettings settings)
      : settings_(std::move(settings)), proxy_(HttpProxy::of(settings_.outgoing_proxy)) {}

  [[nodiscard]] const HttpSettings& settings() const { return settings_; }

  Expected<HttpResponse, HttpError> get(const std::string& url,
                                        const std::vector<std::string>& headers,
                                        Deadline deadline) {
    const auto parts = HttpUrl::parse(url);
    if (!parts) return HttpError{HttpFailure::internal, "this is no URL of http or https"};
    if (!std::all_of(headers.begin(), headers.end(), is_one_line))
      return HttpError{HttpFailure::internal, "a header of the request is not one line"};
    const std::string request = request_for(url, *parts, headers);
    const std::string origin = url.substr(0, url.size() - parts->target.size());

    if (std::optional<Idle> kept = take_idle(origin)) {
      Attempt attempt = ask(kept->connection, request, deadline);
      if (!attempt.met_a_dead_connection()) return result_of(std::move(attempt), *std::move(kept));
    }
    auto opened = HttpConnection::open(settings_, url, deadline);
    if (!opened) return opened.error();
    Idle fresh{origin, std::move(opened).value(), {}};
    Attempt attempt = ask(fresh.connection, request, deadline);
    return result_of(std::move(attempt), std::move(fresh));
  }

 private:
  /// A connection that nobody uses, and where it leads: scheme, host and port.
  struct Idle {
    std::string origin;
    HttpConnection connection;
    std::chrono::steady_clock::time_point since = {};

    [[nodiscard]] bool is_usable() {
      return std::chrono::steady_clock::now() - since < kMaxIdle && !connection.is_stale();
    }
  };

  std::string request_for(const std::string& url, const HttpUrl& parts,
                          const std::vector<std::string>& headers) const {
    if (!proxy_.relays_requests || parts.is_https)
      return get_request(parts.target, parts.authority, headers);
    std::vector<std::string> with_proxys = headers;
    if (!proxy_.authorization.empty()) with_proxys.push_back(proxy_.authorization);
    return get_request(url, parts.authority, with_proxys);
  }

  std::optional<Idle> take_idle(std::string_view origin) {
    for (;;) {
      std::optional<Idle> taken;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto found = std::find_if(idle_.rbegin(), idle_.rend(),
                                        [&](const Idle& each) { return each.origin == origin; });
        if (found == idle_.rend()) return std::nullopt;
        taken = std::move(*found);
        idle_.erase(std::next(found).base());
      }
      // Closing takes a moment, and nobody else is to wait for that.
      if (taken->is_usable()) return taken;
    }
  }

  Expected<HttpResponse, HttpError> result_of(Attempt attempt, Idle connection) {
    if (attempt.is_reusable) keep(std::move(connection));
    return std::move(attempt.result);
  }

  void keep(Idle connection) {
    std::vector<Idle> useless;  // closed when the lock is free again
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto first_usable =
        std::find_if(idle_.begin(), idle_.end(), [](Idle& each) { return each.is_usable(); });
    useless.assign(std::move_iterator(idle_.begin()), std::move_iterator(first_usable));
    idle_.erase(idle_.begin(), first_usable);
    connection.since = std::chrono::steady_clock::now();
    idle_.push_back(std::move(connection));
  }

  const HttpSettings settings_;
  const HttpProxy proxy_;
  std::mutex mutex_;
  std::vector<Idle> idle_;
};

HttpClient::HttpClient(HttpSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}
HttpClient::~HttpClient() = default;

Expected<HttpResponse, HttpError> HttpClient::get(const std::string& url,
                                                  const std::vector<std::string>& headers,
                                                  Deadline deadline) {
  return impl_->get(url, headers, deadline);
}

Expected<HttpResponse, HttpError> HttpClient::get(const std::string& url,
                                                  const std::vector<std::string>& headers) {
  return get(url, headers, std::chrono::steady_clock::now() + impl_->settings().timeout);
}

HttpLibrary::HttpLibrary() : usable_(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {}
HttpLibrary::~HttpLibrary() {
  if (usable_) curl_global_cleanup();
}

}  // namespace crowd_confluence
