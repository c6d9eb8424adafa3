#include "crowd_confluence/broker/session_broker.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <new>
#include <string>
#include <utility>

#include "base/signals_blocked.h"
#include "broker/guards.h"
#include "broker/remembered_sessions.h"
#include "broker/visitor_hash.h"
#include "crowd_confluence/confluence/client.h"
#include "shared/shared_parts.h"

namespace crowd_confluence {
namespace {

using Stored = SessionTable::Stored;

/// For how long a visitor is left alone of whom Confluence does not say for how long.
constexpr Duration kBriefly = std::chrono::seconds(5);

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
    outcome.status = 0;
    outcome.retry_after = Duration::zero();
  }
};

/// What goes wrong for this visitor, and says nothing of others.
bool concerns_visitor_only(const Verdict& verdict) {
  return verdict.reason == Reason::rate_limited || verdict.may_concern_one_user;
}

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
  SessionTable::Found find_in_table(const Question& question);
  SessionTable::Found find_locked(const Question& question);
  void accept(const SessionTable::Found& found, const Question& question);
  void ask(const Question& question, bool is_proven);
  bool follow(const SingleFlight::Ticket& ticket, Moment deadline, const Question& question);
  void lead(const SingleFlight::Ticket& ticket, const Caller& caller, const Question& question);
  void answer_without_asking(Reason reason, const Question& question);

  Verdict exchange(const Caller& caller, const Visitor& visitor, std::string_view session_cookies);
  void remember(const VisitorKey& key, const Verdict& verdict, bool is_renewal, Lead& lead);
  void renew_later(const Question& question, Moment expires) noexcept;
  void renew(const VisitorKey& key, const Visitor& visitor, std::string_view cookies,
             Moment expires);

  [[nodiscard]] Caller caller_for(const VisitorKey& key, const Visitor& visitor,
                                  bool is_proven) const {
    return {getpid(), hash_.client_of(visitor.address), tag_of(key), is_proven};
  }
  [[nodiscard]] Duration pause_after(const Verdict& verdict) const;
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
  UpstreamState upstream_;
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
  assert(context.clock != nullptr);
}

// A question's way, from the top downwards.

void SessionBroker::Impl::find(const Visitor& visitor, Outcome& outcome) {
  assert(!visitor.token.empty());
  const Question question{hash_.key_of(visitor), visitor, outcome};
  const SessionTable::Found found = find_in_table(question);
  if (found.is_found) return;
  const SignalsBlocked blocked;
  ask(question, found.is_proven);
}

SessionTable::Found SessionBroker::Impl::find_in_table(const Question& question) {
  const SessionTable::Found found =
      shared_.table.find(question.key, now(), renewal_lease_, question.outcome);
  accept(found, question);
  return found;
}

/// Sees also what `find_in_table` may miss: an entry that is just being written.
SessionTable::Found SessionBroker::Impl::find_locked(const Question& question) {
  const SessionTable::Found found =
      shared_.table.find_locked(question.key, now(), renewal_lease_, question.outcome);
  accept(found, question);
  return found;
}

void SessionBroker::Impl::accept(const SessionTable::Found& found, const Question& question) {
  if (found.is_to_renew && context_.refresh != nullptr) renew_later(question, found.expires);
}

/// A miss. Of all who miss the same visitor on this machine one leads and the others follow.
void SessionBroker::Impl::ask(const Question& question, bool is_proven) {
  // Confluence cannot be asked, so that nothing is learnt of it, and nobody is to wait.
  if (settings().forwarded_for && question.visitor.address.empty())
    return question.set_outcome(Result::unavailable, Source::none, Reason::bad_address);
  const Moment began = now();
  const Caller caller = caller_for(question.key, question.visitor, is_proven);
  if (!upstream_.may_admit(caller, began))
    return answer_without_asking(Reason::breaker_open, question);
  const Waiting waiting(upstream_, caller, policy_.max_waiting, began);
  if (!waiting) return answer_without_asking(Reason::too_many_waiting, question);

  const Moment deadline = began + lease_;
  do {
    const SingleFlight::Ticket ticket =
        shared_.flights.join(question.key, now(), lease_, caller.process);
    if (ticket.role != SingleFlight::Ticket::follows) return lead(ticket, caller, question);
    if (follow(ticket, deadline + longest_lead_, question)) return;
  } while (now() < deadline);
  answer_without_asking(Reason::leader_lost, question);
}

void SessionBroker::Impl::answer_without_asking(Reason reason, const Question& question) {
  if (find_locked(question).is_found) return;
  question.set_outcome(Result::unavailable, Source::none, reason);
  if (reason == Reason::breaker_open) question.outcome.retry_after = upstream_.shut_for(now());
}

bool SessionBroker::Impl::follow(const SingleFlight::Ticket& ticket, Moment deadline,
                                 const Question& question) {
  const auto answer = shared_.flights.wait(ticket, *context_.clock, deadline);
  if (!answer) return false;
  if (answer->result != Result::session) {
    question.set_outcome(answer->result, Source::follower, answer->reason);
    return true;
  }
  // Dropped or displaced since: again one is to ask, not all.
  if (!find_in_table(question).is_found) return false;
  question.outcome.source = Source::follower;
  return true;
}

void SessionBroker::Impl::lead(const SingleFlight::Ticket& ticket, const Caller& caller,
                               const Question& question) {
  const auto& [key, visitor, outcome] = question;
  Lead lead(shared_.flights, ticket);
  const Admitted admitted(upstream_, caller, now(), lease_);
  if (!admitted) {
    answer_without_asking(Reason::breaker_open, question);
    return lead.ends_with(outcome.result, outcome.reason);
  }
  // Another leader may have finished between this caller's look at the table and its turn. Of a
  // session that has ended here, the cookies go along, as Confluence may still have it.
  std::string cookies;
  const SessionTable::Found found =
      shared_.table.find_or_take(key, now(), renewal_lease_, outcome, cookies);
  accept(found, question);
  if (found.is_found || (!found.has_tombstone && remembered_.find_in_store(key, outcome)))
    return lead.ends_with(outcome.result, outcome.reason);
  const Verdict verdict = exchange(caller, visitor, cookies);
  question.set_outcome(verdict.result, Source::exchange, verdict.reason);
  outcome.session = verdict.session;
  outcome.detail = verdict.detail;
  outcome.status = verdict.status;
  // For no longer than a failing Confluence is left alone.
  if (concerns_visitor_only(verdict))
    outcome.retry_after = pause_after(verdict);
  else if (verdict.retry_after)
    outcome.retry_after = std::min<Duration>(*verdict.retry_after, 10 * policy_.retry);
  remember(key, verdict, false, lead);
}

/// Once admitted: an exchange whose outcome the breaker learns.
Verdict SessionBroker::Impl::exchange(const Caller& caller, const Visitor& visitor,
                                      std::string_view session_cookies) {
  Verdict verdict = client_.exchange(visitor, session_cookies);
  if (verdict.reason == Reason::internal) return verdict;  // of Confluence it tells nothing
  BrokerEvents* const events = context_.events;
  if (!verdict.left_out_balancer.empty() && events != nullptr)
    events->balancer_cookie_left_out(settings(), verdict.left_out_balancer);
  if (meaning_of(verdict.reason).is_failure) {
    const CircuitBreaker::Failure failure{
        !verdict.is_unconnected && (!caller.is_proven || verdict.may_concern_one_user),
        verdict.retry_after};
    if (upstream_.failed(caller, failure, now(), policy_.retry) && events != nullptr)
      events->breaker_opened(settings(), verdict.reason, verdict.detail,
                             CircuitBreaker::pause(policy_.retry, verdict.retry_after));
  } else if (upstream_.succeeded() && events != nullptr) {
    events->breaker_closed(settings());
  }
  return verdict;
}

Duration SessionBroker::Impl::pause_after(const Verdict& verdict) const {
  const Duration asked = verdict.retry_after.value_or(std::chrono::seconds::zero());
  return std::min(asked > Duration::zero() ? asked : kBriefly, 10 * policy_.retry);
}

/// First in the table, then those who follow are told, and then the store, which may be slow.
void SessionBroker::Impl::remember(const VisitorKey& key, const Verdict& verdict, bool is_renewal,
                                   Lead& lead) {
  assert(verdict.result != Result::missing);
  if (verdict.result == Result::rejected) {
    remembered_.put_negative(key, verdict.reason);
    lead.ends_with(verdict.result, verdict.reason);
    return remembered_.remove_from_store(key);
  }
  if (verdict.result != Result::session) {
    if (concerns_visitor_only(verdict))
      remembered_.leave_alone(key, verdict.reason, pause_after(verdict));
    return lead.ends_with(verdict.result, verdict.reason);
  }
  // Otherwise it was dropped while it was renewed, or displaced.
  if (remembered_.put_into_table(key, verdict, is_renewal) != Stored::yes)
    return lead.ends_without_result();
  lead.ends_with(verdict.result, verdict.reason);
  remembered_.put_into_store(key, verdict.session);
}

/// Out of memory, it is left undone: the session that was found is good.
void SessionBroker::Impl::renew_later(const Question& question, Moment expires) noexcept {
  const SignalsBlocked blocked;
  try {
    const auto& [key, visitor, outcome] = question;
    context_.refresh->add(upstream_.name(),
                          [this, key = key, token = std::string(visitor.token),
                           address = std::string(visitor.address),
                           cookies = std::string(outcome.session.cookies()), expires] {
                            renew(key, {token, address}, cookies, expires);
                          });
  } catch (const std::bad_alloc&) {
  }
}

/// In the background, where few threads wait, and none that requests need. The cached cookies go
/// along, so that it stays the same session at Confluence.
void SessionBroker::Impl::renew(const VisitorKey& key, const Visitor& visitor,
                                std::string_view cookies, Moment expires) {
  // Since it was queued the session may have been dropped, or renewed by another process.
  Outcome known;
  const SessionTable::Found found = shared_.table.find(key, now(), renewal_lease_, known);
  if (!found.is_found || found.expires != expires) return;
  const Caller caller = caller_for(key, visitor, true);
  // Whoever misses the session meanwhile, as its life has ended, follows.
  const auto ticket = shared_.flights.join(key, now(), lease_, caller.process);
  if (ticket.role != SingleFlight::Ticket::leads) return;
  Lead lead(shared_.flights, ticket);
  const Admitted admitted(upstream_, caller, now(), lease_);
  if (!admitted) return lead.ends_with(Result::unavailable, Reason::breaker_open);
  remember(key, exchange(caller, visitor, cookies), true, lead);
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
