// There is no SSO cookie, or no good one: what is known of the cookie tells why.

#include <algorithm>

#include "base/ascii.h"
#include "crowd_confluence/address.h"
#include "diagnosis/conclusion.h"
#include "diagnosis/observed_answer.h"

namespace crowd_confluence {
namespace {

bool is_address(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) return true;
  AddressBuffer buffer;
  return !canonical_address(host, buffer).empty();
}

/// RFC 6265 §5.1.3; a browser takes no cookie for a domain of one label, nor for an address that is
/// not the host itself.
bool reaches(std::string_view domain, std::string_view host) {
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (ascii::equal_ignoring_case(domain, host)) return true;
  if (is_address(domain) || is_address(host) || domain.find('.') == std::string_view::npos)
    return false;
  return host.size() > domain.size() && host[host.size() - domain.size() - 1] == '.' &&
         ascii::ends_with_ignoring_case(host, domain);
}

/// Without a domain, only the host at which somebody logged in gets the cookie: Confluence's or
/// Crowd's own.
bool is_out_of_reach(const Evidence& evidence, const CrowdCookie& cookie) {
  const std::string& host = evidence.request.host;
  if (host.empty()) return false;
  if (!cookie.domain.empty()) return !reaches(cookie.domain, host);
  return !ascii::equal_ignoring_case(host, evidence.setup.confluence_host) &&
         !ascii::equal_ignoring_case(host, evidence.setup.crowd_host);
}

bool leads_to_saml(const ConfluenceEvidence& page) {
  std::string path;
  for (const char c : page.location_path) path += ascii::lower(c);
  const bool names_saml =
      path.find("saml") != std::string::npos || path.find("/sso") != std::string::npos;
  return names_saml || (page.is_from_atlassian && !page.location_host.empty() &&
                        path.find("login.action") == std::string::npos &&
                        path.find("authorize") != std::string::npos);
}

std::string log_in_again(std::string_view what) {
  return std::string(what) + " Log in again.";
}

std::optional<Conclusion> from_configured_cookie(const Evidence& evidence) {
  if (!evidence.cookie_config || evidence.cookie_config->error) return std::nullopt;
  const CrowdCookie& cookie = evidence.cookie_config->cookie;
  if (cookie.name != evidence.setup.token_cookie) return proven(Cause::cookie_name);
  if (cookie.secure && evidence.request.scheme == "http") return proven(Cause::cookie_secure);
  if (is_out_of_reach(evidence, cookie)) {
    Conclusion conclusion = proven(Cause::cookie_domain);
    conclusion.detail =
        cookie.domain.empty()
            ? "Crowd's SSO domain is empty, so each product sets it for its own host"
            : "Crowd's SSO domain is " + cookie.domain;
    return conclusion;
  }
  return std::nullopt;
}

std::optional<Conclusion> from_names(const Evidence& evidence) {
  const auto& names = evidence.request.cookie_names;
  const auto other = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
    return name != evidence.setup.token_cookie && may_be_token_cookie(name);
  });
  if (other == names.end()) return std::nullopt;
  const bool is_crowds_name_known = evidence.cookie_config && !evidence.cookie_config->error;
  if (is_crowds_name_known) return proven(Cause::cookie_name_override);
  return among(Certainty::likely, {Cause::cookie_name, Cause::cookie_name_override});
}

Conclusion when_absent(const Evidence& evidence) {
  if (auto conclusion = from_configured_cookie(evidence)) return *std::move(conclusion);
  if (auto conclusion = from_names(evidence)) return *std::move(conclusion);
  const bool is_configured_well = evidence.cookie_config && !evidence.cookie_config->error;
  if (evidence.login_page && leads_to_saml(*evidence.login_page))
    return among(Certainty::likely, {Cause::sso2_only});
  if (evidence.observed.nobody_has_a_cookie)
    return among(is_configured_well ? Certainty::likely : Certainty::ambiguous,
                 is_configured_well ? std::vector{Cause::sso2_only, Cause::sso_off}
                                    : std::vector{Cause::cookie_name, Cause::cookie_domain,
                                                  Cause::cookie_secure, Cause::sso2_only});
  if (is_configured_well || !evidence.request.has_cookies)
    return just("The visitor is not logged in: there is no cookie " + evidence.setup.token_cookie +
                ". Log in at Confluence or Crowd, and try again.");
  Conclusion conclusion =
      among(Certainty::ambiguous, {Cause::cookie_name, Cause::cookie_domain, Cause::cookie_secure});
  conclusion.remedy =
      "Log in first, if the visitor is not logged in. If the cookie stays away then, Crowd knows "
      "its "
      "name, its domain and whether it is for https only: have it asked "
      "(CrowdConfluenceCrowdURL and CrowdConfluenceCrowdApplication; the command: --crowd-url, "
      "--application and --password-file).";
  return conclusion;
}

/// Crowd, too, must be reachable to tell anything about its cookie.
bool is_about_access(const Evidence& evidence) {
  return evidence.cookie_config && evidence.cookie_config->error;
}

}  // namespace

Conclusion conclude_without_token(const Evidence& evidence) {
  if (evidence.request.token_cookies > 1) return proven(Cause::cookie_duplicate);
  if (evidence.request.token == TokenState::empty)
    return just(log_in_again("The SSO cookie is empty, as a log-out leaves it."));
  if (evidence.request.token == TokenState::malformed)
    return just(
        log_in_again("The SSO cookie holds no token of Crowd's: delete it in the browser, "
                     "and find out which application sets a cookie of this name."));
  if (is_about_access(evidence)) return conclude_from_crowd(evidence);
  return when_absent(evidence);
}

}  // namespace crowd_confluence
