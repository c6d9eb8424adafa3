// Requests and responses as the simulated servers see them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator.h"

namespace atlassian {

struct Request : ReceivedRequest {
  /// The target before '?', as sent.
  std::string path;
  std::map<std::string, std::string> query;
  bool tls = false;

  /// Value of the first line with this name, or empty.
  std::string first_header(std::string_view name) const;
  /// Of the request line and the headers, as they came over the wire.
  std::size_t header_bytes() const;
};

struct Credentials {
  std::string name;
  std::string password;
};
/// Of an Authorization: Basic header. nullopt: there is none, or it cannot be read.
std::optional<Credentials> basic_credentials(const Request& request);

/// What a server answers. Header lines go out in this order and spelling; Content-Length, Date and
/// Connection are added by to_bytes.
struct Response {
  unsigned status = 200;
  /// Tomcat since 8.5 sends none.
  std::string reason = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};

  Response& add(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

/// The headers with the empty line after them, and the body.
struct ResponseBytes {
  std::string head;
  std::string body;
};
ResponseBytes to_bytes(const Response& response, bool head_request, bool close);

Response json_response(unsigned status, std::string body);
Response html_response(unsigned status, std::string body);
Response redirect_to(std::string location);
/// Tomcat 9's error page.
Response tomcat_error(unsigned status, std::string_view message);

}  // namespace atlassian
