// Crowd's REST API, as far as SSO needs it.
//
// Sources: Atlassian's "Crowd REST resources" for calls and answers; recorded responses for the
// HTML of a refusal (tests/recorded); the client code of Crowd 5.1 for the names of the factors.

#ifndef CROWD_CONFLUENCE_CROWD_CLIENT_H_
#define CROWD_CONFLUENCE_CROWD_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crowd_confluence/crowd/settings.h"
#include "crowd_confluence/expected.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/http/client.h"

namespace crowd_confluence {

/// Why Crowd gave no answer of use.
enum class CrowdFailure : std::uint8_t {
  // Crowd refuses the application in whose name it was asked.
  bad_credentials,     // 401: the application's name or password is wrong
  address_forbidden,   // 403 in HTML with an address: this host may not ask for the application
  application_closed,  // 403 in HTML without one: the application is inactive
  access_denied,       // 403 in JSON, APPLICATION_ACCESS_DENIED: it is not for this user
  // Crowd refuses the token.
  invalid_token,  // 400 or 404: unknown, over, or made for another client
  // Crowd says nothing about the token.
  not_a_crowd,   // the answer is not Crowd's: no X-Embedded-Crowd-Version
  rate_limited,  // 429
  server_error,  // 5xx
  unexpected_answer,
  // There is no answer. As HttpFailure has them.
  timeout,
  refused,
  name_lookup,
  tls,
  proxy,
  network,
  protocol,
  too_large,
  internal  // this process could not ask, or must not: a token that no URL may carry
};

/// Stable, for messages and tests: `bad-credentials`, `address-forbidden` and so on.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::string_view to_string(CrowdFailure failure);

struct CrowdError {
  CrowdFailure failure = CrowdFailure::internal;
  std::string text;  // what happened, for an administrator; without a full stop and without secrets
  /// With address_forbidden: this host as Crowd sees it, in the form in which Crowd writes it.
  std::string address;
  int status = 0;                                   // 0: there was no answer
  bool is_unconnected = false;                      // no connection could be made
  std::optional<std::chrono::seconds> retry_after;  // as a 429 or 503 asks
};

/// How applications are to set the SSO cookie: GET /config/cookie.
struct CrowdCookie {
  std::string name;    // a valid cookie name
  std::string domain;  // empty: the cookie is for one host; otherwise perhaps with a dot before it
  bool secure = false;
};

/// What Crowd knows of a token.
struct CrowdSession {
  std::string user;
  /// By Crowd's clock; missing where Crowd is too old to tell.
  std::optional<std::chrono::system_clock::time_point> created;
  std::optional<std::chrono::system_clock::time_point> expires;
};

/// By what Crowd finds out for which client a token is used. It compares that with the client for
/// which the token was made, as text.
struct ValidationFactors {
  std::string remote_address;  // the peer, as the application sees it
  std::string forwarded_for;   // the X-Forwarded-For that came with it; empty: none

  friend bool operator==(const ValidationFactors&, const ValidationFactors&) = default;
};

/// Asks one Crowd in the name of one application. It sends no X-Forwarded-For: Crowd would take
/// that for the application's address. A token stands percent-encoded in the path, without the
/// quotes that its cookie may have; password and token are in no error's text. A call blocks until
/// `deadline` at most, with the limits of HttpClient. A successful question about a token renews
/// its idle time at Crowd.
///
/// Thread-safe. `HttpLibrary` must exist before and until after.
class CROWD_CONFLUENCE_EXPORT CrowdClient {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit CrowdClient(CrowdSettings settings);

  [[nodiscard]] Expected<CrowdCookie, CrowdError> cookie_config(Deadline deadline);

  /// Looks a token up. For which client it was made plays no part.
  [[nodiscard]] Expected<CrowdSession, CrowdError> session(std::string_view token,
                                                           Deadline deadline);

  /// Asks whether the token is good for this client, as Confluence does. It is sent once only: over
  /// a new connection, and not again when that breaks.
  [[nodiscard]] Expected<CrowdSession, CrowdError> validate(std::string_view token,
                                                            const ValidationFactors& factors,
                                                            Deadline deadline);

  [[nodiscard]] const CrowdSettings& settings() const { return settings_; }

 private:
  [[nodiscard]] std::string authorization() const;

  CrowdSettings settings_;
  std::string api_url_;
  HttpClient http_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_CROWD_CLIENT_H_
