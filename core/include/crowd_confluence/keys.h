// The key under which visitors are hashed and sessions are sealed.

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

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_KEYS_H_
