#include "config/crowd_directives.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "apr/pool.h"
#include "config/place.h"
#include "config/secrets.h"
#include "log.h"

namespace crowd_confluence::httpd {

const char* set_crowd_url(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.empty()) return refuse(cmd, "a URL is needed");
  const auto base_url = parse_base_url(words[0]);
  if (!base_url) return refuse(cmd, base_url.error().text);
  auto* const crowd = make_in_pool<Crowd>(cmd->pool);
  crowd->place = place_of(cmd);
  crowd->base_url = base_url.value();
  if (const char* problem = read_url_parameters(cmd, words, *crowd, crowd->max_checks))
    return problem;
  if (crowd->base_url.is_readable_on_the_way())
    say_at_start(cmd, APLOG_WARNING,
                 apr_psprintf(cmd->pool,
                              CCF_READABLE_URL
                              "%s: '%s' is not https: everybody on the way to Crowd can read SSO "
                              "cookies and the application's password",
                              crowd->place, crowd->base_url.text.c_str()));
  ServerConfig& server = server_config(cmd->server);
  server.has_crowd = true;
  APR_ARRAY_PUSH(server.crowd_sections, const DirectoryConfig*) = &config;
  config.crowd = crowd;
  return nullptr;
}

const char* set_crowd_application(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.size() != 2)
    return refuse(cmd,
                  "the application's name is needed, and file:PATH or exec:COMMAND for its "
                  "password");
  if (words[0].empty() || words[0].find(':') != std::string_view::npos)
    return refuse(cmd, "'" + std::string(words[0]) + "' is no name of an application");
  const ReadSecret password = read_secret(cmd, words[1]);
  if (password.problem != nullptr) return password.problem;
  // Many may read the configuration, and commands that print it.
  if (password.is_written_out)
    return refuse(cmd,
                  "the password stands in the configuration; allowed are file:PATH and "
                  "exec:COMMAND");
  if (password.value.empty()) return refuse(cmd, "the password is empty");
  server_config(cmd->server).has_crowd_application = true;
  config.crowd_application =
      make_in_pool<CrowdApplication>(cmd->pool, std::string(words[0]), SecretText(password.value));
  return nullptr;
}

}  // namespace crowd_confluence::httpd
