// Requests to one server, over connections that are kept and reused.

#ifndef CROWD_CONFLUENCE_HTTP_CLIENT_H_
#define CROWD_CONFLUENCE_HTTP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/expected.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/http/error.h"
#include "crowd_confluence/http/response.h"
#include "crowd_confluence/http/settings.h"

namespace crowd_confluence {

/// Sends requests to one server and reuses its connections.
///
/// Redirects are not followed, only http and https are spoken, environment variables, cookies and
/// .netrc play no part. A response with more than kMaxHeaderBytes of headers or kMaxBodyBytes of
/// body is an error, and so is one that gives its length in two ways (`ambiguous_length`). A
/// GET is sent once more only when a kept connection turned out to be closed before anything came
/// back. A POST is sent once: over a connection of its own, on which nothing else has been sent, as
/// nobody could tell whether the server has read it before a kept one broke.
///
/// A connection is kept for the next request until its lifetime is over, but not after an answer of
/// 5xx, so that a name that has moved is noticed, and never once more came over it than was asked
/// for. A thread of the client's own, with all signals blocked, closes idle connections in time.
/// TLS sessions, the addresses of names (for some seconds) and the parsed authorities are shared
/// between the connections of a client, and with no other client. The authorities are read at the
/// first connection over TLS.
///
/// Thread-safe: each call has a connection of its own while it lasts. No signal is raised in the
/// calling thread, whatever the program does about SIGPIPE. `HttpLibrary` must exist before and
/// until after. Not to be used on both sides of a fork.
class CROWD_CONFLUENCE_EXPORT HttpClient {
 public:
  static constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
  static constexpr std::size_t kMaxBodyBytes = 256 * 1024;

  /// How long a connection is used at most, counted from its making.
  static constexpr std::chrono::seconds kConnectionLifetime{55};

  explicit HttpClient(HttpSettings settings,
                      std::chrono::milliseconds connection_lifetime = kConnectionLifetime);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// Blocks until `deadline` at most; with libcurl before 7.87, for as long as the name service
  /// takes to answer if that is longer. `headers` are sent besides Host, each `name: value`.
  /// Nothing is sent, and the failure is `internal`, if one of them or the URL has a line break or
  /// another control character (a tab may stand in a header), or if the URL is none of http or
  /// https.
  [[nodiscard]] Expected<HttpResponse, HttpError> get(
      const std::string& url, const std::vector<std::string>& headers,
      std::chrono::steady_clock::time_point deadline);

  /// As above, for at most the settings' timeout.
  [[nodiscard]] Expected<HttpResponse, HttpError> get(const std::string& url,
                                                      const std::vector<std::string>& headers);

  /// The same for a POST. Content-Length is sent besides Host, Content-Type stands in `headers`.
  [[nodiscard]] Expected<HttpResponse, HttpError> post(
      const std::string& url, const std::vector<std::string>& headers, std::string_view body,
      std::chrono::steady_clock::time_point deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// libcurl's start and end in this process. To be made before any thread uses an HttpClient, and to
/// outlive all of them.
class CROWD_CONFLUENCE_EXPORT HttpLibrary {
 public:
  HttpLibrary();
  HttpLibrary(const HttpLibrary&) = delete;
  HttpLibrary& operator=(const HttpLibrary&) = delete;
  ~HttpLibrary();

  [[nodiscard]] bool is_usable() const { return usable_; }

 private:
  bool usable_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_HTTP_CLIENT_H_
