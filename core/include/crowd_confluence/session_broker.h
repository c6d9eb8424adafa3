// The one question: is there a session for this visitor?

#ifndef CROWD_CONFLUENCE_SESSION_BROKER_H_
#define CROWD_CONFLUENCE_SESSION_BROKER_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "crowd_confluence/clock.h"
#include "crowd_confluence/confluence_client.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/outcome.h"
#include "crowd_confluence/renewals.h"
#include "crowd_confluence/session_store.h"
#include "crowd_confluence/shared_state.h"
#include "crowd_confluence/visitor_key.h"

namespace crowd_confluence {

/// What a broker has to tell an administrator. Implemented by the host program; called from any
/// thread.
class CROWD_CONFLUENCE_EXPORT BrokerEvents {
 public:
  virtual ~BrokerEvents();
  /// Confluence failed repeatedly and is left alone. Once for all processes.
  virtual void breaker_opened(const ConfluenceSettings& settings, Reason reason,
                              std::string_view detail) noexcept = 0;
  /// It answers again. Once for all processes.
  virtual void breaker_closed(const ConfluenceSettings& settings) noexcept = 0;
  /// A session does not fit into the table, and so is asked for again with every request.
  virtual void session_too_large(const ConfluenceSettings& settings,
                                 std::size_t bytes) noexcept = 0;
};

/// What the brokers of one process share; all must outlive them. Without a state nothing is
/// remembered.
struct BrokerSurroundings {
  SharedState* state = nullptr;
  SessionStore* store = nullptr;   // optional
  Renewals* renewals = nullptr;    // optional: without, sessions are proven again when they expire
  BrokerEvents* events = nullptr;  // optional
  const Clock* clock = &Clock::monotonic();
};

/// How long what, and how many may wait.
struct BrokerLimits {
  std::chrono::milliseconds session_ttl{120'000};
  std::chrono::milliseconds rejection_ttl{10'000};  // 0: refusals are not remembered
  std::chrono::milliseconds retry{30'000};
  std::uint32_t max_waiting = 1;
};

/// Finds the session of a visitor of one Confluence. Thread-safe.
class CROWD_CONFLUENCE_EXPORT SessionBroker {
 public:
  SessionBroker(ConfluenceSettings settings, BrokerLimits limits, BrokerSurroundings around);

  /// Fills `outcome`, whose result is never Result::missing. A visitor who is remembered is
  /// answered without lock, heap and system call. Otherwise blocks while Confluence is asked, by
  /// this caller or another one, for at most twice the settings' timeout and a second. Meanwhile
  /// signals are blocked in this thread: a handler that ends the process, as httpd's prefork has
  /// one, must not find the library half way.
  void find(const Visitor& visitor, Outcome& outcome);

  /// The session turned out to be over: it is forgotten, by all processes at once. `cookies` are
  /// those that `find` gave; a newer session stays.
  void drop(const Visitor& visitor, std::string_view cookies);

  [[nodiscard]] const ConfluenceSettings& settings() const { return client_.settings(); }

 private:
  bool find_in_table(const VisitorKey& key, const Visitor& visitor, Outcome& outcome);
  bool accept(const SessionTable::Found& found, const VisitorKey& key, const Visitor& visitor,
              const Outcome& outcome);
  void ask(const VisitorKey& key, const Visitor& visitor, Outcome& outcome);
  bool follow(const ExchangeLeases::Part& part, const VisitorKey& key, const Visitor& visitor,
              Moment deadline, Outcome& outcome);
  void lead(const ExchangeLeases::Part& part, const VisitorKey& key, const Visitor& visitor,
            Outcome& outcome);
  bool find_in_store(const VisitorKey& key, Outcome& outcome);
  void ask_for_itself(const Visitor& visitor, Outcome& outcome);

  Verdict exchange(const Visitor& visitor, std::string_view session_cookies);
  void remember(const VisitorKey& key, const Verdict& verdict);
  void put_into_table(const VisitorKey& key, Reason reason, const Session& session, Moment ttl);
  void put_into_store(const VisitorKey& key, const Session& session);
  void forget(const VisitorKey& key, std::string_view cookies);
  std::optional<StoredSession> take_from_store(const VisitorKey& key);
  void renew_later(const VisitorKey& key, const Visitor& visitor, std::string_view cookies,
                   Moment expires) noexcept;
  void renew(const VisitorKey& key, const Visitor& visitor, std::string_view cookies,
             Moment expires);

  const BrokerLimits limits_;
  const BrokerSurroundings around_;
  ConfluenceClient client_;
  // Long enough for the slowest exchange, with some time to remember what came of it.
  const Moment lease_;
  const Moment renewal_lease_;
  std::optional<VisitorHash> hash_;
  SharedUpstream* upstream_ = nullptr;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SESSION_BROKER_H_
