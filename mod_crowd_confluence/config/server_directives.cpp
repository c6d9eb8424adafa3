#include "config/server_directives.h"

#include <ap_provider.h>
#include <ap_socache.h>

#include <string>
#include <string_view>
#include <utility>

#include "apr/pool.h"
#include "config/place.h"
#include "config/reading.h"
#include "config/secrets.h"
#include "config/store_servers.h"
#include "log.h"

namespace crowd_confluence::httpd {
namespace {

constexpr std::size_t kMinSecretBytes = 16;

const char* choose_socache(cmd_parms* cmd, GlobalConfig& config, const Words& words) {
  if (words.size() != 1 || words[0].empty())
    return refuse(cmd, "it takes one argument, PROVIDER:HOST:PORT");
  const std::string_view word = words[0];
  const std::size_t colon = word.find(':');
  const std::string name(word.substr(0, colon));
  const auto* functions = static_cast<const ap_socache_provider_t*>(
      ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, name.c_str(), AP_SOCACHE_PROVIDER_VERSION));
  if (functions == nullptr)
    return refuse(cmd, "'" + name +
                           "' is unknown here; allowed are redis and memcache, and the module "
                           "mod_socache_redis or mod_socache_memcache must be loaded before");
  if ((functions->flags & AP_SOCACHE_FLAG_NOTMPSAFE) != 0)
    return refuse(cmd, "'" + name + "' stays on this machine; allowed are redis and memcache");
  const std::string_view list = colon == word.npos ? std::string_view() : word.substr(colon + 1);
  const auto servers = parse_store_servers(list);
  if (!servers)
    return refuse(cmd, "'" + name + (colon == word.npos ? "" : ":") +
                           "' is followed by what it does not take: " + servers.error().text);
  ap_socache_instance_t* instance = nullptr;
  if (const char* problem =
          functions->create(&instance, copy(cmd, servers.value()), cmd->temp_pool, cmd->pool))
    return refuse(cmd, "'" + name + ":" + servers.value() + "' is not understood: " + problem);
  config.socache = make_in_pool<SocacheProvider>(cmd->pool, functions, instance);
  return nullptr;
}

}  // namespace

const char* set_table_size(cmd_parms* cmd, GlobalConfig& config, std::string_view word) {
  const auto number = read_number(word, 16, 10'000'000);
  if (!number)
    return refuse(
        cmd, "'" + std::string(word) + "' is no number of visitors; allowed is 16 to 10000000");
  config.table_size = static_cast<std::size_t>(*number);
  return nullptr;
}

const char* set_socache(cmd_parms* cmd, GlobalConfig& config, const Words& words) {
  const char* problem = choose_socache(cmd, config, words);
  if (problem == nullptr || is_first_reading()) return problem;
  config.socache = nullptr;
  say_at_start(cmd, APLOG_ERR,
               apr_psprintf(cmd->pool,
                            CCF_STORE_UNUSABLE
                            "%s: %s. This server goes on without a store. Remedy: correct the "
                            "line, and restart httpd",
                            place_of(cmd), problem));
  return nullptr;
}

const char* set_secret(cmd_parms* cmd, GlobalConfig& config, std::string_view word) {
  ReadSecret secret = read_secret(cmd, word);
  if (secret.problem != nullptr) return secret.problem;
  // The value itself is in no message.
  if (secret.value.size() < kMinSecretBytes)
    return refuse(cmd,
                  "the secret is too short; allowed are 16 characters and more, as a value, as "
                  "file:PATH or as exec:COMMAND");
  config.secret = make_in_pool<std::string>(cmd->pool, std::move(secret.value));
  return nullptr;
}

}  // namespace crowd_confluence::httpd
