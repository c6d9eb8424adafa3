#include "broker/remembered_sessions.h"

#include <algorithm>
#include <chrono>

#include "crowd_confluence/cookie/cookie_header.h"

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

RememberedSessions::RememberedSessions(SharedState& state, SessionStore* store, const Clock& clock,
                                       Moment session_ttl, Moment rejection_ttl)
    : state_(state),
      store_(store),
      clock_(clock),
      session_ttl_(session_ttl),
      rejection_ttl_(rejection_ttl),
      // The store counts in whole seconds.
      mark_ttl_(store != nullptr ? session_ttl + std::chrono::seconds(1) : Moment::zero()) {}

std::optional<StoredSession> RememberedSessions::take_from_store(const VisitorKey& key) {
  if (store_ == nullptr) return std::nullopt;
  const auto sealed = store_->get(key);
  return sealed ? open_session(state_.secret(), key, *sealed) : std::nullopt;
}

std::optional<RememberedSessions::Stored> RememberedSessions::find_in_store(const VisitorKey& key,
                                                                            Outcome& outcome) {
  const auto found = take_from_store(key);
  if (!found) return std::nullopt;
  // The other machine's clock may differ: nothing is used for longer than this one allows.
  const Moment left = std::min<Moment>(found->expires - wall_clock(), session_ttl_);
  if (left <= Moment::zero()) return std::nullopt;
  const Stored adopted =
      state_.table().adopt_session(key, clock_.now(), left, Reason::known, found->session);
  if (adopted == Stored::no_room) return std::nullopt;  // dropped while it was looked for
  outcome.result = Result::session;
  outcome.source = Source::store;
  outcome.reason = Reason::known;
  outcome.session = found->session;
  outcome.detail.clear();
  return adopted;
}

RememberedSessions::Stored RememberedSessions::put_into_table(const VisitorKey& key,
                                                              const Verdict& proven,
                                                              bool is_renewal) {
  SessionTable& table = state_.table();
  const Moment now = clock_.now();
  return is_renewal ? table.renew_session(key, now, session_ttl_, proven.reason, proven.session)
                    : table.put_session(key, now, session_ttl_, proven.reason, proven.session);
}

void RememberedSessions::put_into_store(const VisitorKey& key, const Session& session,
                                        Stored stored) {
  if (store_ == nullptr) return;
  const auto ttl = std::chrono::ceil<WallClockTime>(session_ttl_);
  store_->put(key, seal_session(state_.secret(), key, {session, wall_clock() + ttl}), ttl);
  // Whoever dropped it since it is in the table may have been at the store before. (With a lease of
  // nothing, a renewal that is due is left to others.)
  Outcome known;
  const SessionTable::Found found =
      state_.table().find_after_writers(key, clock_.now(), Moment::zero(), known);
  if (found.is_marked || (stored == Stored::yes && known.session.cookies() != session.cookies()))
    store_->remove(key);
}

void RememberedSessions::refuse(const VisitorKey& key, Reason reason) {
  SessionTable& table = state_.table();
  const Moment now = clock_.now();
  if (rejection_ttl_ > Moment::zero() || mark_ttl_ > Moment::zero()) {
    table.put_refusal(key, now, rejection_ttl_, reason, mark_ttl_);
  } else {
    table.drop_session(key, is_any, now, mark_ttl_);
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
  const bool was_in_table = state_.table().drop_session(key, is_meant, clock_.now(), mark_ttl_);
  // It may be in the store without being in the table: one that does not fit, for instance.
  if (!was_in_table) {
    const auto stored = take_from_store(key);
    if (!stored || !is_meant(stored->session.cookies())) return;
  }
  remove_from_store(key);
}

void RememberedSessions::drop_any(const VisitorKey& key) {
  state_.table().drop_session(key, is_any, clock_.now(), mark_ttl_);
  remove_from_store(key);
}

}  // namespace crowd_confluence
