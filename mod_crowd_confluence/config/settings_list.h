// The one list of the settings of a section, for all that is done with each of them.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_SETTINGS_LIST_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_SETTINGS_LIST_H_

#include <httpd.h>

#include <cstddef>
#include <tuple>

#include "config/config.h"

namespace crowd_confluence::httpd {

/// References to the settings, in two tuples.
template <typename ForCore, typename ForModule>
struct Settings {
  ForCore for_core;      // sections in which these are the same share a broker
  ForModule for_module;  // core does not know of these
};
template <typename ForCore, typename ForModule>
Settings(ForCore, ForModule) -> Settings<ForCore, ForModule>;

/// `Config` is DirectoryConfig, const or not. A new member does not compile before it has a name
/// here; and then it stands in one of the two tuples, or the count is wrong.
template <typename Config>
constexpr auto settings_of(Config& config) {
  auto& [origin, enabled, enabled_at, upstream, probe, token_cookie, session_cookies, pass_as,
         forwarded_for, session_ttl, rejection_ttl, when, ca_certificate_file, client_certificate,
         pinned_public_key, verify_peer, outgoing_proxy, protect_cookie, crowd, crowd_application] =
      config;
  constexpr std::size_t kAllButOrigin = 19;
  Settings settings{
      std::tie(upstream, probe, token_cookie, session_cookies, forwarded_for, session_ttl,
               rejection_ttl, ca_certificate_file, client_certificate, pinned_public_key,
               verify_peer, outgoing_proxy),
      std::tie(enabled, enabled_at, pass_as, when, protect_cookie, crowd, crowd_application),
  };
  static_assert(std::tuple_size_v<decltype(settings.for_core)> +
                    std::tuple_size_v<decltype(settings.for_module)> ==
                kAllButOrigin);
  return settings;
}

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_SETTINGS_LIST_H_
