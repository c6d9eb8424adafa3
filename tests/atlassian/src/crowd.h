// Crowd: who is logged in, from where, and until when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "clock.h"
#include "cookies.h"
#include "http_message.h"
#include "options.h"
#include "simulator.h"

namespace atlassian {

/// Not thread-safe; the simulator's lock guards it.
class Crowd {
 public:
  struct Session {
    std::string user;
    /// The address that the token is bound to; nullopt when made without "consistent client IP".
    std::optional<std::string> address;
    Time created;
    Time expires;
  };

  Crowd(CrowdOptions options, const Clock& clock, std::string origin);

  const CrowdOptions& options() const { return options_; }
  /// Throws std::invalid_argument, and changes nothing, when an option is unusable.
  void set_options(CrowdOptions options);
  std::string base_url() const { return origin_ + options_.context_path; }

  /// nullptr when there is none.
  const User* find_user(std::string_view name) const;
  /// The user, if the password is right.
  const User* authenticate(std::string_view name, std::string_view password) const;

  /// Confluence's application, or another one. nullopt: there is none of this name.
  std::optional<Application> find_application(std::string_view name) const;
  /// The status with which an overloaded Crowd answers instead; counts as a question.
  std::optional<unsigned> overloaded();

  /// What a request tells, behind the valve if there is one.
  ValidationFactors factors_of(const Request& request) const;
  std::string client_address(const ValidationFactors& factors) const;
  /// The new token.
  std::string log_in(const User& user, const std::string& address);
  void log_in_as(const User& user, const std::string& address, const std::string& token);
  /// nullptr when the token is unknown or its time is over.
  const Session* find(const std::string& token);
  /// As find, but also nullptr when the factors differ from those the token was made for. Each
  /// success lets the session live on for another lifetime.
  const Session* validate(const std::string& token, const ValidationFactors& factors);
  /// Any question with a good answer: the session lives on for another lifetime.
  void touch(const std::string& token);
  bool log_out(const std::string& token) { return sessions_.erase(token) > 0; }
  std::size_t log_out_user(std::string_view user);
  bool expire(const std::string& token);

  std::string make_remember_me(const User& user);
  const User* remembered_user(const std::string& value) const;

  /// The SSO cookie as Crowd and its applications set it.
  SetCookie sso_cookie(const std::string& token) const;

  Response handle(const Request& request);

 private:
  bool same_client(const Session& session, const ValidationFactors& factors) const;

  CrowdOptions options_;
  const Clock& clock_;
  const std::string origin_;
  std::unordered_map<std::string, Session> sessions_;
  std::unordered_map<std::string, std::string> remembered_;
  std::uint64_t questions_ = 0;
};

/// Below /rest/usermanagement/1; `path` is what follows it.
Response crowd_rest(Crowd& crowd, const Request& request, std::string_view path);
/// The log-in pages, below /console.
Response crowd_page(Crowd& crowd, const Request& request, std::string_view path);

}  // namespace atlassian
