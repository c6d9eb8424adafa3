// The text of an HTTP/1.1 request, and the reading of a response.

#ifndef CROWD_CONFLUENCE_SRC_HTTP_MESSAGE_H_
#define CROWD_CONFLUENCE_SRC_HTTP_MESSAGE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/http/error.h"
#include "crowd_confluence/http/response.h"

namespace crowd_confluence {

/// An http or https URL in its parts, as views into it. There is no user, password or fragment.
struct HttpUrl {
  bool is_https = false;
  std::string_view authority;  // host and port as they stand in the URL
  std::string_view target;     // path and query, or empty

  /// nullopt when the text is no such URL.
  static std::optional<HttpUrl> parse(std::string_view text);
};

/// A request with these headers, each `name: value`, besides Host and, unless it is a GET,
/// Content-Length. `target` is what stands behind the method.
std::string request_text(std::string_view method, std::string_view target,
                         std::string_view authority, const std::vector<std::string>& headers,
                         std::string_view body);

/// Reads one response from the bytes of a connection, as they come. Interim responses (1xx) and
/// trailers are passed over. Status lines and headers may have `most_head_bytes` together, and so
/// may what stands around the chunks of a body. Takes time in proportion to the bytes, in whatever
/// pieces they come.
class ResponseReader {
 public:
  ResponseReader(std::size_t most_head_bytes, std::size_t most_body_bytes);
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;
  ~ResponseReader();

  /// Takes further bytes. An error when no response can come of them any more.
  std::optional<HttpError> take(std::string_view bytes);

  /// The connection was closed. An error unless the response ends with that.
  std::optional<HttpError> take_end();

  [[nodiscard]] bool is_complete() const;

  /// Whether another response may come over the connection: the server keeps it, and has sent
  /// nothing behind the response.
  [[nodiscard]] bool leaves_connection_usable() const;

  /// The response, once it is complete.
  [[nodiscard]] HttpResponse take_response();

 private:
  class Parser;

  std::optional<HttpError> take_head();
  std::optional<HttpError> take_body();
  [[nodiscard]] std::size_t end_of_head();

  const std::size_t most_head_bytes_;
  const std::size_t most_body_bytes_;
  std::unique_ptr<Parser> parser_;
  std::string unread_;
  std::size_t line_begin_ = 0;  // of the line of a head that has not come to its end yet
  std::size_t scanned_ = 0;     // up to where `unread_` has no end of that line
  std::size_t head_bytes_ = 0;  // interim responses included
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_HTTP_MESSAGE_H_
