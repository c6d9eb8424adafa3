// How the simulated Confluence is set up, and what stands before it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "listener.h"
#include "remote_ip_valve.h"

namespace atlassian {

enum class Flavour {
  kConfluence,
  kConfluence5,  ///< has no /rest/api/user/current
  kJira,         ///< /rest/api/2/myself, atlassian.xsrf.token
};

/// What a request with a JSESSIONID that this node does not know gets.
enum class ForeignSession {
  kNewSession,
  kUnauthorized,  ///< 401 "os_authType was 'any' and an invalid cookie was sent."
};

/// What /rest/api/user/current answers to nobody in particular.
enum class AnonymousProbe {
  kAnonymousBody,  ///< 200 with "type":"anonymous"
  kForbidden,      ///< 403 "Not permitted to use confluence : null"
};

/// How a log-in is told in X-Seraph-LoginReason.
enum class LoginReasonStyle {
  kOnce,      ///< OK
  kFolded,    ///< "OUT, OK" in one line
  kTwoLines,  ///< OUT and OK in a line each
};

enum class SetCookieStyle {
  kPlain,
  kLowerCaseAttributes,  ///< path=/;secure;httponly, without blanks
  kFolded,               ///< all cookies in one line, separated by commas
  kQuotedVersion1,       ///< name="value"; Version=1; Path="/"
  kRemovedThenSet,       ///< first name=""; Expires=…1970…, then the value
  kSetThenRemoved,       ///< the same the other way round: the cookie is gone in the end
  kSameSiteNone,         ///< with SameSite=None; Secure
};

enum class Maintenance {
  kNone,
  kUnavailable,  ///< 503
  kErrorPage,    ///< 302 to the Johnson error page
};

/// A gateway before Confluence that wants a log-in of its own. Its answers have none of Atlassian's
/// headers.
enum class Gateway {
  kNone,
  kRedirect,      ///< 302 to an identity provider
  kLoginPage,     ///< 200 with an HTML form
  kUnauthorized,  ///< 401
  kForbidden,     ///< 403
};

/// A cache before Confluence that serves its first good answer for a URL to everybody.
enum class Cache {
  kNone,
  kSilent,  ///< only the token in Set-Cookie gives it away
  kAge,     ///< tells Age
  kXCache,  ///< tells X-Cache: HIT or MISS
};

/// Data Center rate limiting: a bucket per user, filled by fill_rate every interval.
struct RateLimit {
  std::uint64_t limit = 100;
  std::uint64_t fill_rate = 10;
  std::chrono::seconds interval = std::chrono::seconds(1);
  /// Sent as Retry-After with a 429 instead of the number of seconds, for instance an HTTP date.
  std::string retry_after = {};
};

struct ConfluenceOptions {
  Listener listener = {};
  Flavour flavour = Flavour::kConfluence;
  /// Empty or "/confluence".
  std::string context_path = {};
  /// Used in links and absolute Locations; empty: the URL the server listens on.
  std::string base_url = {};
  bool absolute_locations = false;

  /// Off: Crowd's authenticator is not active, every token is nobody.
  bool sso_enabled = true;
  /// Off: Confluence cannot ask Crowd (wrong application password, Crowd is down).
  bool crowd_reachable = true;
  /// Name and password that Confluence shows to Crowd, and its address as Crowd sees it. Empty:
  /// what Crowd expects.
  std::string crowd_application = {};
  std::string crowd_password = {};
  std::string own_address = {};
  /// Keys that crowd.properties lacks, of session.lastvalidation, session.tokenkey and
  /// session.isauthenticated. Any of them: a token leads to X-Seraph-LoginReason: OUT, always.
  std::vector<std::string> missing_properties = {};
  /// cookie.tokenkey and cookie.domain of crowd.properties; empty: as Crowd says.
  std::string cookie_tokenkey = {};
  std::string cookie_domain = {};
  /// SAML (SSO 2.0): the log-in page leads there. Empty: Confluence has a log-in page of its own.
  std::string saml_login_url = {};
  /// User::captcha_required holds for log-ins by token, too.
  bool captcha_for_tokens = false;
  /// Authorization: Basic is refused, and costs the session that came with it.
  bool basic_blocked = false;
  bool anonymous_access = false;
  AnonymousProbe anonymous_probe = AnonymousProbe::kAnonymousBody;
  /// Answer kForbidden, too, for a user with a good token who may not use Confluence.
  bool forbid_users_without_permission = true;
  /// A filter asks for the permission "can use" before the REST API: a bare 401 for anonymous
  /// visitors, and for a user without it a 403 that names the user in X-AUSERNAME.
  bool can_use_filter = false;

  /// How long a proven session is trusted: neither Crowd nor the address is asked. 0: ask each
  /// time.
  std::chrono::seconds validation_interval = std::chrono::minutes(2);
  std::chrono::seconds session_idle_timeout = std::chrono::minutes(60);
  ForeignSession foreign_session = ForeignSession::kNewSession;
  std::string session_cookie_name = "JSESSIONID";
  /// Appended to the session id, for instance ".node1".
  std::string session_id_suffix = {};
  bool session_cookie_secure = false;
  bool repeat_crowd_cookie = true;
  SetCookieStyle set_cookie_style = SetCookieStyle::kPlain;
  LoginReasonStyle login_reason_style = LoginReasonStyle::kOnce;
  /// A proxy on the way takes X-Seraph-LoginReason and X-AUSERNAME off.
  bool strip_seraph_headers = false;
  /// Jira: atlassian.xsrf.token is joined with '_' instead of '|'.
  bool xsrf_token_with_underscores = false;

  /// RemoteIpValve stands in front of Confluence.
  bool remote_ip_valve = false;
  RemoteIpValve valve = {};

  Gateway gateway = Gateway::kNone;
  /// Every request is redirected to this base URL; empty: none is.
  std::string moved_to = {};
  Cache cache = Cache::kNone;
  /// Tomcat refuses a request with more bytes of request line and headers; 0: no bound.
  std::uint64_t max_header_bytes = 0;
  /// How it refuses it: 400 or 431.
  unsigned header_too_large_status = 400;

  /// More than one: sessions live on one node, found by the sticky cookie, else by turns.
  unsigned nodes = 1;
  /// AWSALB (with AWSALBCORS), ROUTEID, BIGipServer…, __VCAP_ID__ …; empty: a balancer without one.
  /// Set also for one node when not empty.
  std::string sticky_cookie = {};

  std::optional<RateLimit> rate_limit = {};
  Maintenance maintenance = Maintenance::kNone;
  /// Sent with a 503; empty: none.
  std::string maintenance_retry_after = "30";
};

}  // namespace atlassian
