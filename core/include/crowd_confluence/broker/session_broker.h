// The one question: is there a session for this visitor?

#ifndef CROWD_CONFLUENCE_BROKER_SESSION_BROKER_H_
#define CROWD_CONFLUENCE_BROKER_SESSION_BROKER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "crowd_confluence/broker/background_refresh.h"
#include "crowd_confluence/broker/session_store.h"
#include "crowd_confluence/clock.h"
#include "crowd_confluence/confluence/settings.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/outcome.h"
#include "crowd_confluence/shared/shared_state.h"
#include "crowd_confluence/visitor.h"

namespace crowd_confluence {

/// What a broker has to tell an administrator. Implemented by the host program; called from any
/// thread.
class CROWD_CONFLUENCE_EXPORT BrokerEvents {
 public:
  virtual ~BrokerEvents();
  /// Confluence failed repeatedly and is left alone for `pause`. Once for all processes.
  virtual void breaker_opened(const ConfluenceSettings& settings, Reason reason,
                              std::string_view detail, Duration pause) noexcept = 0;
  /// It answers again. Once for all processes.
  virtual void breaker_closed(const ConfluenceSettings& settings) noexcept = 0;
  /// Confluence gave a load balancer's cookie, and `name` is none of those that make up a session:
  /// the app's calls will reach other nodes. Told with each exchange; by default to nobody.
  virtual void balancer_cookie_left_out(const ConfluenceSettings& settings,
                                        std::string_view name) noexcept;
};

/// What the brokers of one process share. All must outlive them, except `refresh`, which holds work
/// of theirs: it must end before them, or have nothing of theirs left to do.
struct BrokerContext {
  SharedState& state;
  SessionStore* store = nullptr;         // optional
  BackgroundRefresh* refresh = nullptr;  // optional: without, sessions are proven when they expire
  BrokerEvents* events = nullptr;        // optional
  const Clock* clock = &Clock::monotonic();
};

/// For how long a broker remembers and leaves alone, and how many may wait. All times are positive
/// unless noted.
struct BrokerPolicy {
  Duration session_ttl{120'000};
  Duration rejection_ttl{10'000};  // 0: rejections are not remembered
  Duration retry{30'000};
  /// Threads of the whole server; at least 1. Not all of them for one client, nor for visitors who
  /// were never proven.
  std::uint32_t max_waiting = 1;
};

/// Finds the session of a visitor of one Confluence. Thread-safe. `HttpLibrary` (http/client.h)
/// must exist before and until after.
class CROWD_CONFLUENCE_EXPORT SessionBroker {
 public:
  SessionBroker(ConfluenceSettings settings, BrokerPolicy policy, BrokerContext context);
  SessionBroker(const SessionBroker&) = delete;
  SessionBroker& operator=(const SessionBroker&) = delete;
  ~SessionBroker();

  /// Fills `outcome`, whose result is never Result::missing. A visitor who is remembered is
  /// answered without lock, heap and system call. Otherwise blocks while Confluence is asked, by
  /// this caller or another one, for at most the settings' timeout; after a leader was lost, for at
  /// most twice that and a second. Each call of a store (look, put, perhaps remove) makes it longer
  /// by SessionStore::kMaxWait at most, five of them where a leader was lost. Meanwhile signals are
  /// blocked in this thread: a handler that ends the process, as httpd's prefork has one, must not
  /// find the library half way.
  void find(const Visitor& visitor, Outcome& outcome);

  /// The session turned out to be over: it is forgotten, by all processes at once. `cookies` are
  /// those that `find` gave. A session with another required cookie came since, and stays; one with
  /// the same is the same, even if it was renewed, and a load balancer's cookie with it.
  void drop(const Visitor& visitor, std::string_view cookies);

  /// The visitor has logged out: whatever session is known is forgotten, by all processes at once.
  void log_out(const Visitor& visitor);

  [[nodiscard]] const ConfluenceSettings& settings() const;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_BROKER_SESSION_BROKER_H_
