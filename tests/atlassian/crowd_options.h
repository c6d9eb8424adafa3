// How the simulated Crowd is set up.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "listener.h"
#include "remote_ip_valve.h"
#include "user.h"

namespace atlassian {

enum class TokenStyle {
  kShort,  ///< 24 characters ending in "00"
  kLong,   ///< about 100 characters of base64url, with '-', '_' and a trailing '='
};

/// An application that may ask Crowd.
struct Application {
  std::string name = {};
  std::string password = {};
  /// Addresses or networks from which it may call; empty: any.
  std::vector<std::string> allowed_clients = {};
  /// False: Crowd refuses it with a 403 that names no address.
  bool active = true;
  /// Users whom Crowd does not let into it: APPLICATION_ACCESS_DENIED.
  std::vector<std::string> denied_users = {};

  bool denies(std::string_view user) const {
    return std::find(denied_users.begin(), denied_users.end(), user) != denied_users.end();
  }
};

/// What Crowd's REST API answers instead of an answer, also to Confluence.
enum class Overload {
  kNone,
  kTooManyRequests,  ///< 429
  kUnavailable,      ///< 503
  kEveryOther,       ///< 503 to every second question
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
  /// As Application::active and denied_users, for the application above, which is Confluence's.
  bool application_active = true;
  std::vector<std::string> application_denied_users = {};
  std::vector<Application> other_applications = {};
  Overload overload = Overload::kNone;
  /// RemoteIpValve stands in front of Crowd.
  bool remote_ip_valve = false;
  RemoteIpValve valve = {};

  TokenStyle token_style = TokenStyle::kShort;
  std::chrono::seconds session_lifetime = std::chrono::minutes(30);
  /// Status for a token that is unknown or does not validate: 400 or 404, both were seen.
  unsigned invalid_token_status = 400;
  /// Of X-Embedded-Crowd-Version; empty: the header is not sent, as by something that is no Crowd.
  std::string version = "5.1.0";
  /// The log-in page takes a chosen user without a password (a password that is sent must be
  /// right).
  bool login_page_without_password = true;
};

}  // namespace atlassian
