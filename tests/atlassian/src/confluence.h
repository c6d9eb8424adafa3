// Confluence (or Jira): its sessions, and the way of a request through it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "answer_cache.h"
#include "clock.h"
#include "content.h"
#include "cookies.h"
#include "crowd.h"
#include "http_message.h"
#include "rate_limiter.h"
#include "simulator.h"

namespace atlassian {

/// An HTTP session of Tomcat with what the authenticator keeps in it.
struct HttpSession {
  unsigned node = 0;
  Time last_used;
  /// Empty: nobody is logged in.
  std::string user;
  /// The token that `user` was proven with, and when Crowd agreed last.
  std::string token;
  Time validated;
  std::string xsrf_token;
};

/// A request on its way through Confluence, and what is to be told in the response.
struct Visit {
  const Request& request;
  /// The path below the context path.
  std::string path;
  /// The addresses as the authenticator sees them.
  ValidationFactors factors;
  HttpSession* session = nullptr;
  /// nullptr: anonymous.
  const User* user = nullptr;
  /// Crowd accepted the token of somebody who may not use Confluence.
  bool not_permitted = false;
  std::vector<std::string> login_reasons = {};
  /// For X-AUSERNAME, which is also sent with a refusal.
  std::string named_user = {};
  std::vector<SetCookie> cookies = {};
  /// The request came with Authorization, for which Confluence ends the session afterwards.
  bool ends_session = false;

  bool rest() const { return path.substr(0, 6) == "/rest/"; }
};

/// Not thread-safe; the simulator's lock guards it.
class Confluence {
 public:
  Confluence(ConfluenceOptions options, Crowd& crowd, Counters& counters, const Clock& clock,
             std::string origin);

  const ConfluenceOptions& options() const { return options_; }
  void set_options(ConfluenceOptions options);
  /// With the context path, as users see it.
  std::string base_url() const;
  /// Path of the resource that tells who is logged in, below the context path.
  std::string_view probe_path() const;
  bool jira() const { return options_.flavour == Flavour::kJira; }

  /// The SSO cookie as Confluence reads and sets it, by its crowd.properties or as Crowd says.
  std::string sso_cookie_name() const;
  SetCookie sso_cookie(const std::string& token) const;

  void forget_sessions() { sessions_.clear(); }
  const HttpSession* find_session(const std::string& id) const;
  std::size_t session_count() const { return sessions_.size(); }

  /// From the gateway and the cache before Confluence, or from Confluence itself.
  Response handle(const Request& request);

  Crowd& crowd() { return crowd_; }
  Content& content() { return content_; }
  Counters& counters() { return counters_; }
  Time now() const { return clock_.now(); }
  std::string cookie_path() const {
    return options_.context_path.empty() ? "/" : options_.context_path;
  }
  void end_session(const HttpSession* session);

 private:
  Response serve(const Request& request);
  unsigned choose_node(const Request& request, std::vector<SetCookie>& cookies);
  /// False: the request carries a session that this node does not know, and is refused for it.
  bool find_or_make_session(Visit& visit, unsigned node);
  Response respond(Visit& visit);
  void decorate(Response& response, const Visit& visit, unsigned node);

  ConfluenceOptions options_;
  Crowd& crowd_;
  Counters& counters_;
  const Clock& clock_;
  const std::string origin_;
  Content content_;
  RateLimiter rate_limiter_;
  AnswerCache cache_;
  std::unordered_map<std::string, HttpSession> sessions_;
  unsigned next_node_ = 0;
  std::uint64_t request_number_ = 0;
};

/// Finds out who is visiting: Seraph with Crowd's SSO authenticator. A response is returned when
/// the visit ends here (a failed password log-in).
std::optional<Response> authenticate(Confluence& confluence, Visit& visit);

/// The rule against cross-site request forgery. A response is returned when it is broken.
std::optional<Response> refuse_forgery(const Confluence& confluence, const Visit& visit);

/// What a user is called in Confluence.
inline const std::string& confluence_name(const User& user) {
  return user.name_in_confluence.empty() ? user.name : user.name_in_confluence;
}

/// The REST resources, below /rest/.
Response confluence_rest(Confluence& confluence, Visit& visit);
/// Those for content, for a visitor who may use Confluence.
Response content_rest(Confluence& confluence, Visit& visit);
/// Everything that is HTML.
Response confluence_page(Confluence& confluence, Visit& visit);
/// 302 to the log-in page.
Response redirect_to_login(const Confluence& confluence, const Visit& visit);
/// `path` (with context path) as a Location: relative or absolute as the options say.
std::string location_of(const Confluence& confluence, const std::string& path);

}  // namespace atlassian
