// What came of the question for a session, in words that logs, variables and tests rely on.

#ifndef CROWD_CONFLUENCE_OUTCOME_H_
#define CROWD_CONFLUENCE_OUTCOME_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "crowd_confluence/export.h"
#include "crowd_confluence/session.h"

namespace crowd_confluence {

enum class Result : std::uint8_t {
  session,     // proven: Confluence knows this user
  missing,     // the request has no SSO cookie to ask with
  rejected,    // Confluence says that this token is nobody
  unavailable  // it cannot be told
};

/// Where the outcome comes from.
enum class Source : std::uint8_t {
  none,
  table,     // remembered by this server
  store,     // remembered by another machine
  exchange,  // Confluence was asked for this request
  follower   // Confluence was asked for another request of the same visitor
};

/// Why. The words are stable; docs/troubleshooting.md lists each with cause and remedy.
enum class Reason : std::uint8_t {
  // session
  known,   // the probe's answer names the user
  seraph,  // X-Seraph-LoginReason and X-AUSERNAME do
  // missing
  no_cookie,
  empty_cookie,
  malformed_cookie,
  // rejected
  anonymous,
  unauthorized,
  login_denied,  // a CAPTCHA stands between
  login_failed,
  logged_out,
  login_page,
  not_permitted,  // Crowd knows the token, and Confluence does not let the user in
  // unavailable
  timeout,
  refused,
  name_lookup,
  tls,
  proxy,
  network,
  protocol,
  too_large,
  rate_limited,
  server_error,
  redirect,
  forbidden,
  unexpected_answer,
  no_session_cookie,
  bad_address,
  breaker_open,
  too_many_waiting,
  leader_lost,
  internal
};

[[nodiscard]] constexpr std::string_view to_string(Result result) {
  switch (result) {
    case Result::session:
      return "session";
    case Result::missing:
      return "missing";
    case Result::rejected:
      return "rejected";
    case Result::unavailable:
      break;
  }
  return "unavailable";
}
[[nodiscard]] constexpr std::string_view to_string(Source source) {
  switch (source) {
    case Source::table:
      return "table";
    case Source::store:
      return "store";
    case Source::exchange:
      return "exchange";
    case Source::follower:
      return "follower";
    case Source::none:
      break;
  }
  return "none";
}
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::string_view to_string(Reason reason);

/// A sentence for the log without a full stop: what happened, for somebody who does not know the
/// code.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::string_view explanation(Reason reason);

struct Outcome {
  Result result = Result::missing;
  Source source = Source::none;
  Reason reason = Reason::no_cookie;
  Session session;     // empty unless result is Result::session
  std::string detail;  // with Result::unavailable, what happened in words; may be empty; no secrets
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_OUTCOME_H_
