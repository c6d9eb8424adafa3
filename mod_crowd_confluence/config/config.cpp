#include "config/config.h"

#include <new>

#include "module_functions.h"

namespace crowd_confluence::httpd {
namespace {

template <typename Setting>
Setting inner_or_outer(const Setting& inner, const Setting& outer) {
  return inner ? inner : outer;
}

}  // namespace

const std::string DirectoryConfig::kDefaultTokenCookie = ConfluenceSettings().token_cookie;
const CookieNames& DirectoryConfig::kDefaultSessionCookies = CookieNames::defaults();
const PassAs DirectoryConfig::kDefaultPassAs;

ConfluenceSettings DirectoryConfig::confluence_settings() const {
  ConfluenceSettings settings;
  settings.base_url = upstream->base_url;
  settings.token_cookie = token_cookie_name();
  settings.session_cookies = session_cookie_names();
  settings.forwarded_for = sends_address();
  if (probe != nullptr) settings.probe = *probe;

  HttpSettings& http = settings.http;
  http.connect_timeout = upstream->connect_timeout;
  http.timeout = upstream->timeout;
  http.verify_peer = verify_peer.value_or(true);
  if (ca_certificate_file != nullptr) http.ca_certificate_file = *ca_certificate_file;
  if (pinned_public_key != nullptr) http.pinned_public_key = *pinned_public_key;
  if (outgoing_proxy != nullptr) http.outgoing_proxy = *outgoing_proxy;
  if (client_certificate != nullptr) http.client_certificate = *client_certificate;
  return settings;
}

BrokerPolicy DirectoryConfig::broker_policy(std::uint32_t default_max_waiting) const {
  BrokerPolicy limits;
  limits.session_ttl = session_ttl.value_or(limits.session_ttl);
  limits.rejection_ttl = rejection_ttl.value_or(limits.rejection_ttl);
  limits.retry = upstream->retry;
  limits.max_waiting = upstream->max_waiting.value_or(default_max_waiting);
  return limits;
}

const DirectoryConfig& directory_config(const request_rec* request) {
  return *static_cast<const DirectoryConfig*>(
      ap_get_module_config(request->per_dir_config, &crowd_confluence_module));
}

ServerConfig& server_config(const server_rec* server) {
  return *static_cast<ServerConfig*>(
      ap_get_module_config(server->module_config, &crowd_confluence_module));
}

}  // namespace crowd_confluence::httpd

namespace cc = crowd_confluence::httpd;

void* crowd_confluence_create_directory_config(apr_pool_t* pool, char*) {
  return new (apr_palloc(pool, sizeof(cc::DirectoryConfig))) cc::DirectoryConfig;
}

void* crowd_confluence_create_server_config(apr_pool_t* pool, server_rec*) {
  auto* config = new (apr_palloc(pool, sizeof(cc::ServerConfig))) cc::ServerConfig;
  config->warnings = apr_array_make(pool, 0, sizeof(const char*));
  return config;
}

// Runs for every request that enters a section with settings of this module.
void* crowd_confluence_merge_directory_config(apr_pool_t* pool, void* outer_config,
                                              void* inner_config) {
  const auto& outer = *static_cast<const cc::DirectoryConfig*>(outer_config);
  const auto& inner = *static_cast<const cc::DirectoryConfig*>(inner_config);
  // Every server has settings, and mostly none is set there.
  if (outer.origin == cc::DirectoryConfig::nowhere) return inner_config;
  auto* merged = new (apr_palloc(pool, sizeof(cc::DirectoryConfig))) cc::DirectoryConfig;
  merged->origin = cc::DirectoryConfig::merged;

  using cc::inner_or_outer;
  merged->enabled = inner_or_outer(inner.enabled, outer.enabled);
  merged->upstream = inner_or_outer(inner.upstream, outer.upstream);
  merged->probe = inner_or_outer(inner.probe, outer.probe);
  merged->token_cookie = inner_or_outer(inner.token_cookie, outer.token_cookie);
  merged->session_cookies = inner_or_outer(inner.session_cookies, outer.session_cookies);
  merged->pass_as = inner_or_outer(inner.pass_as, outer.pass_as);
  merged->forwarded_for = inner_or_outer(inner.forwarded_for, outer.forwarded_for);
  merged->session_ttl = inner_or_outer(inner.session_ttl, outer.session_ttl);
  merged->rejection_ttl = inner_or_outer(inner.rejection_ttl, outer.rejection_ttl);
  for (std::size_t result = 0; result < merged->when.size(); ++result)
    merged->when[result] = inner_or_outer(inner.when[result], outer.when[result]);
  merged->ca_certificate_file =
      inner_or_outer(inner.ca_certificate_file, outer.ca_certificate_file);
  merged->client_certificate = inner_or_outer(inner.client_certificate, outer.client_certificate);
  merged->pinned_public_key = inner_or_outer(inner.pinned_public_key, outer.pinned_public_key);
  merged->verify_peer = inner_or_outer(inner.verify_peer, outer.verify_peer);
  merged->outgoing_proxy = inner_or_outer(inner.outgoing_proxy, outer.outgoing_proxy);
  merged->protect_cookie = inner_or_outer(inner.protect_cookie, outer.protect_cookie);
  return merged;
}
