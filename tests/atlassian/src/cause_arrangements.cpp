#include "cause_arrangements.h"

#include <functional>
#include <stdexcept>

#include "addresses.h"
#include "secrets.h"

namespace atlassian {
namespace {

/// An address from which nobody asks here.
constexpr const char* kElsewhere = "203.0.113.77";

void trust(const Case& it, const std::vector<std::string>& proxies) {
  it.crowd([&](auto& crowd) { crowd.trusted_proxies = proxies; });
}

/// As Crowd sees a log-in behind a proxy.
ValidationFactors through_front_proxy(const Case& it) {
  return {it.scene.front_proxy, it.scene.client};
}

/// Crowd does not let the visitor into Confluence's application.
void deny(const Case& it) {
  it.crowd([&](auto& crowd) { crowd.application_denied_users = {it.scene.user}; });
}

void change_user(const Case& it, const std::function<void(User&)>& change) {
  it.crowd([&](auto& crowd) {
    for (User& user : crowd.users) {
      if (user.name == it.scene.user) change(user);
    }
  });
}

std::string somebody_else(const Case& it) {
  for (const User& user : it.simulator.crowd_options().users) {
    if (user.name != it.scene.user) return user.name;
  }
  throw std::invalid_argument("a second user is needed");
}

std::string upper_case_first(std::string name) {
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') {
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
  }
  return name;
}

void untrusted_proxy(Case& it) {
  it.confluence([](auto& confluence) { confluence.remote_ip_valve = false; });
  trust(it, {});
}

void token_bound_to_proxy(Case& it) {
  trust(it, {it.scene.httpd});
  it.result.token = it.simulator.log_in(it.scene.user, through_front_proxy(it));
}

void mixed_binding(Case& it) {
  trust(it, {it.scene.httpd});
  it.confluence([](auto& confluence) { confluence.remote_ip_valve = true; });
  it.result.token_made_at_confluence = it.result.token;
  it.result.token = it.simulator.log_in(it.scene.user, through_front_proxy(it));
}

void forwarded_for_chain(Case& it) {
  trust(it, {it.scene.httpd});
}

void remoteip_valve(Case& it) {
  trust(it, {});
  it.confluence([&](auto& confluence) {
    confluence.remote_ip_valve = true;
    confluence.valve.internal_proxies = {it.scene.front_proxy};
    confluence.valve.trusted_proxies.clear();
  });
}

void address_form(Case& it) {
  const bool v6 = it.scene.client.find(':') != std::string::npos;
  it.crowd([](auto& crowd) { crowd.normalise_addresses = false; });
  it.result.token = it.simulator.log_in(
      it.scene.user, v6 ? tomcat_form(it.scene.client) : "::ffff:" + it.scene.client);
}

void address_changed(Case& it) {
  it.result.token = it.simulator.log_in(it.scene.user, kElsewhere);
}

void token_expired(Case& it) {
  it.simulator.expire_token(it.result.token);
}

void cookie_name(Case& it) {
  it.crowd([](auto& crowd) { crowd.cookie_name = "crowd.p.token_key"; });
}

void cookie_name_override(Case& it) {
  it.confluence([](auto& confluence) { confluence.cookie_tokenkey = "wiki.token_key"; });
}

void cookie_domain(Case& it) {
  it.crowd([](auto& crowd) { crowd.cookie_domain = "intranet.example"; });
  it.send_cookie = false;
}

void cookie_secure(Case& it) {
  it.crowd([](auto& crowd) { crowd.cookie_secure = true; });
  it.send_cookie = false;
}

void cookie_duplicate(Case& it) {
  it.confluence([](auto& confluence) { confluence.cookie_domain = "wiki.example"; });
  it.cookie_before = it.simulator.crowd_options().cookie_name + "=; ";
}

void two_crowds(Case& it) {
  it.result.token = it.simulator.second_crowd_url().empty()
                        ? make_token(TokenStyle::kShort, it.scene.user)
                        : it.simulator.log_in_at_second_crowd(it.scene.user, it.scene.client);
}

void sso2_only(Case& it) {
  it.confluence([](auto& confluence) {
    confluence.sso_enabled = false;
    confluence.saml_login_url = "https://idp.corp.example/saml/sso";
  });
  it.send_cookie = false;
}

void sso_off(Case& it) {
  it.confluence([](auto& confluence) { confluence.sso_enabled = false; });
}

void crowd_properties_incomplete(Case& it) {
  it.confluence(
      [](auto& confluence) { confluence.missing_properties = {"session.lastvalidation"}; });
}

void crowd_link(Case& it) {
  it.confluence([](auto& confluence) { confluence.crowd_password = "not the password"; });
}

void crowd_slow(Case& it) {
  it.crowd([](auto& crowd) { crowd.overload = Overload::kUnavailable; });
}

void crowd_access_denied(Case& it) {
  deny(it);
}

void user_not_in_confluence(Case& it) {
  change_user(it, [](User& user) { user.in_confluence = false; });
}

void not_permitted(Case& it) {
  change_user(it, [](User& user) { user.may_use_confluence = false; });
}

void name_differs(Case& it) {
  change_user(it, [](User& user) { user.name_in_confluence = upper_case_first(user.name); });
}

void base_url(Case& it) {
  it.confluence([](auto& confluence) { confluence.moved_to = "https://wiki.corp.example"; });
}

void foreign_gate(Case& it) {
  it.confluence([](auto& confluence) { confluence.gateway = Gateway::kRedirect; });
}

void cached_answer(Case& it) {
  it.confluence([](auto& confluence) { confluence.cache = Cache::kXCache; });
  it.simulator.probe_as(somebody_else(it), kElsewhere);
}

void cluster_node(Case& it) {
  it.confluence([](auto& confluence) {
    confluence.nodes = 3;
    confluence.sticky_cookie = "wiki-node";
  });
}

void session_cookie_clash(Case& it) {
  it.cookie_after = "; JSESSIONID=0123456789ABCDEF0123456789ABCDEF";
}

void authorization_sent(Case& it) {
  it.confluence([](auto& confluence) { confluence.basic_blocked = true; });
}

void captcha(Case& it) {
  it.confluence([](auto& confluence) { confluence.captcha_for_tokens = true; });
  change_user(it, [](User& user) { user.captcha_required = true; });
}

void rate_limited(Case& it) {
  it.confluence([](auto& confluence) { confluence.rate_limit = RateLimit{0, 0}; });
}

void maintenance(Case& it) {
  it.confluence([](auto& confluence) { confluence.maintenance = Maintenance::kUnavailable; });
}

void header_too_large(Case& it) {
  constexpr std::size_t kLongToken = 3000;
  it.confluence([](auto& confluence) { confluence.max_header_bytes = 2048; });
  it.result.token = std::string(kLongToken, 'x') + it.result.token;
  it.simulator.log_in_as(it.scene.user, it.scene.client, it.result.token);
}

void crowd_address_forbidden(Case& it) {
  it.crowd([](auto& crowd) { crowd.allowed_clients = {kElsewhere}; });
}

void crowd_application_closed(Case& it) {
  it.crowd([](auto& crowd) { crowd.application_active = false; });
}

void crowd_password(Case& it) {
  it.result.application_password = "not the password";
}

void wrong_application(Case& it) {
  deny(it);
  it.result.application = "portal";
  it.result.application_password = "portal-password";
  it.crowd([&](auto& crowd) {
    crowd.other_applications.push_back({it.result.application, it.result.application_password});
  });
}

void not_a_crowd(Case& it) {
  it.crowd([](auto& crowd) { crowd.version.clear(); });
}

void unreachable(Case& it) {
  it.simulator.stop_listening(Server::kConfluence);
}

}  // namespace

const Arrangements& arrangements() {
  static const Arrangements kArrangements = {
      {"untrusted-proxy", untrusted_proxy},
      {"token-bound-to-proxy", token_bound_to_proxy},
      {"mixed-binding", mixed_binding},
      {"forwarded-for-chain", forwarded_for_chain},
      {"remoteip-valve", remoteip_valve},
      {"address-form", address_form},
      {"address-changed", address_changed},
      {"token-expired", token_expired},
      {"cookie-name", cookie_name},
      {"cookie-name-override", cookie_name_override},
      {"cookie-domain", cookie_domain},
      {"cookie-secure", cookie_secure},
      {"cookie-duplicate", cookie_duplicate},
      {"two-crowds", two_crowds},
      {"sso2-only", sso2_only},
      {"sso-off", sso_off},
      {"crowd-properties-incomplete", crowd_properties_incomplete},
      {"crowd-link", crowd_link},
      {"crowd-slow", crowd_slow},
      {"crowd-access-denied", crowd_access_denied},
      {"user-not-in-confluence", user_not_in_confluence},
      {"not-permitted", not_permitted},
      {"name-differs", name_differs},
      {"base-url", base_url},
      {"foreign-gate", foreign_gate},
      {"cached-answer", cached_answer},
      {"cluster-node", cluster_node},
      {"session-cookie-clash", session_cookie_clash},
      {"authorization-sent", authorization_sent},
      {"captcha", captcha},
      {"rate-limited", rate_limited},
      {"maintenance", maintenance},
      {"header-too-large", header_too_large},
      {"crowd-address-forbidden", crowd_address_forbidden},
      {"crowd-application-closed", crowd_application_closed},
      {"crowd-password", crowd_password},
      {"wrong-application", wrong_application},
      {"not-a-crowd", not_a_crowd},
      {"unreachable", unreachable},
  };
  return kArrangements;
}

}  // namespace atlassian
