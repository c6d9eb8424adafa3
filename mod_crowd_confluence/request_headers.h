// The headers of a request: what the browser must not set is removed, what the app needs is added.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_HEADERS_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_HEADERS_H_

#include <httpd.h>

#include <apr_tables.h>

#include <array>
#include <optional>
#include <string_view>

#include "config.h"
#include "crowd_confluence/cookie.h"

namespace crowd_confluence {

/// Works in two steps, as the answer of Confluence lies between them. Whatever that answer is, no
/// name under which this module passes something on reaches the app as the browser sent it.
class RequestHeaders {
 public:
  /// Removes Cookie, X-Forwarded-For (unless CrowdConfluenceForwardedFor is Off) and the header of
  /// CrowdConfluencePassAs from the request, in every spelling that a CGI-like environment would
  /// take for them. The SSO cookie's value comes back: that of the first one, as Confluence reads
  /// it.
  std::optional<std::string_view> take_apart(request_rec& request, const DirectoryConfig& config);

  /// Puts back what the app may have, and adds what it is to have: the session's cookies, when
  /// there are any, and one address.
  void put_together(request_rec& request, const DirectoryConfig& config, std::string_view token,
                    std::string_view session_cookies, std::string_view address);

  /// Makes the headers what they were before, for an internal redirect to somewhere else.
  void restore(request_rec& request);

 private:
  void put_cookies(request_rec& request, const DirectoryConfig& config,
                   std::string_view session_cookies);
  void put_cookie_header(request_rec& request, const DirectoryConfig& config,
                         std::string_view token, std::string_view session_cookies);
  void write_browser_cookies(CookieWriter& writer, const DirectoryConfig& config) const;
  void set(request_rec& request, const char* name, const char* value);

  // What the browser sent, of apr_table_entry_t; null when there is none.
  apr_array_header_t* cookies_ = nullptr;
  apr_array_header_t* others_ = nullptr;
  bool all_pass_ = true;                 // the cookies, as they stand in their headers
  std::array<const char*, 3> set_ = {};  // names of the headers that are set; the rest is null
};

/// Whether any name in the table begins so for a CGI-like environment: case, and `-` and `_`, do
/// not count.
bool has_name_that_begins_with(const apr_table_t* table, std::string_view beginning);

}  // namespace crowd_confluence

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_HEADERS_H_
