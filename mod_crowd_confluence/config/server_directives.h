// The directives that hold for the whole server, and so stand outside of all sections.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_SERVER_DIRECTIVES_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_SERVER_DIRECTIVES_H_

#include <httpd.h>

#include <http_config.h>

#include "config/config.h"
#include "config/words.h"

namespace crowd_confluence::httpd {

const char* set_table_size(cmd_parms* cmd, GlobalConfig& config, std::string_view word);
const char* set_socache(cmd_parms* cmd, GlobalConfig& config, const Words& words);
const char* set_secret(cmd_parms* cmd, GlobalConfig& config, std::string_view word);

template <const char* (*kSet)(cmd_parms*, GlobalConfig&, std::string_view)>
const char* global_directive(cmd_parms* cmd, void*, const char* word) noexcept {
  if (const char* problem = ap_check_cmd_context(cmd, GLOBAL_ONLY)) return problem;
  return guarded(cmd, [&] { return kSet(cmd, server_config(cmd->server).global, word); });
}

template <const char* (*kSet)(cmd_parms*, GlobalConfig&, std::string_view)>
command_rec server_directive(const char* name, const char* help) {
  return {name, as_command(&global_directive<kSet>), nullptr, RSRC_CONF, TAKE1, help};
}

template <const char* (*kSet)(cmd_parms*, GlobalConfig&, const Words&)>
const char* global_words_directive(cmd_parms* cmd, void*, int count, char* const words[]) noexcept {
  if (const char* problem = ap_check_cmd_context(cmd, GLOBAL_ONLY)) return problem;
  return guarded(cmd, [&] {
    return kSet(cmd, server_config(cmd->server).global, Words(words, words + count));
  });
}

/// For one that counts its words itself: where httpd counts them, a wrong number stops everything.
template <const char* (*kSet)(cmd_parms*, GlobalConfig&, const Words&)>
command_rec server_words_directive(const char* name, const char* help) {
  return {name, as_command(&global_words_directive<kSet>), nullptr, RSRC_CONF, TAKE_ARGV, help};
}

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_SERVER_DIRECTIVES_H_
