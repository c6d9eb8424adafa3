// Where a redirect leads.

#ifndef CROWD_CONFLUENCE_SRC_CONFLUENCE_REDIRECT_TARGET_H_
#define CROWD_CONFLUENCE_SRC_CONFLUENCE_REDIRECT_TARGET_H_

#include <optional>
#include <string>
#include <string_view>

namespace crowd_confluence {

/// A URL of http or https, in its parts. What may be a secret (a user with a password, parameters
/// of the path, query, fragment) is left out.
struct RedirectTarget {
  std::string scheme;
  std::string host;  // a name or an address, IPv6 in brackets
  std::string port;  // empty when the URL names none
  std::string path;  // begins with a slash

  /// Whether its page is the log-in page of Confluence or Jira, on whatever host.
  [[nodiscard]] bool is_login_page() const;

  /// Whether a browser is sent to the host `other`, on whatever port.
  [[nodiscard]] bool is_on_host(std::string_view other) const;

  /// Whether it leads to the machine on which the browser runs: an application that takes its own
  /// address for the one that browsers know.
  [[nodiscard]] bool is_on_loopback() const;
};

/// What `location` (the value of a Location header) means in an answer for `asked`, a whole URL.
/// Nothing if it leads to no page of a web server, or if browsers read it in different ways.
[[nodiscard]] std::optional<RedirectTarget> redirect_target(std::string_view location,
                                                            const std::string& asked);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_CONFLUENCE_REDIRECT_TARGET_H_
