// The module's settings in one section of httpd's configuration, and how an inner section's join an
// outer one's.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_CONFIG_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_CONFIG_H_

#include <httpd.h>

#include <ap_expr.h>
#include <apr_tables.h>
#include <http_config.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "apr/socache.h"
#include "config/told_cookie_name.h"
#include "crowd_confluence/broker/session_broker.h"
#include "crowd_confluence/confluence/settings.h"
#include "crowd_confluence/cookie/cookie_names.h"
#include "crowd_confluence/crowd/settings.h"
#include "crowd_confluence/http/certificates.h"
#include "crowd_confluence/http/url.h"
#include "crowd_confluence/outcome.h"
#include "crowd_confluence/secret_text.h"

namespace crowd_confluence::httpd {

/// CrowdConfluenceURL with its parameters, which are one setting.
struct Upstream {
  const char* place = "";  // where it stands, for messages
  BaseUrl base_url;
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds timeout{5000};
  std::chrono::milliseconds retry{30'000};
  std::optional<std::uint32_t> max_waiting;  // half of the server's threads unless set
};

/// The SSO cookie's name unless another one is set.
inline constexpr const char* kUsualTokenCookie = "crowd.token_key";

/// CrowdConfluenceCrowdURL with its parameters.
struct Crowd {
  const char* place = "";  // where it stands, for messages
  BaseUrl base_url;
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds timeout{5000};
  std::chrono::milliseconds retry{30'000};  // after a question that had no answer
  static constexpr std::uint32_t kUsualChecks = 2;
  std::uint32_t max_checks = kUsualChecks;  // of the check page, at once in each process
  /// For CrowdConfluenceTokenCookie auto. It changes while httpd runs.
  mutable ToldCookieName token_cookie{kUsualTokenCookie};
};

/// CrowdConfluenceCrowdApplication.
struct CrowdApplication {
  std::string name;
  SecretText password;
};

/// CrowdConfluenceTokenCookie.
struct TokenCookie {
  std::string name;
  bool is_told = false;  // auto: the name is the one that Crowd tells
};

/// CrowdConfluencePassAs.
struct PassAs {
  enum Place { cookie, header } place = cookie;
  std::string name;         // the prefix of the cookies' names, or the header's name
  std::string folded_name;  // the header's, as apr/headers.h folds it
};

/// CrowdConfluenceWhen for one result.
struct Reaction {
  const char* place = "";                    // where it stands, for messages
  int status = 0;                            // answer with it, unless 0
  const ap_expr_info_t* redirect = nullptr;  // send a navigation there, unless null
};

/// Where a setting stands. It distinguishes no settings.
struct Place {
  const char* text = nullptr;

  explicit operator bool() const { return text != nullptr; }
  friend bool operator==(const Place&, const Place&) { return true; }
};

/// Every setting is unset until a directive sets it, and then points to what lives as long as the
/// configuration. The objects behind equal pointers are equal, which Brokers relies on. A setting
/// also stands in `settings_of`, which does not compile without it.
struct DirectoryConfig {
  /// A section's settings live as long as the configuration; merged ones may live as long as a
  /// request.
  enum Origin : std::uint8_t { nowhere, section, merged } origin = nowhere;
  std::optional<bool> enabled;
  Place enabled_at;
  const Upstream* upstream = nullptr;
  const Probe* probe = nullptr;
  const TokenCookie* token_cookie = nullptr;
  const CookieNames* session_cookies = nullptr;
  const PassAs* pass_as = nullptr;
  std::optional<bool> forwarded_for;
  std::optional<std::chrono::milliseconds> session_ttl;
  std::optional<std::chrono::milliseconds> rejection_ttl;
  std::array<const Reaction*, 4> when = {};  // by Result; none for Result::session
  const std::string* ca_certificate_file = nullptr;
  const ClientCertificate* client_certificate = nullptr;
  const std::string* pinned_public_key = nullptr;
  std::optional<bool> verify_peer;
  const std::string* outgoing_proxy = nullptr;
  std::optional<bool> protect_cookie;
  const Crowd* crowd = nullptr;
  const CrowdApplication* crowd_application = nullptr;

  friend bool operator==(const DirectoryConfig&, const DirectoryConfig&) = default;

  /// With `auto`, another one as soon as Crowd tells it.
  [[nodiscard]] const std::string& token_cookie_name() const {
    if (token_cookie == nullptr) return kDefaultTokenCookie.name;
    return token_cookie->is_told && crowd != nullptr ? crowd->token_cookie.current()
                                                     : token_cookie->name;
  }
  /// Whether Crowd is asked for the SSO cookie's name.
  [[nodiscard]] bool asks_for_token_cookie() const {
    return token_cookie != nullptr && token_cookie->is_told;
  }
  [[nodiscard]] const CookieNames& session_cookie_names() const {
    return session_cookies != nullptr ? *session_cookies : kDefaultSessionCookies;
  }
  [[nodiscard]] const PassAs& passing() const {
    return pass_as != nullptr ? *pass_as : kDefaultPassAs;
  }
  [[nodiscard]] bool is_on() const { return enabled.value_or(false); }
  /// Whether requests are cleaned of what only the module may set. So they are where it is switched
  /// off inside of where it is on: the app behind both may read the path of a request in another
  /// way than httpd.
  [[nodiscard]] bool cleans_requests() const {
    return is_on() || (enabled.has_value() && upstream != nullptr);
  }
  [[nodiscard]] bool sends_address() const { return forwarded_for.value_or(true); }
  [[nodiscard]] bool protects_cookie() const { return protect_cookie.value_or(true); }
  [[nodiscard]] const Reaction* reaction_to(Result result) const {
    return when[static_cast<std::size_t>(result)];
  }

  /// What core needs to know. `upstream` must be set.
  [[nodiscard]] ConfluenceSettings confluence_settings() const;
  [[nodiscard]] BrokerPolicy broker_policy(std::uint32_t default_max_waiting) const;

  /// How to ask Crowd; nothing where that is not set.
  [[nodiscard]] std::optional<CrowdSettings> crowd_settings() const;

 private:
  static const TokenCookie kDefaultTokenCookie;
  static const CookieNames& kDefaultSessionCookies;
  static const PassAs kDefaultPassAs;
};

/// What holds for all virtual servers together, and so is set in the main one only.
struct GlobalConfig {
  std::size_t table_size = 8192;
  const std::string* secret = nullptr;
  const SocacheProvider* socache = nullptr;
};

/// What the start has to say of a directive.
struct StartMessage {
  int level;  // APLOG_WARNING, ...
  const char* text;
};

/// A file that httpd's child processes read, as whoever they run.
struct FileOfChildren {
  const char* path;
  const char* directive;
  const char* place;
};

/// What the start of one (virtual) server has to check and to say.
struct ServerConfig {
  GlobalConfig global;                  // of the main server
  apr_array_header_t* messages;         // of StartMessage, in the order of the directives
  apr_array_header_t* files;            // of FileOfChildren
  apr_array_header_t* crowd_sections;   // of const DirectoryConfig*, where it is said how to ask
  const char* first_enabled = nullptr;  // where the module is switched on first
  bool has_url = false;
  const char* first_told_cookie = nullptr;  // where CrowdConfluenceTokenCookie is auto first
  bool has_crowd = false;                   // a CrowdConfluenceCrowdURL
  bool has_crowd_application = false;
  std::size_t sections = 0;  // that have settings
};

/// The settings that hold for a request.
const DirectoryConfig& directory_config(const request_rec* request);
ServerConfig& server_config(const server_rec* server);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_CONFIG_H_
