// The headers of a request: what the browser must not set is removed, what the app needs is added.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_HEADERS_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_HEADERS_H_

#include <httpd.h>

#include <apr_tables.h>

#include <optional>
#include <string_view>

#include "config.h"

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
  void set(request_rec& request, const char* name, const char* value);

  apr_array_header_t* removed_ = nullptr;  // of apr_table_entry_t
  apr_array_header_t* set_ = nullptr;      // of const char*, names
};

/// Whether a CGI-like environment takes both for the same header: case, and `-` and `_`, do not
/// count.
bool is_same_header(std::string_view a, std::string_view b);

}  // namespace crowd_confluence

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_HEADERS_H_
