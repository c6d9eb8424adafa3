// GET requests to one server, over connections that are kept and reused.

#ifndef CROWD_CONFLUENCE_HTTP_CLIENT_H_
#define CROWD_CONFLUENCE_HTTP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "crowd_confluence/expected.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/http/error.h"
#include "crowd_confluence/http/response.h"
#include "crowd_confluence/http/settings.h"

namespace crowd_confluence {

/// Sends GET requests to one server and reuses its connections.
///
/// Redirects are not followed, only http and https are spoken, environment variables, cookies and
/// .netrc play no part. A response with more than kMaxHeaderBytes of headers or kMaxBodyBytes of
/// body is an error. A request is sent once more only when a kept connection turned out to be
/// closed before anything came back; and a connection over which more came than was asked for is
/// not used again.
///
/// Thread-safe: each call has a connection of its own while it lasts. `HttpLibrary` must exist
/// before and until after.
class CROWD_CONFLUENCE_EXPORT HttpClient {
 public:
  static constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
  static constexpr std::size_t kMaxBodyBytes = 256 * 1024;

  explicit HttpClient(HttpSettings settings);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// Blocks until `deadline` at most; with libcurl before 7.87, for as long as the name service
  /// takes to answer if that is longer. `headers` are sent besides Host; each `name: value` must be
  /// free of line breaks.
  [[nodiscard]] Expected<HttpResponse, HttpError> get(
      const std::string& url, const std::vector<std::string>& headers,
      std::chrono::steady_clock::time_point deadline);

  /// As above, for at most the settings' timeout.
  [[nodiscard]] Expected<HttpResponse, HttpError> get(const std::string& url,
                                                      const std::vector<std::string>& headers);

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
