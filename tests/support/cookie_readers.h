// How applications read a Cookie header: emulations of several, each as careless as the original.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test_support {

using ReadCookies = std::vector<std::pair<std::string, std::string>>;

struct CookieReader {
  const char* name;
  ReadCookies (*read)(std::string_view header);
  /// The name under which an application looks for the cookie that is called so.
  std::string (*looked_for)(std::string_view name);

  /// All values that an application may find when it looks for this cookie.
  [[nodiscard]] std::vector<std::string> find(std::string_view header, std::string_view name) const;
};

/// Python's http.cookies and an older one, PHP and an older one, CGI.pm, Rack and an older one,
/// Tomcat, Node's cookie and an older one, and one that does not tell cases apart.
[[nodiscard]] const std::vector<CookieReader>& cookie_readers();

}  // namespace test_support
