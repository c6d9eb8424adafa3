// How the simulated Crowd and Confluence are set up. Plain values: copy, change, hand over.
//
// Names of options are also their names in the control API's JSON and in the program's option file.
// All may be changed while the simulator runs (Simulator::configure_crowd, configure_confluence),
// except those grouped in Listener.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atlassian {

/// A person in Crowd's directory.
struct User {
  std::string name = {};
  std::string password = {};
  std::string display_name = {};
  std::string email = {};
  /// Spaces of Confluence that this user may see besides those open to everybody who is logged in.
  std::vector<std::string> spaces = {};
  /// False: Crowd knows the user, Confluence does not let the user in.
  bool may_use_confluence = true;
  /// Password log-ins (Basic) are denied until a CAPTCHA is solved: AUTHENTICATION_DENIED.
  bool captcha_required = false;
};

/// alice, bob and carol, who use Confluence, and dave, who may not. The password is the name.
std::vector<User> default_users();

/// Where a server listens. Fixed for the simulator's lifetime.
struct Listener {
  /// Any address of 127.0.0.0/8, or ::1.
  std::string address = "127.0.0.1";
  /// 0: a free port.
  std::uint16_t port = 0;
  /// PEM files. Both set: the server speaks TLS only.
  std::string certificate_file = {};
  std::string private_key_file = {};
  /// PEM file. Set: clients must show a certificate of this CA.
  std::string client_ca_file = {};
  /// Threads that serve connections.
  unsigned threads = 1;
};

enum class TokenStyle {
  kShort,  ///< 24 characters ending in "00"
  kLong,   ///< about 100 characters of base64url, with '-', '_' and a trailing '='
};

/// How Crowd finds the client in an X-Forwarded-For of several addresses.
enum class ForwardedForReading {
  kCode,           ///< leftmost if the peer and all others are trusted, the peer otherwise
  kDocumentation,  ///< from the right, up to the first hop that is not trusted
};

struct CrowdOptions {
  Listener listener = {};
  std::string context_path = "/crowd";
  std::vector<User> users = default_users();

  std::string cookie_name = "crowd.token_key";
  std::string cookie_domain = {};
  bool cookie_secure = false;

  /// Addresses or networks ("127.0.0.1", "10.0.0.0/8").
  std::vector<std::string> trusted_proxies = {};
  ForwardedForReading forwarded_for_reading = ForwardedForReading::kCode;
  /// "Require consistent client IP address". Changing it ends every session.
  bool consistent_ip = true;
  /// Compare addresses as addresses; off: as text, so that ::1 is not 0:0:0:0:0:0:0:1.
  bool normalise_addresses = false;

  std::string application_name = "confluence";
  std::string application_password = "application-password";
  /// Addresses or networks from which the application may call; empty: any.
  std::vector<std::string> allowed_clients = {};

  TokenStyle token_style = TokenStyle::kShort;
  std::chrono::seconds session_lifetime = std::chrono::minutes(30);
  /// Status for a token that is unknown or does not validate: 400 or 404, both were seen.
  unsigned invalid_token_status = 400;
  std::string version = "5.1.0";
  /// The log-in page takes a chosen user without a password (a password that is sent must be
  /// right).
  bool login_page_without_password = true;
};

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
  bool anonymous_access = false;
  AnonymousProbe anonymous_probe = AnonymousProbe::kAnonymousBody;
  /// Answer kForbidden, too, for a user with a good token who may not use Confluence.
  bool forbid_users_without_permission = true;

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

  /// Tomcat's RemoteIpValve stands in front: takes the address from X-Forwarded-For and removes it.
  bool remote_ip_valve = false;

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

struct SimulatorOptions {
  CrowdOptions crowd = {};
  ConfluenceOptions confluence = {};
  /// Set: the control API is served there (see src/control.h).
  std::optional<Listener> control = {};
  /// How many requests are remembered for Simulator::requests(); older ones are forgotten.
  std::size_t remembered_requests = 10'000;
};

}  // namespace atlassian
