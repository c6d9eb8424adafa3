// What is remembered of one Confluence's visitors: in the table of this server, and in the store
// that several machines share, if there is one.

#ifndef CROWD_CONFLUENCE_SRC_BROKER_REMEMBERED_SESSIONS_H_
#define CROWD_CONFLUENCE_SRC_BROKER_REMEMBERED_SESSIONS_H_

#include <optional>
#include <string_view>

#include "crowd_confluence/broker/session_store.h"
#include "crowd_confluence/clock.h"
#include "crowd_confluence/confluence/verdict.h"
#include "crowd_confluence/cookie/cookie_names.h"
#include "crowd_confluence/outcome.h"
#include "crowd_confluence/shared/shared_state.h"
#include "shared/session_table.h"

namespace crowd_confluence {

/// Thread-safe. What a visitor's table entry says is asked of the table itself.
class RememberedSessions {
 public:
  using Stored = SessionTable::Stored;

  /// A `rejection_ttl` of zero: negative entries are not remembered. `store` may be null; all must
  /// outlive this.
  RememberedSessions(const SharedState& state, SessionStore* store, const Clock& clock,
                     Duration session_ttl, Duration rejection_ttl);

  /// Looks for what another machine has proven, fills `outcome` with it, and the table takes it
  /// over. False if there is nothing, or it was dropped here meanwhile; `outcome` is left untouched
  /// then. May block as SessionStore may.
  bool find_in_store(const VisitorKey& key, Outcome& outcome);

  /// A session that was proven just now; with `is_renewal`, again, so that it stays dropped if it
  /// was dropped meanwhile.
  Stored put_into_table(const VisitorKey& key, const Verdict& proven, bool is_renewal);

  /// What `put_into_table` has put before. May block.
  void put_into_store(const VisitorKey& key, const Session& session);

  /// A negative entry, in the table. Followed by `remove_from_store`, which may block: the store
  /// may have a session from before that this machine does not know.
  void put_negative(const VisitorKey& key, Reason reason);
  void remove_from_store(const VisitorKey& key);

  /// Confluence fails for this visitor, and is not to be asked before `pause` is over; where it did
  /// not say so by limiting the rate, only if it fails again. A session that is still good stays.
  void leave_alone(const VisitorKey& key, Reason reason, Duration pause);

  /// Forgets the session that has the same required cookie as `cookies`, or whatever session there
  /// is. May block.
  void drop(const VisitorKey& key, const CookieNames& names, std::string_view cookies);
  void drop_any(const VisitorKey& key);

 private:
  [[nodiscard]] std::optional<StoredSession> take_from_store(const VisitorKey& key);

  const Secret& secret_;
  SessionTable table_;
  SessionStore* const store_;
  const Clock& clock_;
  const Duration session_ttl_;
  const Duration rejection_ttl_;
  // How long the store may have a session that was proven before now; zero without a store.
  const Duration tombstone_ttl_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_BROKER_REMEMBERED_SESSIONS_H_
