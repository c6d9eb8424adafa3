// How Confluence's REST resources answer.
#pragma once

#include <string>
#include <string_view>

#include "confluence.h"
#include "json_text.h"

namespace atlassian {

inline std::string url_of(const Confluence& confluence, std::string_view path) {
  return confluence.base_url() + std::string(path);
}

inline Response rest_error(unsigned status, std::string_view message) {
  const json::object body{{"statusCode", status},
                          {"data",
                           {{"authorized", status != 403},
                            {"valid", true},
                            {"allowedInReadOnlyMode", true},
                            {"errors", json::array()},
                            {"successful", false}}},
                          {"message", json_text(message)}};
  return json_response(status, json::serialize(body));
}

inline Response ok(const json::value& body) {
  return json_response(200, json::serialize(body));
}

}  // namespace atlassian
