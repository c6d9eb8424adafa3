// Everything that is known of a case, as plain values: what `diagnose()` judges.
//
// Nothing in it is a secret. Names and texts that come from outside are printable ASCII or UTF-8
// without control characters, and short; whoever writes HTML escapes them.

#ifndef CROWD_CONFLUENCE_DIAGNOSIS_EVIDENCE_H_
#define CROWD_CONFLUENCE_DIAGNOSIS_EVIDENCE_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/confluence/seraph.h"
#include "crowd_confluence/confluence/settings.h"
#include "crowd_confluence/crowd/client.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/http/error.h"
#include "crowd_confluence/outcome.h"

namespace crowd_confluence {

/// How the SSO cookie came, if at all.
enum class TokenState : std::uint8_t {
  usable,
  absent,    // no cookie of the configured name
  empty,     // the first one of the name has no value, and the first one counts
  malformed  // it has characters that no token of Crowd has, or is too long
};

/// The request whose SSO does not work, as httpd received it. Where nobody made one (the command
/// was given a token), `scheme` and `host` are empty unless they were told.
struct RequestEvidence {
  std::string scheme;          // http or https, as the browser has it
  std::string host;            // the app's, in lower case, without a port
  std::string client_address;  // canonical (address.h): what is sent to Confluence
  /// httpd's peer where mod_remoteip or the like took `client_address` from a header; or empty.
  std::string peer_address;
  /// What X-Forwarded-For had when the request came, from left to right; addresses only, canonical.
  std::vector<std::string> forwarded_for;

  TokenState token = TokenState::absent;
  std::size_t token_cookies = 0;  // how many cookies have the configured name
  std::vector<std::string>
      cookie_names;          // each name once; the first 100, each of 100 bytes at most
  bool has_cookies = false;  // false: the cookies are not known

  bool has_authorization = false;   // the request for the app carries Authorization
  bool has_session_cookie = false;  // the browser sent a cookie named as one of the session's
};

/// What no question tells, but somebody has seen: a person, or the module in other requests.
struct Observations {
  bool just_logged_in = false;            // the token was made a moment ago
  bool nobody_has_a_cookie = false;       // no visitor at all, not just this one
  bool works_after_other_log_in = false;  // with a log-in in another product it works
  bool works_from_other_server = false;   // for the same visitor, through another httpd
  bool varies = false;                    // good and anonymous by turns
  bool session_ends_early = false;        // sessions end after calls of the app
  bool app_sets_session_cookie = false;   // the app sets a cookie named as one of the session's
  bool app_write_fails_xsrf = false;      // a write of the app's got 403 "XSRF check failed"
};

/// How this server reaches both, and what it does. From the settings.
struct SetupEvidence {
  std::string confluence;         // the base URL
  std::string confluence_scheme;  // http or https
  std::string confluence_host;    // without port
  std::string probe_path;         // what is asked, below it
  std::string crowd;              // the base URL; empty: Crowd cannot be asked
  std::string crowd_host;
  std::string application;  // in whose name Crowd is asked
  /// Whether that is Confluence's own application; unset: not known.
  std::optional<bool> is_confluences_application;
  std::string token_cookie = "crowd.token_key";
  bool forwarded_for = true;            // Confluence is told the client's address
  bool passes_cookies = true;           // the app gets the session in cookies of their own names
  std::vector<std::string> candidates;  // addresses that a token may be bound to: front proxies
};

/// One answer of Confluence, or why there is none.
struct ConfluenceEvidence {
  Result result = Result::unavailable;
  Reason reason = Reason::internal;
  int status = 0;                      // 0: no answer
  std::optional<HttpFailure> failure;  // why there is none
  bool is_unconnected = false;
  std::string detail;  // with Result::unavailable or a failure: what happened, in words
  std::string user;    // whom the answer names; empty: nobody, or anonymous
  LoginReason login_reason = LoginReason::none;

  bool is_from_atlassian = false;  // it has headers that only Atlassian's applications write
  bool is_page_of_tomcat = false;  // an error page of Tomcat's own
  bool is_html = false;
  bool repeats_token = false;       // it sets the SSO cookie with the same token: Crowd's consent
  bool has_rate_limit = false;      // X-RateLimit-*: it answers a user who is logged in
  std::string other_token_cookie;   // the name under which it sets an SSO cookie, if another one
  std::string cache_header;         // the header by which a cache shows itself
  std::string cluster_node;         // X-Confluence-Cluster-Node
  std::string left_out_balancer;    // a load balancer's cookie that is not passed on
  bool session_names_node = false;  // the session's cookies tell the node
  // Where a redirect leads; without what may be a secret.
  std::string location;  // the whole URL
  std::string location_scheme;
  std::string location_host;
  std::string location_path;

  /// This host's end of the connection, canonical: this server as Confluence sees it, unless an
  /// address is translated (NAT) or a proxy stands on the way.
  std::string local_address;
  std::chrono::milliseconds took{0};
};

/// One answer of Crowd about a token, or why there is none.
struct CrowdEvidence {
  std::optional<CrowdError> error;  // unset: Crowd knows the token, and these factors fit
  std::string user;
  std::chrono::milliseconds took{0};
};

struct CookieConfigEvidence {
  std::optional<CrowdError> error;
  CrowdCookie cookie;  // unless there is an error
  std::chrono::milliseconds took{0};
};

/// What Crowd says to one candidate: an address for which the token may have been made.
struct CandidateEvidence {
  enum Kind : std::uint8_t {
    other_form,   // the client's address, written in another way
    of_chain,     // an address of the X-Forwarded-For with which the request came
    front_proxy,  // one of SetupEvidence::candidates, or httpd's peer
    this_server   // the local address of the connection to Confluence
  };
  Kind kind = front_proxy;
  std::string address;
  CrowdEvidence answer;
};

/// The questions are those of the table in docs/causes.md. None carries a session cookie.
struct Evidence {
  SetupEvidence setup;
  RequestEvidence request;
  Observations observed;

  std::optional<ConfluenceEvidence> probe;                  // A: token and X-Forwarded-For
  std::optional<ConfluenceEvidence> probe_without_address;  // A0: the same without X-Forwarded-For
  std::optional<ConfluenceEvidence> probe_again;            // A once more: which node answers?
  std::optional<ConfluenceEvidence> probe_without_token;  // neither token nor address: a small one
  std::optional<ConfluenceEvidence> login_page;           // where Confluence sends people to log in
  std::optional<CookieConfigEvidence> cookie_config;      // B
  std::optional<CrowdEvidence> session;                   // C
  std::optional<CrowdEvidence> as_client;                 // D1: remote_address is the client's
  std::optional<CrowdEvidence> as_forwarded;  // D2: remote_address is this server's, and
                                              //     X-Forwarded-For the client's
  std::vector<CandidateEvidence> candidates;  // D3…
  bool has_untried_candidates = false;        // there was no time, or no question left, for more
};

/// From the settings, as far as they tell. `crowd` may be null.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT SetupEvidence setup_of(const ConfluenceSettings& confluence,
                                                             const CrowdSettings* crowd);

/// Adds what a Cookie header tells (a request may have several) to cookie_names, token and
/// token_cookies.
CROWD_CONFLUENCE_EXPORT void note_cookies(std::string_view header,
                                          const ConfluenceSettings& settings,
                                          RequestEvidence& request);

/// Adds the addresses of an X-Forwarded-For header to forwarded_for.
CROWD_CONFLUENCE_EXPORT void note_forwarded_for(std::string_view header, RequestEvidence& request);

/// What an outcome tells of Confluence's answer, where nobody has kept the answer itself: for the
/// log. Nothing for Result::missing, as nobody was asked.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::optional<ConfluenceEvidence> evidence_of(
    const Outcome& outcome);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_DIAGNOSIS_EVIDENCE_H_
