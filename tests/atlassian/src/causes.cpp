#include "causes.h"

#include <algorithm>
#include <stdexcept>

#include "addresses.h"
#include "cause_arrangements.h"
#include "simulator.h"

namespace atlassian {

const std::vector<Cause>& causes() {
  static const std::vector<Cause> kCauses = {
      {"untrusted-proxy", true, ""},
      {"token-bound-to-proxy", true, "the front proxy is a candidate address of the diagnosis"},
      {"mixed-binding", true,
       "the visitor has logged in at Crowd through the front proxy; after a log-in at Confluence "
       "it works"},
      {"forwarded-for-chain", true,
       "the request comes through a proxy that appends to X-Forwarded-For, and httpd does not know "
       "it (mod_remoteip)"},
      {"remoteip-valve", true,
       "an httpd at the front proxy's address is believed: from there it works"},
      {"address-form", true,
       "meant for a visitor with an IPv6 address; with an IPv4 one the token is bound to its "
       "v4-mapped form"},
      {"address-changed", true, ""},
      {"token-expired", true, ""},
      {"cookie-name", true, "httpd is configured with the default name of the SSO cookie"},
      {"cookie-name-override", true,
       "to be seen after a log-in at Confluence, or where httpd asks with the name wiki.token_key"},
      {"cookie-domain", true, "the app's host is not below intranet.example"},
      {"cookie-secure", true, "the request comes over http"},
      {"cookie-duplicate", true,
       "the browser has a host's cookie and the domain's, as Confluence has a cookie.domain of its "
       "own"},
      {"two-crowds", true,
       "the visitor has logged in at the second Crowd; a simulator without one makes up a token"},
      {"sso2-only", true, ""},
      {"sso-off", true, ""},
      {"crowd-properties-incomplete", true, ""},
      {"crowd-link", true, ""},
      {"crowd-slow", true, ""},
      {"crowd-access-denied", true, ""},
      {"user-not-in-confluence", true, ""},
      {"not-permitted", true, ""},
      {"name-differs", true, ""},
      {"base-url", true, ""},
      {"foreign-gate", true, ""},
      {"cached-answer", true, ""},
      {"cluster-node", true, "httpd does not pass the sticky cookie wiki-node on"},
      {"session-cookie-clash", true,
       "the app has a JSESSIONID of its own, and httpd passes the session as cookies"},
      {"authorization-sent", true, "the app sends Authorization: Basic along with the session"},
      {"captcha", true, ""},
      {"xsrf", true, "the app sends a form without X-Atlassian-Token: no-check"},
      {"rate-limited", true, ""},
      {"maintenance", true, ""},
      {"header-too-large", true, ""},
      {"crowd-address-forbidden", true, ""},
      {"crowd-application-closed", true, ""},
      {"crowd-password", true,
       "the diagnosis asks with the password of the set-up, which is wrong"},
      {"wrong-application", true,
       "the diagnosis asks as the application of the set-up, which is not Confluence's"},
      {"not-a-crowd", true, ""},
      {"unreachable", true,
       "set_up() refuses connections; a name that does not resolve, a time-out and an outgoing "
       "proxy lie in httpd"},
      {"tls", false,
       "Confluence's certificate is of a CA that httpd does not know, has another name or has "
       "expired (Listener)"},
  };
  return kCauses;
}

const Cause* find_cause(std::string_view word) {
  const auto found = std::find_if(causes().begin(), causes().end(),
                                  [&](const Cause& cause) { return cause.word == word; });
  return found == causes().end() ? nullptr : &*found;
}

CauseSetUp set_up(Simulator& simulator, std::string_view word, const Scene& scene) {
  if (find_cause(word) == nullptr)
    throw std::invalid_argument("unknown cause: " + std::string(word));
  simulator.configure_crowd([&](CrowdOptions& crowd) {
    if (!in_any_network(scene.httpd, crowd.trusted_proxies)) {
      crowd.trusted_proxies.push_back(scene.httpd);
    }
  });
  CauseSetUp result;
  result.token = simulator.log_in(scene.user, scene.client);
  const CrowdOptions crowd = simulator.crowd_options();
  result.application = crowd.application_name;
  result.application_password = crowd.application_password;

  Case it{simulator, scene, result};
  const auto arrange = arrangements().find(word);
  if (arrange != arrangements().end()) arrange->second(it);
  if (it.send_cookie) {
    result.cookies = it.cookie_before + simulator.crowd_options().cookie_name + '=' + result.token +
                     it.cookie_after;
  }
  return result;
}

void mend(Simulator& simulator) {
  simulator.clear_faults();
  simulator.restore_options();
  simulator.start_listening(Server::kCrowd);
  simulator.start_listening(Server::kConfluence);
  if (!simulator.second_crowd_url().empty()) simulator.start_listening(Server::kSecondCrowd);
}

}  // namespace atlassian
