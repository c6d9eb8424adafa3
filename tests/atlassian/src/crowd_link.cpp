#include "crowd_link.h"

#include "addresses.h"

namespace atlassian {
namespace {

/// Confluence's application as Crowd knows it, if Crowd lets Confluence ask now.
std::optional<Application> open_link(const ConfluenceOptions& options, Crowd& crowd) {
  if (!options.crowd_reachable || crowd.overloaded()) return std::nullopt;
  const auto application =
      crowd.find_application(options.crowd_application.empty() ? crowd.options().application_name
                                                               : options.crowd_application);
  if (!application || !application->active) return std::nullopt;
  if (!options.crowd_password.empty() && options.crowd_password != application->password) {
    return std::nullopt;
  }
  if (!options.own_address.empty() && !application->allowed_clients.empty() &&
      !in_any_network(options.own_address, application->allowed_clients)) {
    return std::nullopt;
  }
  return application;
}

}  // namespace

const Crowd::Session* ask_crowd(const ConfluenceOptions& options, Crowd& crowd,
                                const std::string& token, const ValidationFactors& factors) {
  const auto application = open_link(options, crowd);
  if (!application) return nullptr;
  const Crowd::Session* session = crowd.validate(token, factors);
  return session != nullptr && !application->denies(session->user) ? session : nullptr;
}

const User* ask_crowd_for_password(const ConfluenceOptions& options, Crowd& crowd,
                                   const std::string& name, const std::string& password) {
  const auto application = open_link(options, crowd);
  if (!application || application->denies(name)) return nullptr;
  return crowd.authenticate(name, password);
}

}  // namespace atlassian
