// Under which key a visitor's session is remembered.

#ifndef CROWD_CONFLUENCE_SRC_BROKER_VISITOR_HASH_H_
#define CROWD_CONFLUENCE_SRC_BROKER_VISITOR_HASH_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "crowd_confluence/confluence/settings.h"
#include "crowd_confluence/keys.h"
#include "crowd_confluence/visitor.h"

namespace crowd_confluence {

/// Hashes token and client address, as fields of their own, together with everything that tells one
/// Confluence, and one way of asking it, from another: base URL, probe, cookie names, whether the
/// address is sent, TLS. The address is part of it because Confluence trusts a session for a while
/// without looking at the address: with the token alone as key, a stolen token used from elsewhere
/// would ride on a session that is still trusted.
///
/// Immutable, thread-safe. Making a key allocates nothing.
class VisitorHash {
 public:
  VisitorHash(const Secret& secret, const ConfluenceSettings& settings);

  /// The second half is the same for all addresses of a token, so that the table can tell that they
  /// are one user's.
  [[nodiscard]] VisitorKey key_of(const Visitor& visitor) const;

  /// Whoever has this address, for limits that hold for a client: of IPv6, the whole /64. The same
  /// for all settings. Never 0.
  [[nodiscard]] std::uint64_t client_of(std::string_view address) const;

 private:
  std::array<std::uint8_t, 16> key_;
  std::array<std::uint8_t, 16> client_key_;
};

/// Tells one Confluence, and one way to reach it (TLS and proxy), from another, for limits that
/// hold for all who go there: where the way is broken, as by a wrong CA, only those who take it are
/// told so. Never 0.
[[nodiscard]] std::uint64_t upstream_id(const Secret& secret, const ConfluenceSettings& settings);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_BROKER_VISITOR_HASH_H_
