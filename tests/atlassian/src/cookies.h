// Cookies as Tomcat reads them and as Set-Cookie is seen in the wild.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http_message.h"
#include "options.h"

namespace atlassian {

struct SetCookie {
  std::string name;
  std::string value;
  std::string domain = {};
  std::string path = "/";
  bool secure = false;
  bool http_only = true;
  bool same_site_none = false;
  /// Removes the cookie from the browser; the value is not sent.
  bool removal = false;
};

/// First cookie of this name in all Cookie lines, even if it is empty, without quotes around it.
/// Names are compared with case.
std::optional<std::string> request_cookie(const ReceivedRequest& request, std::string_view name);

/// Adds the Set-Cookie lines to the response.
void add_set_cookies(Response& response, const std::vector<SetCookie>& cookies,
                     SetCookieStyle style);

}  // namespace atlassian
