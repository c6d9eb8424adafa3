#include "crowd.h"

#include <iterator>
#include <stdexcept>

#include "addresses.h"
#include "secrets.h"

namespace atlassian {

Crowd::Crowd(CrowdOptions options, const Clock& clock, std::string origin)
    : clock_(clock), origin_(std::move(origin)) {
  set_options(std::move(options));
}

void Crowd::set_options(CrowdOptions options) {
  check_networks(options.trusted_proxies);
  check_networks(options.allowed_clients);
  check_networks(options.valve.internal_proxies);
  check_networks(options.valve.trusted_proxies);
  for (const Application& other : options.other_applications) {
    check_networks(other.allowed_clients);
  }
  if (options.invalid_token_status != 400 && options.invalid_token_status != 404) {
    throw std::invalid_argument("invalid_token_status must be 400 or 404");
  }
  if (options.consistent_ip != options_.consistent_ip) sessions_.clear();
  options_ = std::move(options);
}

const User* Crowd::find_user(std::string_view name) const {
  for (const User& user : options_.users) {
    if (user.name == name) return &user;
  }
  return nullptr;
}

const User* Crowd::authenticate(std::string_view name, std::string_view password) const {
  const User* user = find_user(name);
  return user != nullptr && user->password == password ? user : nullptr;
}

std::optional<Application> Crowd::find_application(std::string_view name) const {
  if (name == options_.application_name) {
    return Application{options_.application_name, options_.application_password,
                       options_.allowed_clients, options_.application_active,
                       options_.application_denied_users};
  }
  for (const Application& other : options_.other_applications) {
    if (name == other.name) return other;
  }
  return std::nullopt;
}

std::optional<unsigned> Crowd::overloaded() {
  ++questions_;
  switch (options_.overload) {
    case Overload::kNone:
      return std::nullopt;
    case Overload::kTooManyRequests:
      return 429;
    case Overload::kUnavailable:
      return 503;
    case Overload::kEveryOther:
      break;
  }
  return questions_ % 2 == 0 ? std::optional(503U) : std::nullopt;
}

ValidationFactors Crowd::factors_of(const Request& request) const {
  ValidationFactors factors{tomcat_form(request.peer_address)};
  const auto forwarded = request.header("X-Forwarded-For");
  if (!forwarded.empty()) factors.x_forwarded_for = forwarded.front();
  return options_.remote_ip_valve ? behind_valve(options_.valve, factors) : factors;
}

std::string Crowd::client_address(const ValidationFactors& factors) const {
  return atlassian::client_address(factors, options_.trusted_proxies,
                                   options_.forwarded_for_reading);
}

std::string Crowd::log_in(const User& user, const std::string& address) {
  std::string token = make_token(options_.token_style, user.name);
  log_in_as(user, address, token);
  return token;
}

void Crowd::log_in_as(const User& user, const std::string& address, const std::string& token) {
  const Time now = clock_.now();
  std::optional<std::string> bound;
  if (options_.consistent_ip) bound = address;
  sessions_[token] = {user.name, std::move(bound), now, now + options_.session_lifetime};
}

const Crowd::Session* Crowd::find(const std::string& token) {
  const auto found = sessions_.find(token);
  if (found == sessions_.end()) return nullptr;
  if (clock_.now() >= found->second.expires || find_user(found->second.user) == nullptr) {
    sessions_.erase(found);
    return nullptr;
  }
  return &found->second;
}

bool Crowd::same_client(const Session& session, const ValidationFactors& factors) const {
  if (!session.address) return true;
  const std::string address = client_address(factors);
  if (options_.normalise_addresses) return tomcat_form(address) == tomcat_form(*session.address);
  return address == *session.address;
}

const Crowd::Session* Crowd::validate(const std::string& token, const ValidationFactors& factors) {
  const Session* session = find(token);
  if (session == nullptr || !same_client(*session, factors)) return nullptr;
  touch(token);
  return session;
}

void Crowd::touch(const std::string& token) {
  sessions_[token].expires = clock_.now() + options_.session_lifetime;
}

std::size_t Crowd::log_out_user(std::string_view user) {
  return std::erase_if(sessions_, [user](const auto& entry) { return entry.second.user == user; });
}

bool Crowd::expire(const std::string& token) {
  const auto found = sessions_.find(token);
  if (found == sessions_.end()) return false;
  found->second.expires = clock_.now();
  return true;
}

std::string Crowd::make_remember_me(const User& user) {
  std::string value = make_word(40);
  remembered_[value] = user.name;
  return value;
}

const User* Crowd::remembered_user(const std::string& value) const {
  const auto found = remembered_.find(value);
  return found == remembered_.end() ? nullptr : find_user(found->second);
}

SetCookie Crowd::sso_cookie(const std::string& token) const {
  return SetCookie{options_.cookie_name, token, options_.cookie_domain, "/",
                   options_.cookie_secure};
}

Response Crowd::handle(const Request& request) {
  std::string_view path = request.path;
  if (path.substr(0, options_.context_path.size()) != options_.context_path) {
    return tomcat_error(404, "The requested resource [" + request.path + "] is not available");
  }
  path.remove_prefix(options_.context_path.size());
  constexpr std::string_view kRest = "/rest/usermanagement/1";
  if (path.substr(0, kRest.size()) == kRest) {
    return crowd_rest(*this, request, path.substr(kRest.size()));
  }
  return crowd_page(*this, request, path);
}

}  // namespace atlassian
