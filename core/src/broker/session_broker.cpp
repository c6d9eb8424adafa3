#include "crowd_confluence/broker/session_broker.h"

#include <algorithm>
#include <cassert>
#include <new>
#include <string>
#include <utility>

#include "base/signals_blocked.h"
#include "broker/remembered_sessions.h"
#include "broker/visitor_hash.h"
#include "crowd_confluence/confluence/client.h"
#include "shared/shared_parts.h"

namespace crowd_confluence {
namespace {

using Stored = SessionTable::Stored;

/// One caller's question: about whom, and where the answer goes.
struct Question {
  VisitorKey key;
  Visitor visitor;
  Outcome& outcome;

  void set_outcome(Result result, Source source, Reason reason) const {
    outcome.result = result;
    outcome.source = source;
    outcome.reason = reason;
    outcome.session = Session();
    outcome.detail.clear();
  }
};

/// Takes a place among those who wait for Confluence.
class Waiting {
 public:
  Waiting(UpstreamState& upstream, std::uint32_t max)
      : upstream_(upstream), may_wait_(upstream.enter(max)) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    if (may_wait_) upstream_.leave();
  }

  explicit operator bool() const { return may_wait_; }

 private:
  UpstreamState& upstream_;
  const bool may_wait_;
};

/// Ends a trial of the breaker's, however it ends.
class Trial {
 public:
  Trial(UpstreamState& upstream, CircuitBreaker::Admission admission)
      : upstream_(admission == CircuitBreaker::Admission::trial ? &upstream : nullptr) {}
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() {
    if (upstream_ != nullptr) upstream_->trial_told_nothing();
  }

 private:
  UpstreamState* const upstream_;
};

/// Tells the followers what came of it, once, however the leader leaves.
class Lead {
 public:
  Lead(SingleFlight& flights, const SingleFlight::Ticket& ticket)
      : flights_(flights), ticket_(ticket) {}
  Lead(const Lead&) = delete;
  Lead& operator=(const Lead&) = delete;
  ~Lead() { flights_.done(ticket_, Result::unavailable, Reason::internal); }

  /// Result::session with Reason::too_large: the table does not have it, but the store may.
  void ends_with(Result result, Reason reason) {
    flights_.done(ticket_, result, reason);
    ticket_ = {};
  }
  void ends_without_result() {
    flights_.give_up(ticket_);
    ticket_ = {};
  }

 private:
  SingleFlight& flights_;
  SingleFlight::Ticket ticket_;
};

/// The slowest exchange, with a look into the store before and a put after it.
Duration longest_lead(const ConfluenceSettings& settings, const BrokerContext& context) {
  return settings.http.timeout +
         (context.store != nullptr ? 2 * SessionStore::kMaxWait : Duration::zero());
}

}  // namespace

BrokerEvents::~BrokerEvents() = default;

void BrokerEvents::balancer_cookie_left_out(const ConfluenceSettings& /*settings*/,
                                            std::string_view /*name*/) noexcept {}

class SessionBroker::Impl {
 public:
  Impl(ConfluenceSettings settings, const BrokerPolicy& policy, const BrokerContext& context);

  [[nodiscard]] const ConfluenceSettings& settings() const { return client_.settings(); }

  void find(const Visitor& visitor, Outcome& outcome);
  void drop(const Visitor& visitor, std::string_view cookies);
  void log_out(const Visitor& visitor);

 private:
  bool find_in_table(const Question& question);
  SessionTable::Found find_locked(const Question& question);
  bool accept(const SessionTable::Found& found, const Question& question);
  void ask(const Question& question);
  bool follow(const SingleFlight::Ticket& ticket, Moment deadline, const Question& question);
  void lead(const SingleFlight::Ticket& ticket, const Question& question);
  void answer_without_asking(Reason reason, const Question& question);

  CircuitBreaker::Admission admit(const VisitorKey& key);
  Verdict exchange(CircuitBreaker::Admission admission, const VisitorKey& key,
                   const Visitor& visitor, std::string_view session_cookies);
  bool has_opened_breaker(const VisitorKey& key, const Verdict& failure);
  void remember(const VisitorKey& key, const Verdict& verdict, bool is_renewal, Lead& lead);
  void tell_if_too_large(Stored stored, const Session& session);
  void renew_later(const Question& question, Moment expires) noexcept;
  void renew(const VisitorKey& key, const Visitor& visitor, std::string_view cookies,
             Moment expires);

  [[nodiscard]] Moment now() const { return context_.clock->now(); }

  const BrokerPolicy policy_;
  const BrokerContext context_;
  SharedParts shared_;
  ConfluenceClient client_;
  const Duration longest_lead_;
  const Duration lease_;  // with some time for all else
  const Duration renewal_lease_;
  RememberedSessions remembered_;
  const VisitorHash hash_;
  UpstreamState& upstream_;
};

SessionBroker::Impl::Impl(ConfluenceSettings settings, const BrokerPolicy& policy,
                          const BrokerContext& context)
    : policy_(policy),
      context_(context),
      shared_(context.state),
      client_(std::move(settings)),
      longest_lead_(longest_lead(client_.settings(), context)),
      lease_(longest_lead_ + std::chrono::seconds(1)),
      renewal_lease_(std::max(lease_, policy.session_ttl / 16)),
      remembered_(context.state, context.store, *context.clock, policy.session_ttl,
                  policy.rejection_ttl),
      hash_(context.state.secret(), client_.settings()),
      upstream_(
          shared_.upstreams.upstream(upstream_id(context.state.secret(), client_.settings()))) {
  assert(policy.session_ttl > Duration::zero() && policy.rejection_ttl >= Duration::zero());
  assert(policy.retry > Duration::zero() && policy.max_waiting >= 1);
}

// A question's way, from the top downwards.

void SessionBroker::Impl::find(const Visitor& visitor, Outcome& outcome) {
  assert(!visitor.token.empty());
  const Question question{hash_.key_of(visitor), visitor, outcome};
  if (find_in_table(question)) return;
  const SignalsBlocked blocked;
  ask(question);
}

bool SessionBroker::Impl::find_in_table(const Question& question) {
  return accept(shared_.table.find(question.key, now(), renewal_lease_, question.outcome),
                question);
}

/// Sees also what `find_in_table` may miss: an entry that is just being written.
SessionTable::Found SessionBroker::Impl::find_locked(const Question& question) {
  const SessionTable::Found found =
      shared_.table.find_locked(question.key, now(), renewal_lease_, question.outcome);
  accept(found, question);
  return found;
}

bool SessionBroker::Impl::accept(const SessionTable::Found& found, const Question& question) {
  if (found.is_to_renew && context_.refresh != nullptr) renew_later(question, found.expires);
  return found.is_found;
}

/// A miss. Of all who miss the same visitor on this machine one leads and the others follow.
void SessionBroker::Impl::ask(const Question& question) {
  // Confluence cannot be asked, so that nothing is learnt of it, and nobody is to wait.
  if (settings().forwarded_for && question.visitor.address.empty())
    return question.set_outcome(Result::unavailable, Source::none, Reason::bad_address);
  const Moment began = now();
  if (!upstream_.may_admit(tag_of(question.key), began))
    return answer_without_asking(Reason::breaker_open, question);
  const Waiting waiting(upstream_, policy_.max_waiting);
  if (!waiting) return answer_without_asking(Reason::too_many_waiting, question);

  const Moment deadline = began + lease_;
  do {
    const SingleFlight::Ticket ticket = shared_.flights.join(question.key, now(), lease_);
    if (ticket.role != SingleFlight::Ticket::follows) return lead(ticket, question);
    if (follow(ticket, deadline + longest_lead_, question)) return;
  } while (now() < deadline);
  answer_without_asking(Reason::leader_lost, question);
}

void SessionBroker::Impl::answer_without_asking(Reason reason, const Question& question) {
  if (!find_locked(question).is_found)
    question.set_outcome(Result::unavailable, Source::none, reason);
}

bool SessionBroker::Impl::follow(const SingleFlight::Ticket& ticket, Moment deadline,
                                 const Question& question) {
  const auto shared = shared_.flights.wait(ticket, *context_.clock, deadline);
  if (!shared) return false;
  if (shared->result != Result::session) {
    question.set_outcome(shared->result, Source::follower, shared->reason);
  } else if (find_in_table(question)) {
    question.outcome.source = Source::follower;
  } else if (shared->reason == Reason::too_large) {
    // Waiting for others again would not help.
    lead({}, question);
  } else {
    return false;  // dropped or displaced since: again one is to ask, not all
  }
  return true;
}

void SessionBroker::Impl::lead(const SingleFlight::Ticket& ticket, const Question& question) {
  const auto& [key, visitor, outcome] = question;
  Lead lead(shared_.flights, ticket);
  // Another leader may have finished between this caller's look at the table and its turn.
  const SessionTable::Found found = find_locked(question);
  if (found.is_found) return lead.ends_with(outcome.result, outcome.reason);
  if (!found.has_tombstone) {
    if (const auto stored = remembered_.find_in_store(key, outcome)) {
      tell_if_too_large(*stored, outcome.session);
      return lead.ends_with(outcome.result,
                            *stored == Stored::too_large ? Reason::too_large : outcome.reason);
    }
  }
  const CircuitBreaker::Admission admission = admit(key);
  if (admission == CircuitBreaker::Admission::refused) {
    question.set_outcome(Result::unavailable, Source::none, Reason::breaker_open);
    return lead.ends_with(outcome.result, outcome.reason);
  }
  // Of a session that has ended here, as Confluence may still have it.
  const std::string cookies = shared_.table.take_ended_cookies(key, now());
  const Verdict verdict = exchange(admission, key, visitor, cookies);
  question.set_outcome(verdict.result, Source::exchange, verdict.reason);
  outcome.session = verdict.session;
  outcome.detail = verdict.detail;
  remember(key, verdict, false, lead);
}

CircuitBreaker::Admission SessionBroker::Impl::admit(const VisitorKey& key) {
  return upstream_.admit(tag_of(key), now(), lease_);
}

/// Once admitted: an exchange whose outcome the breaker learns.
Verdict SessionBroker::Impl::exchange(CircuitBreaker::Admission admission, const VisitorKey& key,
                                      const Visitor& visitor, std::string_view session_cookies) {
  const Trial trial(upstream_, admission);
  Verdict verdict = client_.exchange(visitor, session_cookies);
  if (verdict.reason == Reason::internal) return verdict;  // of Confluence it tells nothing
  BrokerEvents* const events = context_.events;
  if (!verdict.left_out_balancer.empty() && events != nullptr)
    events->balancer_cookie_left_out(settings(), verdict.left_out_balancer);
  if (meaning_of(verdict.reason).is_failure) {
    if (has_opened_breaker(key, verdict) && events != nullptr)
      events->breaker_opened(settings(), verdict.reason, verdict.detail);
  } else if (upstream_.succeeded(tag_of(key)) && events != nullptr) {
    events->breaker_closed(settings());
  }
  return verdict;
}

bool SessionBroker::Impl::has_opened_breaker(const VisitorKey& key, const Verdict& failure) {
  return failure.may_concern_one_user
             ? upstream_.failed_for(tag_of(key), now(), policy_.retry, failure.retry_after)
             : upstream_.failed(now(), policy_.retry, failure.retry_after);
}

/// First in the table, then those who follow are told, and then the store, which may be slow. Those
/// who follow to a session that is too large for the table have the store only.
void SessionBroker::Impl::remember(const VisitorKey& key, const Verdict& verdict, bool is_renewal,
                                   Lead& lead) {
  if (verdict.result == Result::rejected) remembered_.put_negative(key, verdict.reason);
  if (verdict.result != Result::session) {
    lead.ends_with(verdict.result, verdict.reason);
    if (verdict.result == Result::rejected) remembered_.remove_from_store(key);
    return;
  }
  const Stored stored = remembered_.put_into_table(key, verdict, is_renewal);
  tell_if_too_large(stored, verdict.session);
  // Dropped while it was renewed, or displaced.
  if (stored == Stored::no_room) return lead.ends_without_result();
  if (stored == Stored::yes) lead.ends_with(verdict.result, verdict.reason);
  remembered_.put_into_store(key, verdict.session, stored);
  if (stored == Stored::too_large) lead.ends_with(verdict.result, Reason::too_large);
}

void SessionBroker::Impl::tell_if_too_large(Stored stored, const Session& session) {
  if (stored == Stored::too_large && context_.events != nullptr)
    context_.events->session_too_large(settings(), session.user().size() + session.cookies().size(),
                                       SessionTable::kMaxSessionBytes);
}

/// Out of memory, it is left undone: the session that was found is good.
void SessionBroker::Impl::renew_later(const Question& question, Moment expires) noexcept {
  const SignalsBlocked blocked;
  try {
    const auto& [key, visitor, outcome] = question;
    context_.refresh->add(&upstream_, [this, key = key, token = std::string(visitor.token),
                                       address = std::string(visitor.address),
                                       cookies = std::string(outcome.session.cookies()), expires] {
      renew(key, {token, address}, cookies, expires);
    });
  } catch (const std::bad_alloc&) {
  }
}

/// In the background. The cached cookies go along, so that it stays the same session at Confluence.
void SessionBroker::Impl::renew(const VisitorKey& key, const Visitor& visitor,
                                std::string_view cookies, Moment expires) {
  // Since it was queued the session may have been dropped, or renewed by another process.
  Outcome known;
  const SessionTable::Found found = shared_.table.find(key, now(), renewal_lease_, known);
  if (!found.is_found || found.expires != expires) return;
  // Users who wait go before.
  const Waiting waiting(upstream_, std::max(policy_.max_waiting / 2, 1U));
  if (!waiting) return;
  // Whoever misses the session meanwhile, as its life has ended, follows.
  const auto ticket = shared_.flights.join(key, now(), lease_);
  if (ticket.role != SingleFlight::Ticket::leads) return;
  Lead lead(shared_.flights, ticket);
  const CircuitBreaker::Admission admission = admit(key);
  if (admission == CircuitBreaker::Admission::refused)
    return lead.ends_with(Result::unavailable, Reason::breaker_open);
  remember(key, exchange(admission, key, visitor, cookies), true, lead);
}

void SessionBroker::Impl::drop(const Visitor& visitor, std::string_view cookies) {
  const SignalsBlocked blocked;
  remembered_.drop(hash_.key_of(visitor), settings().session_cookies, cookies);
}

void SessionBroker::Impl::log_out(const Visitor& visitor) {
  const SignalsBlocked blocked;
  remembered_.drop_any(hash_.key_of(visitor));
}

SessionBroker::SessionBroker(ConfluenceSettings settings, BrokerPolicy policy,
                             BrokerContext context)
    : impl_(std::make_unique<Impl>(std::move(settings), policy, context)) {}
SessionBroker::~SessionBroker() = default;

void SessionBroker::find(const Visitor& visitor, Outcome& outcome) {
  impl_->find(visitor, outcome);
}

void SessionBroker::drop(const Visitor& visitor, std::string_view cookies) {
  impl_->drop(visitor, cookies);
}

void SessionBroker::log_out(const Visitor& visitor) {
  impl_->log_out(visitor);
}

const ConfluenceSettings& SessionBroker::settings() const {
  return impl_->settings();
}

}  // namespace crowd_confluence
