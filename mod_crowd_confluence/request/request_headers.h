// The headers of a request: what the browser must not set is removed, what the app needs is added.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_REQUEST_HEADERS_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_REQUEST_HEADERS_H_

#include <httpd.h>

#include <apr_tables.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "crowd_confluence/cookie/cookie_header.h"

namespace crowd_confluence::httpd {

/// Works in two steps, as the answer of Confluence lies between them. Whatever that answer is, no
/// name under which this module passes something on reaches the app as the browser sent it.
class RequestHeaders {
 public:
  /// Removes from the request Cookie, the header of CrowdConfluencePassAs, and, unless
  /// CrowdConfluenceForwardedFor is Off, X-Forwarded-For and all headers that tell another client
  /// address than `address`, in every spelling that some receiver takes for them; and takes the
  /// names of what the module sets out of Connection. The SSO cookie's value comes back: that of
  /// the first one, as Confluence reads it.
  std::optional<std::string_view> take_apart(request_rec& request, const DirectoryConfig& config,
                                             std::string_view address);

  /// Puts back what the app may have, and adds what it is to have: the session's cookies, when
  /// there are any, and one address.
  void put_together(request_rec& request, const DirectoryConfig& config, std::string_view token,
                    std::string_view session_cookies, std::string_view address);

  /// The Cookie header as the browser sent it, the first one if there were several; null if there
  /// was none.
  [[nodiscard]] const char* browser_cookie() const;
  /// Adds the one address, which ends with NUL, or takes it away where mod_proxy adds it by itself.
  void put_address(request_rec& request, std::string_view address);

  /// Makes the headers what they were before, for an internal redirect to somewhere else.
  void restore(request_rec& request);

 private:
  /// As the browser sent it.
  struct Header {
    const char* name;
    const char* value;
  };

  /// In the order in which the browser sent them.
  class Headers {
   public:
    /// There will never be more than `most`.
    void add(const apr_table_entry_t& entry, apr_pool_t& pool, std::size_t most);

    [[nodiscard]] const Header* begin() const { return many_ != nullptr ? many_ : few_.data(); }
    [[nodiscard]] const Header* end() const { return begin() + size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

   private:
    std::array<Header, 2> few_ = {};  // as there mostly are
    Header* many_ = nullptr;          // all of them, when there are more
    std::size_t size_ = 0;
  };

  void remove_taken(request_rec& request);
  void put_cookies(request_rec& request, std::string_view prefix, std::string_view session_cookies);
  void put_cookie_header(request_rec& request, const std::string& header,
                         std::string_view token_cookie, std::string_view token,
                         std::string_view session_cookies);
  void set(request_rec& request, const char* name, const char* value);

  Headers changed_;           // all that are not any longer as the browser sent them
  std::string_view cookies_;  // what the app may have of the browser's
  apr_table_entry_t* place_of_cookie_ = nullptr;  // in the table, when there is one and it is known
  std::array<const char*, 3> set_ = {};           // names of the headers that are set
  std::size_t set_count_ = 0;
};

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_REQUEST_HEADERS_H_
