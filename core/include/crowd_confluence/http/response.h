// What a server answers.

#ifndef CROWD_CONFLUENCE_HTTP_RESPONSE_H_
#define CROWD_CONFLUENCE_HTTP_RESPONSE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct CROWD_CONFLUENCE_EXPORT HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  // of the final response, in the order received
  std::string body;
  /// This host's address on the connection over which it came, as the system writes it. The server
  /// sees another one if a proxy stands between, or if addresses are translated (NAT).
  std::string local_address = {};

  /// The last header of that name, whatever the case of its letters; nullopt when there is none.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_HTTP_RESPONSE_H_
