// Under which key a visitor's session is remembered.

#ifndef CROWD_CONFLUENCE_SRC_BROKER_VISITOR_HASH_H_
#define CROWD_CONFLUENCE_SRC_BROKER_VISITOR_HASH_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "crowd_confluence/export.h"
#include "crowd_confluence/keys.h"
#include "crowd_confluence/confluence/settings.h"

namespace crowd_confluence {

/// Who asks: views that must outlive the call they are passed to.
struct Visitor {
  std::string_view token;    // the SSO cookie's value as it came, valid by RFC 6265, not empty
  std::string_view address;  // the client's, in canonical form (address.h)
};

/// 128 bits of a keyed hash: tells nothing to whoever does not know the key, and two visitors never
/// share one.
using VisitorKey = std::array<std::uint64_t, 2>;

/// One half of a key, for where 0 stands for nobody: it is never that.
[[nodiscard]] constexpr std::uint64_t half_of(const VisitorKey& key) {
  return key[0] != 0 ? key[0] : 1;
}

/// Hashes token and client address, as fields of their own, together with everything that tells one
/// Confluence, and one way of asking it, from another: base URL, probe, cookie names, whether the
/// address is sent, TLS. The address is part of it because Confluence trusts a session for a while
/// without looking at the address: with the token alone as key, a stolen token used from elsewhere
/// would ride on a session that is still trusted.
///
/// Immutable, thread-safe. Making a key allocates nothing unless the token is longer than any real
/// one.
class CROWD_CONFLUENCE_EXPORT VisitorHash {
 public:
  VisitorHash(const Secret& secret, const ConfluenceSettings& settings);

  [[nodiscard]] VisitorKey key_of(const Visitor& visitor) const;

 private:
  std::array<std::uint8_t, 16> key_;
};

/// Tells one Confluence, and one way to reach it (TLS and proxy), from another, for limits that
/// hold for all who go there: where the way is broken, as by a wrong CA, only those who take it are
/// told so. Never 0.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::uint64_t upstream_id(const Secret& secret,
                                                                const ConfluenceSettings& settings);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_BROKER_VISITOR_HASH_H_
