// The one question: is there a session for this visitor?

#ifndef CROWD_CONFLUENCE_BROKER_SESSION_BROKER_H_
#define CROWD_CONFLUENCE_BROKER_SESSION_BROKER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "crowd_confluence/clock.h"
#include "crowd_confluence/confluence/client.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/outcome.h"
#include "crowd_confluence/broker/background_refresh.h"
#include "crowd_confluence/broker/session_store.h"
#include "crowd_confluence/shared/shared_state.h"
#include "broker/visitor_hash.h"

namespace crowd_confluence {

class RememberedSessions;

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

/// What the brokers of one process share. All must outlive them, except `renewals`, in which their
/// work stands: it must end before them, or have nothing of theirs left to do.
struct BrokerSurroundings {
  SharedState& state;
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

/// Finds the session of a visitor of one Confluence. Thread-safe. `HttpLibrary` (http_client.h)
/// must exist before and until after.
class CROWD_CONFLUENCE_EXPORT SessionBroker {
 public:
  SessionBroker(ConfluenceSettings settings, BrokerLimits limits, BrokerSurroundings around);
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

  [[nodiscard]] const ConfluenceSettings& settings() const { return client_.settings(); }

 private:
  class Lead;
  using Stored = SessionTable::Stored;

  bool find_in_table(const VisitorKey& key, const Visitor& visitor, Outcome& outcome);
  SessionTable::Found find_after_writers(const VisitorKey& key, const Visitor& visitor,
                                         Outcome& outcome);
  bool accept(const SessionTable::Found& found, const VisitorKey& key, const Visitor& visitor,
              const Outcome& outcome);
  void ask(const VisitorKey& key, const Visitor& visitor, Outcome& outcome);
  bool follow(const ExchangeLeases::Part& part, const VisitorKey& key, const Visitor& visitor,
              Moment deadline, Outcome& outcome);
  void lead(const ExchangeLeases::Part& part, const VisitorKey& key, const Visitor& visitor,
            Outcome& outcome);
  void do_without(const VisitorKey& key, const Visitor& visitor, Reason reason, Outcome& outcome);

  CircuitBreaker::Admission admit(const VisitorKey& key);
  Verdict exchange(CircuitBreaker::Admission admission, const VisitorKey& key,
                   const Visitor& visitor, std::string_view session_cookies);
  bool has_opened_breaker(const VisitorKey& key, const Verdict& failure);
  void remember(const VisitorKey& key, const Verdict& verdict, bool is_renewal, Lead& lead);
  void tell_if_too_large(Stored stored, const Session& session);
  void renew_later(const VisitorKey& key, const Visitor& visitor, std::string_view cookies,
                   Moment expires) noexcept;
  void renew(const VisitorKey& key, const Visitor& visitor, std::string_view cookies,
             Moment expires);

  const BrokerLimits limits_;
  const BrokerSurroundings around_;
  ConfluenceClient client_;
  // The slowest exchange, with a look into the store before and a put after it.
  const Moment longest_lead_;
  const Moment lease_;  // with some time for all else
  const Moment renewal_lease_;
  const std::unique_ptr<RememberedSessions> remembered_;
  const VisitorHash hash_;
  SharedUpstream& upstream_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_BROKER_SESSION_BROKER_H_
