#include "config/config.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <new>
#include <tuple>
#include <utility>

#include "config/settings_list.h"
#include "module_functions.h"

namespace crowd_confluence::httpd {
namespace {

template <typename Setting>
void set_to_inner_or_outer(Setting& merged, const Setting& inner, const Setting& outer) {
  merged = inner ? inner : outer;
}

/// CrowdConfluenceWhen is a setting for each result.
template <typename Setting, std::size_t kSize>
void set_to_inner_or_outer(std::array<Setting, kSize>& merged,
                           const std::array<Setting, kSize>& inner,
                           const std::array<Setting, kSize>& outer) {
  for (std::size_t i = 0; i < kSize; ++i) set_to_inner_or_outer(merged[i], inner[i], outer[i]);
}

template <typename Merged, typename Given, std::size_t... kIndex>
void merge_each(const Merged& merged, const Given& inner, const Given& outer,
                std::index_sequence<kIndex...>) {
  (set_to_inner_or_outer(std::get<kIndex>(merged), std::get<kIndex>(inner),
                         std::get<kIndex>(outer)),
   ...);
}

template <typename Merged, typename Given>
void merge_each(const Merged& merged, const Given& inner, const Given& outer) {
  merge_each(merged, inner, outer, std::make_index_sequence<std::tuple_size_v<Merged>>());
}

void merge(const DirectoryConfig& outer, const DirectoryConfig& inner, DirectoryConfig& merged) {
  const auto to = settings_of(merged);
  const auto from_inner = settings_of(inner);
  const auto from_outer = settings_of(outer);
  merge_each(to.for_core, from_inner.for_core, from_outer.for_core);
  merge_each(to.for_module, from_inner.for_module, from_outer.for_module);
}

}  // namespace

const TokenCookie DirectoryConfig::kDefaultTokenCookie{kUsualTokenCookie};
const CookieNames& DirectoryConfig::kDefaultSessionCookies = CookieNames::defaults();
const PassAs DirectoryConfig::kDefaultPassAs;

ConfluenceSettings DirectoryConfig::confluence_settings() const {
  assert(upstream != nullptr);
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

std::optional<CrowdSettings> DirectoryConfig::crowd_settings() const {
  if (crowd == nullptr || crowd_application == nullptr) return std::nullopt;
  CrowdSettings settings;
  settings.base_url = crowd->base_url;
  settings.application = crowd_application->name;
  settings.password = crowd_application->password;
  // Pin and client certificate are Confluence's own.
  settings.http.connect_timeout = crowd->connect_timeout;
  settings.http.timeout = crowd->timeout;
  settings.http.verify_peer = verify_peer.value_or(true);
  if (ca_certificate_file != nullptr) settings.http.ca_certificate_file = *ca_certificate_file;
  if (outgoing_proxy != nullptr) settings.http.outgoing_proxy = *outgoing_proxy;
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
  config->messages = apr_array_make(pool, 0, sizeof(cc::StartMessage));
  config->files = apr_array_make(pool, 0, sizeof(cc::FileOfChildren));
  config->crowd_sections = apr_array_make(pool, 0, sizeof(const cc::DirectoryConfig*));
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

  cc::merge(outer, inner, *merged);
  return merged;
}
