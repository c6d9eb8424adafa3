// The keys of this server: those by which visitors are hashed and sessions are sealed, and the hash
// under which a visitor is remembered.

#ifndef CROWD_CONFLUENCE_KEYS_H_
#define CROWD_CONFLUENCE_KEYS_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

struct CROWD_CONFLUENCE_EXPORT Secret {
  std::array<std::uint8_t, 16> hash_key = {};  // SipHash
  std::array<std::uint8_t, 32> seal_key = {};  // AES-256-GCM

  /// From whatever an administrator made up, by HMAC-SHA256: the same words give the same keys on
  /// every machine.
  static Secret derived_from(std::string_view words);
  static Secret random();

  friend bool operator==(const Secret&, const Secret&) = default;
};

/// 128 bits of a keyed hash: tells nothing to whoever does not know the key, and two visitors never
/// share one. The second half is that of the token alone, whatever the address.
using VisitorKey = std::array<std::uint64_t, 2>;

/// One half of a key, for where 0 stands for nobody: it is never 0.
[[nodiscard]] constexpr std::uint64_t tag_of(const VisitorKey& key) {
  return key[0] != 0 ? key[0] : 1;
}

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_KEYS_H_
