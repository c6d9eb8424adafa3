#include "crowd_confluence/diagnosis/cause.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace crowd_confluence {
namespace {

constexpr CauseMeaning row(Cause cause, Provability provability, std::string_view word,
                           std::string_view sentence, std::string_view remedy,
                           std::string_view decided_by) {
  return {cause, provability, word, sentence, remedy, decided_by, word};
}

constexpr Provability kProvable = Provability::provable;
constexpr Provability kLikely = Provability::likely;
constexpr Provability kAmbiguous = Provability::ambiguous;

// In the order of their numbers.
constexpr std::array kMeanings = {
    row(Cause::untrusted_proxy, kProvable, "untrusted-proxy",
        "Crowd does not trust this server, and so does not read the user's address from "
        "X-Forwarded-For",
        "Add {httpd} to Trusted proxy servers in Crowd's console (Administration > Trusted proxy "
        "servers): it is this server's address as Confluence sees it (behind NAT it is another "
        "one, which Confluence's access log shows). Add every proxy between this "
        "server and Confluence, and the app's host, too. Or have Confluence's RemoteIpValve know "
        "{httpd} (internalProxies in server.xml).",
        "Crowd accepts the token for the client's own address, and refuses it when this server "
        "forwards that address"),
    row(Cause::token_bound_to_proxy, kProvable, "token-bound-to-proxy",
        "Crowd made the token for {proxy}, and not for the user's own address: it does not trust a "
        "proxy before the log-in page",
        "Add {proxy} to Trusted proxy servers in Crowd's console (Administration > Trusted proxy "
        "servers), and log in again: the log-in page's proxy must be trusted when the token is "
        "made.",
        "Crowd accepts the token for the address of that proxy"),
    row(Cause::mixed_binding, kLikely, "mixed-binding",
        "Tokens of one product are made for the user's address, those of another for a proxy's",
        "Treat the proxies before all products alike: either Tomcat's RemoteIpValve in each "
        "product, "
        "or the addresses of all proxies in Crowd's Trusted proxy servers. Then log in again.",
        "log in at each product in turn, and compare"),
    row(Cause::forwarded_for_chain, kProvable, "forwarded-for-chain",
        "Confluence is told {address} and not {client}, which came in a chain of X-Forwarded-For",
        "Have httpd take the user's address out of the chain (mod_remoteip: RemoteIPHeader "
        "X-Forwarded-For, RemoteIPInternalProxy {address}), or have the hop before httpd set the "
        "header instead of appending to it.",
        "Crowd accepts the token for another address of the chain"),
    row(Cause::remoteip_valve, kLikely, "remoteip-valve",
        "Confluence's RemoteIpValve believes another server, and not this one",
        "In Confluence's server.xml, add {httpd} to internalProxies or trustedProxies of the Valve "
        "org.apache.catalina.valves.RemoteIpValve, and restart Confluence.",
        "Confluence's access log shows which address it takes for the client's"),
    row(Cause::address_form, kProvable, "address-form",
        "Crowd knows the same address in another form, and compares addresses as text: the token "
        "was "
        "made for {proxy}, and Confluence tells {client}",
        "Use the same address family for all host names (only A records, or AAAA records for all), "
        "and log in through the same proxy.",
        "Crowd accepts the token for the other form"),
    row(Cause::address_changed, kProvable, "address-changed",
        "The token was made for another address than {client}",
        "Log in again. If it comes back: give all clients one gateway address, or name front "
        "proxies "
        "that the token may be bound to as candidates, or switch off Session configuration > "
        "Require "
        "consistent client IP address in Crowd, which lets a stolen token work from any address.",
        "Crowd knows the token, and refuses it for every address that was tried"),
    row(Cause::token_expired, kProvable, "token-expired",
        "Crowd does not know the token: it has expired, or the user has logged out",
        "Log in again. If it happens too soon, raise Session configuration > Session timeout in "
        "Crowd's console.",
        "Crowd's answer to a look-up of the token"),
    row(Cause::cookie_name, kProvable, "cookie-name",
        "The SSO cookie is called {crowd_cookie} at Crowd, and {cookie} here",
        "Set CrowdConfluenceTokenCookie {crowd_cookie} (the command: --cookie {crowd_cookie}).",
        "Crowd's /config/cookie tells the name"),
    row(Cause::cookie_name_override, kProvable, "cookie-name-override",
        "A product sets the SSO cookie as {other_cookie}, whatever Crowd says",
        "Remove cookie.tokenkey from that product's crowd.properties and restart it, or set "
        "CrowdConfluenceTokenCookie {other_cookie} if all products do so.",
        "crowd.properties of the product that sets the cookie"),
    row(Cause::cookie_domain, kProvable, "cookie-domain",
        "Browsers do not send the SSO cookie to {host}: {domain}",
        "Set General > SSO domain in Crowd's console to the common parent domain of {host} and all "
        "Atlassian products; neither an IP address nor a public suffix such as com or co.uk. Then "
        "log in again.",
        "Crowd's /config/cookie tells the domain"),
    row(Cause::cookie_secure, kProvable, "cookie-secure",
        "Browsers send the SSO cookie over https only, and {host} is reached by http",
        "Serve the app by https, and redirect http there.",
        "Crowd's /config/cookie tells whether the cookie is secure"),
    row(Cause::cookie_duplicate, kProvable, "cookie-duplicate",
        "The browser sends {count} cookies called {cookie}; Confluence takes the first one, and "
        "that "
        "one is no good",
        "Delete the cookies of {host} and its parent domains in the browser, and log in again. "
        "Find "
        "the product that sets the cookie for another domain: cookie.domain in its "
        "crowd.properties.",
        "the browser's list of cookies shows two domains"),
    row(Cause::two_crowds, kLikely, "two-crowds",
        "Crowd does not know a token that was just made: another Crowd sets the same cookie",
        "Give one of the Crowds another cookie name or another SSO domain.",
        "the list of sessions in each Crowd's console, right after a log-in"),
    row(Cause::sso2_only, kLikely, "sso2-only",
        "People log in by SAML (SSO 2.0), which sets no SSO cookie",
        "Switch cookie SSO (SSO 1.0) on in Confluence besides SAML: "
        "ConfluenceCrowdSSOAuthenticator "
        "in seraph-config.xml. A log-in by SAML alone makes no Crowd token.",
        "the browser's cookies after a log-in"),
    row(Cause::sso_off, kLikely, "sso-off", "Confluence does not look at the SSO cookie",
        "Set ConfluenceCrowdSSOAuthenticator in Confluence's seraph-config.xml, see that a Crowd "
        "directory is active, and restart Confluence. An upgrade or a new container writes "
        "seraph-config.xml anew from a template.",
        "seraph-config.xml names the authenticator, and Confluence's log says nothing of Crowd"),
    row(Cause::crowd_properties_incomplete, kLikely, "crowd-properties-incomplete",
        "Confluence's crowd.properties lacks a setting, so that each session ends as it begins",
        "Set session.lastvalidation, session.tokenkey and session.isauthenticated in Confluence's "
        "crowd.properties as in Atlassian's template, and restart Confluence.",
        "Confluence's crowd.properties"),
    row(Cause::crowd_link, kAmbiguous, "crowd-link", "Confluence cannot ask Crowd",
        "Check application.name, application.password, crowd.server.url and the proxy in "
        "Confluence's "
        "crowd.properties, and Applications > Confluence's application > Remote addresses in "
        "Crowd's "
        "console.",
        "atlassian-confluence.log has a WARN or ERROR of com.atlassian.crowd at the time of the "
        "question"),
    row(Cause::crowd_slow, kLikely, "crowd-slow", "Crowd is too slow, or fails now and then",
        "Look at Crowd's database pool, its threads, and directories that synchronise.",
        "Crowd's log, and the times of its answers"),
    row(Cause::crowd_access_denied, kProvable, "crowd-access-denied",
        "Crowd does not let this user into the application {application}",
        "Add the user's directory or group to Applications > {application} > Directories & groups "
        "in "
        "Crowd's console.",
        "Crowd answers APPLICATION_ACCESS_DENIED"),
    row(Cause::user_not_in_confluence, kLikely, "user-not-in-confluence",
        "Crowd accepts the token, and Confluence does not know {user}",
        "In Confluence's User directories, synchronise the Crowd directory; see that the user is "
        "active, and that the directory is one of Confluence's application in Crowd.",
        "Confluence's list of users has no such user"),
    row(Cause::not_permitted, kProvable, "not-permitted",
        "Confluence knows {user}, who may not use it",
        "Give one of the user's groups \"Can use\" in Confluence's Global permissions.",
        "Confluence's list of users has the user, without \"Can use\""),
    row(Cause::name_differs, kLikely, "name-differs",
        "Crowd calls the user {user}, and Confluence {confluence_user}",
        "Check lower-case output and aliases of the application in Crowd's console, and rename the "
        "user in one place only.",
        "the user in both consoles"),
    row(Cause::base_url, kProvable, "base-url", "{confluence} is not where Confluence is: {detail}",
        "Set CrowdConfluenceURL to the URL at which Confluence answers without a redirect, with "
        "its "
        "context path. If that is this URL, set proxyName, proxyPort and scheme of the Connector "
        "in "
        "Confluence's server.xml.",
        "the URL in a browser"),
    row(Cause::foreign_gate, kProvable, "foreign-gate",
        "Something before Confluence asks for a log-in of its own: {detail}",
        "Exempt {httpd} from that gate for {confluence}, or set CrowdConfluenceURL to an internal "
        "URL "
        "behind it.",
        "the answer has none of Atlassian's headers"),
    row(Cause::cached_answer, kProvable, "cached-answer",
        "A cache between this server and Confluence answers in its place",
        "Have no cache between this server and {confluence}: each answer is for one user.",
        "the answer's headers"),
    row(Cause::cluster_node, kProvable, "cluster-node",
        "Confluence answers from several nodes, and the load balancer's cookie is not passed on: a "
        "session holds on one node only",
        "Add {balancer} to CrowdConfluenceSessionCookies.",
        "X-Confluence-Cluster-Node of several answers"),
    row(Cause::session_cookie_clash, kProvable, "session-cookie-clash",
        "The app has a session cookie of the same name as Confluence's, and the one hides the "
        "other",
        "Set CrowdConfluencePassAs header, or CrowdConfluencePassAs cookie with a prefix.",
        "the app's Set-Cookie"),
    row(Cause::authorization_sent, kLikely, "authorization-sent",
        "The app calls Confluence with an Authorization header, which ends the session",
        "Remove Authorization from the app's calls (RequestHeader unset Authorization, where the "
        "app "
        "copies the browser's).",
        "Confluence's access log around the end of a session"),
    row(Cause::captcha, kProvable, "captcha",
        "Confluence wants a CAPTCHA from this user, after too many failed log-ins",
        "Log in once at Confluence's own log-in page, and solve the CAPTCHA there.",
        "X-Seraph-LoginReason"),
    row(Cause::xsrf, kProvable, "xsrf", "Confluence refuses the app's writes: XSRF check failed",
        "Have the app send X-Atlassian-Token: no-check and a User-Agent of its own with writes.",
        "the answer to the app's write"),
    row(Cause::rate_limited, kProvable, "rate-limited",
        "Confluence limits the rate of requests: {detail}",
        "Raise the limit, or exempt the user, in Confluence: General configuration > Rate limiting "
        "> "
        "Exemptions.",
        "the answer's status 429"),
    row(Cause::maintenance, kProvable, "maintenance",
        "Confluence is starting, or under maintenance",
        "Wait until Confluence is up; if it stays so, look at Confluence's log.",
        "Confluence's page in a browser"),
    row(Cause::header_too_large, kProvable, "header-too-large",
        "Confluence's Tomcat refuses the request's headers as too large",
        "Pass on fewer cookies (CrowdConfluenceSessionCookies), or raise maxHttpHeaderSize of the "
        "Connector in Confluence's server.xml.",
        "a smaller request passes"),
    row(Cause::crowd_address_forbidden, kProvable, "crowd-address-forbidden",
        "Crowd does not let this server ask for the application {application}",
        "Add {crowd_client} to Applications > {application} > Remote addresses in Crowd's console: "
        "it "
        "is this server's address as Crowd sees it.",
        "Crowd's answer names the address"),
    row(Cause::crowd_application_closed, kProvable, "crowd-application-closed",
        "Crowd answers nobody for the application {application}: it is inactive or denied",
        "Make it active: Applications > {application} > Details in Crowd's console.",
        "Crowd's answer 403"),
    row(Cause::crowd_password, kProvable, "crowd-password",
        "Crowd refuses the name {application} or its password",
        "Set name and password of the application as in Crowd's console: Applications > "
        "{application} > Details (CrowdConfluenceCrowdApplication, or the command's --application "
        "and --password-file). If Confluence has the same ones, mend its crowd.properties, too.",
        "Crowd's answer 401"),
    row(Cause::wrong_application, kLikely, "wrong-application",
        "Crowd was asked as {application}, and Confluence asks as another application, to which "
        "Crowd "
        "answers differently",
        "Ask as Confluence's application: application.name in its crowd.properties.",
        "application.name in Confluence's crowd.properties"),
    row(Cause::not_a_crowd, kProvable, "not-a-crowd", "There is no Crowd at {crowd}: {detail}",
        "Set CrowdConfluenceCrowdURL to Crowd's base URL, with its context path, usually /crowd.",
        "the header X-Embedded-Crowd-Version"),
    row(Cause::unreachable, kProvable, "unreachable", "{server} cannot be reached: {detail}",
        "Check from this server: the host's name, the port, a firewall, the outgoing proxy, and "
        "whether the server runs.",
        "the error's own words"),
    row(Cause::tls, kProvable, "tls", "There is no trusted TLS connection to {server}: {detail}",
        "Check the certificate of {server} by the words of the error: its authority "
        "(CrowdConfluenceCACertificateFile), its names, its dates, a pinned key; and the clocks of "
        "both hosts.",
        "the error's own words"),
};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kMeanings.size(); ++i)
    if (static_cast<std::size_t>(kMeanings[i].cause) != i) return false;
  return true;
}
static_assert(is_in_order(), "each cause stands at its own number, and none is forgotten between");
static_assert(kMeanings.back().cause == kLastCause, "a cause is without a meaning");

}  // namespace

std::span<const CauseMeaning> all_causes() {
  return kMeanings;
}

const CauseMeaning& meaning_of(Cause cause) {
  return kMeanings.at(static_cast<std::size_t>(cause));
}

std::optional<Cause> cause_of(std::string_view word) {
  const auto* const found =
      std::find_if(kMeanings.begin(), kMeanings.end(),
                   [&](const CauseMeaning& meaning) { return meaning.word == word; });
  if (found == kMeanings.end()) return std::nullopt;
  return found->cause;
}

}  // namespace crowd_confluence
