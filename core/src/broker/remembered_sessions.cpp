#include "broker/remembered_sessions.h"

#include <algorithm>
#include <cassert>
#include <chrono>

#include "crowd_confluence/cookie/cookie_header.h"
#include "shared/shared_parts.h"

namespace crowd_confluence {
namespace {

WallClockTime wall_clock() {
  return std::chrono::duration_cast<WallClockTime>(
      std::chrono::system_clock::now().time_since_epoch());
}

bool is_any(std::string_view) {
  return true;
}

std::string_view required_cookie(const CookieNames& names, std::string_view cookies) {
  for (CookieScanner scan(cookies); scan.next();)
    if (names.is_required(scan.cookie().name)) return scan.piece();
  return {};
}

}  // namespace

RememberedSessions::RememberedSessions(const SharedState& state, SessionStore* store,
                                       const Clock& clock, Duration session_ttl,
                                       Duration rejection_ttl)
    : secret_(state.secret()),
      table_(SharedParts(state).table),
      store_(store),
      clock_(clock),
      session_ttl_(session_ttl),
      rejection_ttl_(rejection_ttl),
      // The store counts in whole seconds.
      tombstone_ttl_(store != nullptr ? session_ttl + std::chrono::seconds(1) : Duration::zero()) {
  assert(session_ttl > Duration::zero() && rejection_ttl >= Duration::zero());
}

std::optional<StoredSession> RememberedSessions::take_from_store(const VisitorKey& key) {
  if (store_ == nullptr) return std::nullopt;
  const auto sealed = store_->get(key);
  return sealed ? open_session(secret_, key, *sealed) : std::nullopt;
}

bool RememberedSessions::find_in_store(const VisitorKey& key, Outcome& outcome) {
  const auto found = take_from_store(key);
  if (!found) return false;
  // The other machine's clock may differ: nothing is used for longer than this one allows.
  const Duration left = std::min<Duration>(found->expires - wall_clock(), session_ttl_);
  if (left <= Duration::zero()) return false;
  // Perhaps it was dropped while it was looked for.
  if (table_.adopt_session(key, clock_.now(), left, Reason::known, found->session) != Stored::yes)
    return false;
  outcome.result = Result::session;
  outcome.source = Source::store;
  outcome.reason = Reason::known;
  outcome.session = found->session;
  outcome.detail.clear();
  return true;
}

RememberedSessions::Stored RememberedSessions::put_into_table(const VisitorKey& key,
                                                              const Verdict& proven,
                                                              bool is_renewal) {
  const Moment now = clock_.now();
  return is_renewal ? table_.renew_session(key, now, session_ttl_, proven.reason, proven.session)
                    : table_.put_session(key, now, session_ttl_, proven.reason, proven.session);
}

void RememberedSessions::put_into_store(const VisitorKey& key, const Session& session) {
  if (store_ == nullptr) return;
  const auto ttl = std::chrono::ceil<WallClockTime>(session_ttl_);
  store_->put(key, seal_session(secret_, key, {session, wall_clock() + ttl}), ttl);
  // Whoever dropped it since it is in the table may have been at the store before. (With a lease of
  // nothing, a renewal that is due is left to others.)
  Outcome known;
  const SessionTable::Found found = table_.find_locked(key, clock_.now(), Duration::zero(), known);
  if (found.has_tombstone || known.session.cookies() != session.cookies()) store_->remove(key);
}

void RememberedSessions::put_negative(const VisitorKey& key, Reason reason) {
  const Moment now = clock_.now();
  if (rejection_ttl_ > Duration::zero() || tombstone_ttl_ > Duration::zero()) {
    table_.put_negative(key, now, rejection_ttl_, reason, tombstone_ttl_);
  } else {
    table_.drop_session(key, is_any, now, tombstone_ttl_);
  }
}

void RememberedSessions::leave_alone(const VisitorKey& key, Reason reason, Duration pause) {
  const Moment now = clock_.now();
  if (reason == Reason::rate_limited) {
    table_.leave_alone(key, now, pause, reason);
  } else {
    table_.leave_alone_if_again(key, now, pause, reason);
  }
}

void RememberedSessions::remove_from_store(const VisitorKey& key) {
  if (store_ != nullptr) store_->remove(key);
}

void RememberedSessions::drop(const VisitorKey& key, const CookieNames& names,
                              std::string_view cookies) {
  const std::string_view required = required_cookie(names, cookies);
  const auto is_meant = [&](std::string_view others) {
    return required_cookie(names, others) == required;
  };
  const bool was_in_table = table_.drop_session(key, is_meant, clock_.now(), tombstone_ttl_);
  // It may be in the store without being in the table: one that was displaced, for instance.
  if (!was_in_table) {
    const auto stored = take_from_store(key);
    if (!stored || !is_meant(stored->session.cookies())) return;
  }
  remove_from_store(key);
}

void RememberedSessions::drop_any(const VisitorKey& key) {
  table_.drop_session(key, is_any, clock_.now(), tombstone_ttl_);
  remove_from_store(key);
}

}  // namespace crowd_confluence
