// What came of the question for a session, in words that logs, variables and tests rely on.

#ifndef CROWD_CONFLUENCE_OUTCOME_H_
#define CROWD_CONFLUENCE_OUTCOME_H_

#include <chrono>
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

/// Why. The words (`to_string`) are stable; docs/troubleshooting.md lists each with cause and
/// remedy. So are the numbers, as they lie in shared memory over an upgrade: a new reason takes the
/// next number of all, whatever its group, and a number is never given to another one.
enum class Reason : std::uint8_t {
  // session
  known = 0,   // the probe's answer names the user
  seraph = 1,  // X-Seraph-LoginReason and X-AUSERNAME do
  // missing
  no_cookie = 2,
  empty_cookie = 3,
  malformed_cookie = 4,
  // rejected
  anonymous = 5,
  unauthorized = 6,
  login_denied = 7,  // a CAPTCHA stands between
  login_failed = 8,
  logged_out = 9,
  login_page = 10,
  not_permitted = 11,  // Crowd knows the token, and Confluence does not let the user in
  // unavailable
  timeout = 12,
  refused = 13,
  name_lookup = 14,
  tls = 15,
  proxy = 16,
  network = 17,
  protocol = 18,
  too_large = 19,
  rate_limited = 20,
  server_error = 21,
  redirect = 22,
  forbidden = 23,
  unexpected_answer = 24,
  no_session_cookie = 25,
  bad_address = 26,
  breaker_open = 27,
  too_many_waiting = 28,
  leader_lost = 29,
  internal = 30,
  cached_answer = 31,  // a cache on the way gave it, made for somebody else or at another time
  gateway = 32         // something before Confluence wants a log-in for itself
};
inline constexpr Reason kLastReason = Reason::gateway;

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
/// What a reason means, in one place for all who act on it.
struct ReasonMeaning {
  Reason reason;
  Result result;          // the one that it explains; a leader may share others with its followers
  std::string_view word;  // terminated by NUL
  std::string_view explanation;  // a sentence for the log without a full stop: what happened, for
                                 // somebody who does not know the code; terminated by NUL
  /// Confluence, or the way there, is ailing: the breaker counts it. Any other answer shows that
  /// Confluence lives, even if it helps nobody.
  bool is_failure;
  /// Worth a warning in the log wherever it comes from: not that of a request that only shares
  /// what another one reported, or that was turned away because of something reported before.
  bool is_news;
  /// Confluence may have refused the session cookies that were sent along (it was restarted, say),
  /// and not the token: to be asked again without them.
  bool may_be_due_to_cookies;
};

[[nodiscard]] CROWD_CONFLUENCE_EXPORT const ReasonMeaning& meaning_of(Reason reason);

[[nodiscard]] inline std::string_view to_string(Reason reason) {
  return meaning_of(reason).word;
}
[[nodiscard]] inline std::string_view explanation(Reason reason) {
  return meaning_of(reason).explanation;
}

struct Outcome {
  Result result = Result::missing;
  Source source = Source::none;
  Reason reason = Reason::no_cookie;
  Session session;     // empty unless result is Result::session
  std::string detail;  // with Result::unavailable, what happened in words; may be empty; no secrets
  int status = 0;      // of Confluence's answer; 0: not asked for this request, or no answer
  /// With Result::unavailable, when it makes sense to ask again; zero when that is not known.
  std::chrono::milliseconds retry_after{0};
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_OUTCOME_H_
