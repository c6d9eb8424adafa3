// Sessions that several machines share.

#ifndef CROWD_CONFLUENCE_BROKER_SESSION_STORE_H_
#define CROWD_CONFLUENCE_BROKER_SESSION_STORE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crowd_confluence/export.h"
#include "crowd_confluence/keys.h"
#include "crowd_confluence/session.h"

namespace crowd_confluence {

/// Keeps small pieces of data under a key, somewhere else: what comes out need not be what was put
/// in. Implemented by the host program. Must be thread-safe and must not throw. What fails is left
/// undone.
class CROWD_CONFLUENCE_EXPORT SessionStore {
 public:
  /// No call blocks for longer: who waits for a leader, and how long its lease is, counts on it.
  static constexpr std::chrono::milliseconds kMaxWait{1000};

  virtual ~SessionStore();
  virtual std::optional<std::string> get(const VisitorKey& key) noexcept = 0;
  virtual void put(const VisitorKey& key, std::string_view data,
                   std::chrono::milliseconds ttl) noexcept = 0;
  virtual void remove(const VisitorKey& key) noexcept = 0;
};

/// Seconds since 1970: machines share it, more or less.
using WallClockTime = std::chrono::seconds;

struct StoredSession {
  Session session;
  WallClockTime expires{};
};

/// Seals a session with AES-256-GCM for the one key under which it is stored: whoever reads the
/// store learns nothing from it, and nothing that was changed, or moved to another key, can be
/// opened.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::string seal_session(const Secret& secret,
                                                               const VisitorKey& key,
                                                               const StoredSession& stored);

/// nullopt for anything but what `seal_session` made with the same secret for the same key.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::optional<StoredSession> open_session(
    const Secret& secret, const VisitorKey& key, std::string_view sealed);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_BROKER_SESSION_STORE_H_
