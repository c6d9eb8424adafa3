#include "crowd_confluence/broker/session_broker.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "broker/remembered_sessions.h"
#include "base/signals_blocked.h"

namespace crowd_confluence {
namespace {

/// What a dead or ailing Confluence, or a broken way there, looks like. Any other answer shows that
/// it lives, even if it helps nobody.
bool is_failure(const Verdict& verdict) {
  switch (verdict.reason) {
    case Reason::timeout:
    case Reason::refused:
    case Reason::name_lookup:
    case Reason::tls:
    case Reason::proxy:
    case Reason::network:
    case Reason::protocol:
    case Reason::server_error:
      return true;
    default:
      return false;
  }
}

void give(Outcome& outcome, Result result, Source source, Reason reason) {
  outcome.result = result;
  outcome.source = source;
  outcome.reason = reason;
  outcome.session = Session();
  outcome.detail.clear();
}

/// Takes a place among those who wait for Confluence.
class Waiting {
 public:
  Waiting(SharedUpstream& upstream, std::uint32_t max)
      : upstream_(upstream), may_wait_(upstream.enter(max)) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    if (may_wait_) upstream_.leave();
  }

  explicit operator bool() const { return may_wait_; }

 private:
  SharedUpstream& upstream_;
  const bool may_wait_;
};

/// Ends a trial of the breaker's, however it ends.
class Trial {
 public:
  Trial(SharedUpstream& upstream, CircuitBreaker::Admission admission)
      : upstream_(admission == CircuitBreaker::Admission::trial ? &upstream : nullptr) {}
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() {
    if (upstream_ != nullptr) upstream_->trial_told_nothing();
  }

 private:
  SharedUpstream* const upstream_;
};

}  // namespace

BrokerEvents::~BrokerEvents() = default;

/// Tells the followers what came of it, once, however the leader leaves.
class SessionBroker::Lead {
 public:
  Lead(ExchangeLeases& leases, const ExchangeLeases::Part& part) : leases_(leases), part_(part) {}
  Lead(const Lead&) = delete;
  Lead& operator=(const Lead&) = delete;
  ~Lead() { leases_.done(part_, Result::unavailable, Reason::internal); }

  /// Result::session with Reason::too_large: the table does not have it, but the store may.
  void ends_with(Result result, Reason reason) {
    leases_.done(part_, result, reason);
    part_ = {};
  }
  void ends_without_result() {
    leases_.give_up(part_);
    part_ = {};
  }

 private:
  ExchangeLeases& leases_;
  ExchangeLeases::Part part_;
};

SessionBroker::SessionBroker(ConfluenceSettings settings, BrokerLimits limits,
                             BrokerSurroundings around)
    : limits_(limits),
      around_(around),
      client_(std::move(settings)),
      longest_lead_(client_.settings().http.timeout +
                    (around.store != nullptr ? 2 * SessionStore::kMaxWait : Moment::zero())),
      lease_(longest_lead_ + std::chrono::seconds(1)),
      renewal_lease_(std::max(lease_, limits.session_ttl / 16)),
      remembered_(std::make_unique<RememberedSessions>(around.state, around.store, *around.clock,
                                                       limits.session_ttl, limits.rejection_ttl)),
      hash_(around.state.secret(), client_.settings()),
      upstream_(around.state.upstreams().upstream(
          upstream_id(around.state.secret(), client_.settings()))) {}

SessionBroker::~SessionBroker() = default;

void SessionBroker::find(const Visitor& visitor, Outcome& outcome) {
  const VisitorKey key = hash_.key_of(visitor);
  if (find_in_table(key, visitor, outcome)) return;
  const SignalsBlocked blocked;
  ask(key, visitor, outcome);
}

bool SessionBroker::find_in_table(const VisitorKey& key, const Visitor& visitor, Outcome& outcome) {
  return accept(around_.state.table().find(key, around_.clock->now(), renewal_lease_, outcome), key,
                visitor, outcome);
}

/// Sees also what `find_in_table` may miss: an entry that is just being written.
SessionTable::Found SessionBroker::find_after_writers(const VisitorKey& key, const Visitor& visitor,
                                                      Outcome& outcome) {
  const SessionTable::Found found =
      around_.state.table().find_after_writers(key, around_.clock->now(), renewal_lease_, outcome);
  accept(found, key, visitor, outcome);
  return found;
}

bool SessionBroker::accept(const SessionTable::Found& found, const VisitorKey& key,
                           const Visitor& visitor, const Outcome& outcome) {
  if (found.is_to_renew && around_.renewals != nullptr)
    renew_later(key, visitor, outcome.session.cookies(), found.expires);
  return found.is_found;
}

/// A miss. Of all who miss the same visitor on this machine one leads and the others follow.
void SessionBroker::ask(const VisitorKey& key, const Visitor& visitor, Outcome& outcome) {
  // Confluence cannot be asked, so that nothing is learnt of it, and nobody is to wait.
  if (settings().forwarded_for && visitor.address.empty())
    return give(outcome, Result::unavailable, Source::none, Reason::bad_address);
  const Moment began = around_.clock->now();
  if (!upstream_.may_admit(half_of(key), began))
    return do_without(key, visitor, Reason::breaker_open, outcome);
  const Waiting waiting(upstream_, limits_.max_waiting);
  if (!waiting) return do_without(key, visitor, Reason::too_many_waiting, outcome);

  ExchangeLeases& leases = around_.state.leases();
  const Moment deadline = began + lease_;
  do {
    const ExchangeLeases::Part part = leases.join(key, around_.clock->now(), lease_);
    if (part.role != ExchangeLeases::Part::follows) return lead(part, key, visitor, outcome);
    if (follow(part, key, visitor, deadline + longest_lead_, outcome)) return;
  } while (around_.clock->now() < deadline);
  do_without(key, visitor, Reason::leader_lost, outcome);
}

void SessionBroker::do_without(const VisitorKey& key, const Visitor& visitor, Reason reason,
                               Outcome& outcome) {
  if (!find_after_writers(key, visitor, outcome).is_found)
    give(outcome, Result::unavailable, Source::none, reason);
}

bool SessionBroker::follow(const ExchangeLeases::Part& part, const VisitorKey& key,
                           const Visitor& visitor, Moment deadline, Outcome& outcome) {
  const auto shared = around_.state.leases().wait(part, *around_.clock, deadline);
  if (!shared) return false;
  if (shared->result != Result::session) {
    give(outcome, shared->result, Source::follower, shared->reason);
  } else if (find_in_table(key, visitor, outcome)) {
    outcome.source = Source::follower;
  } else if (shared->reason == Reason::too_large) {
    // Waiting for others again would not help.
    lead({}, key, visitor, outcome);
  } else {
    return false;  // dropped or displaced since: again one is to ask, not all
  }
  return true;
}

void SessionBroker::lead(const ExchangeLeases::Part& part, const VisitorKey& key,
                         const Visitor& visitor, Outcome& outcome) {
  Lead lead(around_.state.leases(), part);
  // Another leader may have finished between this caller's look at the table and its turn.
  const SessionTable::Found found = find_after_writers(key, visitor, outcome);
  if (found.is_found) return lead.ends_with(outcome.result, outcome.reason);
  if (!found.is_marked) {
    if (const auto stored = remembered_->find_in_store(key, outcome)) {
      tell_if_too_large(*stored, outcome.session);
      return lead.ends_with(outcome.result,
                            *stored == Stored::too_large ? Reason::too_large : outcome.reason);
    }
  }
  const CircuitBreaker::Admission admission = admit(key);
  if (admission == CircuitBreaker::Admission::refused) {
    give(outcome, Result::unavailable, Source::none, Reason::breaker_open);
    return lead.ends_with(outcome.result, outcome.reason);
  }
  // Of a session that has ended here, as Confluence may still have it.
  const std::string cookies = around_.state.table().take_ended_cookies(key, around_.clock->now());
  const Verdict verdict = exchange(admission, key, visitor, cookies);
  give(outcome, verdict.result, Source::exchange, verdict.reason);
  outcome.session = verdict.session;
  outcome.detail = verdict.detail;
  remember(key, verdict, false, lead);
}

CircuitBreaker::Admission SessionBroker::admit(const VisitorKey& key) {
  return upstream_.admit(half_of(key), around_.clock->now(), lease_);
}

/// Once admitted: an exchange whose outcome the breaker learns.
Verdict SessionBroker::exchange(CircuitBreaker::Admission admission, const VisitorKey& key,
                                const Visitor& visitor, std::string_view session_cookies) {
  const Trial trial(upstream_, admission);
  Verdict verdict = client_.exchange(visitor, session_cookies);
  if (verdict.reason == Reason::internal) return verdict;  // of Confluence it tells nothing
  BrokerEvents* const events = around_.events;
  if (is_failure(verdict)) {
    if (has_opened_breaker(key, verdict) && events != nullptr)
      events->breaker_opened(settings(), verdict.reason, verdict.detail);
  } else if (upstream_.succeeded(half_of(key)) && events != nullptr) {
    events->breaker_closed(settings());
  }
  return verdict;
}

bool SessionBroker::has_opened_breaker(const VisitorKey& key, const Verdict& failure) {
  const Moment now = around_.clock->now();
  return failure.may_concern_one_user
             ? upstream_.failed_for(half_of(key), now, limits_.retry, failure.retry_after)
             : upstream_.failed(now, limits_.retry, failure.retry_after);
}

/// First in the table, then those who follow are told, and then the store, which may be slow. Those
/// who follow to a session that is too large for the table have the store only.
void SessionBroker::remember(const VisitorKey& key, const Verdict& verdict, bool is_renewal,
                             Lead& lead) {
  if (verdict.result == Result::rejected) remembered_->refuse(key, verdict.reason);
  if (verdict.result != Result::session) {
    lead.ends_with(verdict.result, verdict.reason);
    if (verdict.result == Result::rejected) remembered_->remove_from_store(key);
    return;
  }
  const Stored stored = remembered_->put_into_table(key, verdict, is_renewal);
  tell_if_too_large(stored, verdict.session);
  // Dropped while it was renewed, or displaced.
  if (stored == Stored::no_room) return lead.ends_without_result();
  if (stored == Stored::yes) lead.ends_with(verdict.result, verdict.reason);
  remembered_->put_into_store(key, verdict.session, stored);
  if (stored == Stored::too_large) lead.ends_with(verdict.result, Reason::too_large);
}

void SessionBroker::tell_if_too_large(Stored stored, const Session& session) {
  if (stored == Stored::too_large && around_.events != nullptr)
    around_.events->session_too_large(settings(), session.user().size() + session.cookies().size());
}

/// Out of memory, it is left undone: the session that was found is good.
void SessionBroker::renew_later(const VisitorKey& key, const Visitor& visitor,
                                std::string_view cookies, Moment expires) noexcept {
  const SignalsBlocked blocked;
  try {
    around_.renewals->add(
        &upstream_, [this, key, token = std::string(visitor.token),
                     address = std::string(visitor.address), of = std::string(cookies), expires] {
          try {
            renew(key, {token, address}, of, expires);
          } catch (const std::bad_alloc&) {
          }
        });
  } catch (const std::bad_alloc&) {
  }
}

/// In the background. The cached cookies go along, so that it stays the same session at Confluence.
void SessionBroker::renew(const VisitorKey& key, const Visitor& visitor, std::string_view cookies,
                          Moment expires) {
  SessionTable& table = around_.state.table();
  // Since it was queued the session may have been dropped, or renewed by another process.
  Outcome known;
  const SessionTable::Found found = table.find(key, around_.clock->now(), renewal_lease_, known);
  if (!found.is_found || found.expires != expires) return;
  // Users who wait go before.
  const Waiting waiting(upstream_, std::max(limits_.max_waiting / 2, 1U));
  if (!waiting) return;
  // Whoever misses the session meanwhile, as its life has ended, follows.
  ExchangeLeases& leases = around_.state.leases();
  const auto part = leases.join(key, around_.clock->now(), lease_);
  if (part.role != ExchangeLeases::Part::leads) return;
  Lead lead(leases, part);
  const CircuitBreaker::Admission admission = admit(key);
  if (admission == CircuitBreaker::Admission::refused)
    return lead.ends_with(Result::unavailable, Reason::breaker_open);
  remember(key, exchange(admission, key, visitor, cookies), true, lead);
}

void SessionBroker::drop(const Visitor& visitor, std::string_view cookies) {
  const SignalsBlocked blocked;
  remembered_->drop(hash_.key_of(visitor), settings().session_cookies, cookies);
}

void SessionBroker::log_out(const Visitor& visitor) {
  const SignalsBlocked blocked;
  remembered_->drop_any(hash_.key_of(visitor));
}

}  // namespace crowd_confluence
