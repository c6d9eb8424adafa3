// Why SSO does not work: what an administrator has to change.
//
// A Reason (outcome.h) says what one answer meant. A Cause says why it came to that, and where to
// mend it. One reason may have many causes.

#ifndef CROWD_CONFLUENCE_DIAGNOSIS_CAUSE_H_
#define CROWD_CONFLUENCE_DIAGNOSIS_CAUSE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// Words and numbers are stable: a new cause takes the next number, and none is given twice.
/// docs/causes.md has a section for each.
enum class Cause : std::uint8_t {
  // The client's address.
  untrusted_proxy = 0,
  token_bound_to_proxy = 1,
  mixed_binding = 2,
  forwarded_for_chain = 3,
  remoteip_valve = 4,
  address_form = 5,
  address_changed = 6,
  // The token and its cookie.
  token_expired = 7,
  cookie_name = 8,
  cookie_name_override = 9,
  cookie_domain = 10,
  cookie_secure = 11,
  cookie_duplicate = 12,
  two_crowds = 13,
  sso2_only = 14,
  // Confluence and its way to Crowd.
  sso_off = 15,
  crowd_properties_incomplete = 16,
  crowd_link = 17,
  crowd_slow = 18,
  crowd_access_denied = 19,
  // The user.
  user_not_in_confluence = 20,
  not_permitted = 21,
  name_differs = 22,
  // The way to Confluence.
  base_url = 23,
  foreign_gate = 24,
  cached_answer = 25,
  cluster_node = 26,
  // The app.
  session_cookie_clash = 27,
  authorization_sent = 28,
  // Confluence refuses for now.
  captcha = 29,
  xsrf = 30,
  rate_limited = 31,
  maintenance = 32,
  header_too_large = 33,
  // This server's own way to Crowd.
  crowd_address_forbidden = 34,
  crowd_application_closed = 35,
  crowd_password = 36,
  wrong_application = 37,
  not_a_crowd = 38,
  // The network.
  unreachable = 39,
  tls = 40
};
inline constexpr Cause kLastCause = Cause::tls;

/// How well a cause can be told from outside.
enum class Provability : std::uint8_t {
  provable,   // answers prove it
  likely,     // answers make it likely, a log decides
  ambiguous,  // answers do not tell it from another cause
};

struct CauseMeaning {
  Cause cause;
  Provability provability;
  std::string_view word;      // stable: `untrusted-proxy`
  std::string_view sentence;  // what is wrong; a sentence without a full stop
  /// What to do. `{name}` stands for a value of the set-up, see `diagnose()`.
  std::string_view remedy;
  std::string_view decided_by;  // what would decide where it is one of several candidates
  std::string_view anchor;      // in the documents: docs/causes.md#anchor
};

/// All of them in the order of their numbers.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::span<const CauseMeaning> all_causes();

[[nodiscard]] CROWD_CONFLUENCE_EXPORT const CauseMeaning& meaning_of(Cause cause);

[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::optional<Cause> cause_of(std::string_view word);

[[nodiscard]] inline std::string_view to_string(Cause cause) {
  return meaning_of(cause).word;
}

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_DIAGNOSIS_CAUSE_H_
