// Who asks.

#ifndef CROWD_CONFLUENCE_VISITOR_H_
#define CROWD_CONFLUENCE_VISITOR_H_

#include <string_view>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// A user's browser: one SSO token at one client address. Views that must outlive the call they are
/// passed to.
struct Visitor {
  std::string_view token;    // the SSO cookie's value as it came, valid by RFC 6265, not empty
  std::string_view address;  // the client's, in canonical form (address.h)
};

/// Whether the SSO cookie's value may be a token: letters, digits and `-_=.+/~`, as Crowd's tokens
/// are made of, perhaps in double quotes. Whoever makes one up of other characters may mean to have
/// Confluence, or something before it, fail.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT bool may_be_token(std::string_view value);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_VISITOR_H_
