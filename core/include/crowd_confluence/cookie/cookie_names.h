// Which of Confluence's cookies make up a session.

#ifndef CROWD_CONFLUENCE_COOKIE_COOKIE_NAMES_H_
#define CROWD_CONFLUENCE_COOKIE_COOKIE_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/cookie/reserved_cookies.h"
#include "crowd_confluence/expected.h"
#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// An ordered list of cookie names, in which a name that ends in `*` stands for all that begin
/// alike. Immutable after `add`; reading is thread-safe and does not allocate.
class CROWD_CONFLUENCE_EXPORT CookieNames {
 public:
  /// Confluence's and Jira's own cookies, and those of the usual load balancers, because a session
  /// lives on one node of a cluster.
  static const CookieNames& defaults();

  /// Refuses what is no cookie name, a `*` anywhere but at the end, and `*` alone.
  Expected<void, Problem> add(std::string_view pattern);

  /// Whether a cookie of the session has this name. Cookie names are case-sensitive.
  [[nodiscard]] bool contains(std::string_view name) const;

  /// Whether some application might take `name` for a cookie of the session, see
  /// reserved_cookies.h. Nothing is decoded.
  [[nodiscard]] bool may_be_taken_for(std::string_view name) const;

  /// Has all names for which `may_be_taken_for` is true.
  [[nodiscard]] const NameFilter& filter() const { return filter_; }

  /// The first pattern: without a cookie that matches it there is no session.
  [[nodiscard]] bool is_required(std::string_view name) const;

  /// Whether a cookie of this name, in the list or not, is a load balancer's: it tells a node, and
  /// no user. The balancer in front of the app may have one of the same name. The required cookie
  /// is none, whatever it is called.
  [[nodiscard]] bool is_balancer(std::string_view name) const;

  [[nodiscard]] const std::vector<std::string>& patterns() const { return patterns_; }

 private:
  /// As careless readers see it.
  struct FoldedPattern {
    std::string text;
    bool is_open;  // a `*` stood behind it
  };

  std::vector<std::string> patterns_;
  std::vector<FoldedPattern> folded_;
  NameFilter filter_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_COOKIE_COOKIE_NAMES_H_
