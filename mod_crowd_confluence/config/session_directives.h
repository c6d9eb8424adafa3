// The directives that say what a session is made of, how long it is used, and what of it, and of
// the browser's own, reaches the app.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_SESSION_DIRECTIVES_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_SESSION_DIRECTIVES_H_

#include <httpd.h>

#include <http_config.h>

#include "config/config.h"
#include "config/words.h"

namespace crowd_confluence::httpd {

const char* set_token_cookie(cmd_parms* cmd, DirectoryConfig& config, const Words& words);
const char* set_session_cookies(cmd_parms* cmd, DirectoryConfig& config, const Words& words);
const char* set_pass_as(cmd_parms* cmd, DirectoryConfig& config, const Words& words);
const char* set_forwarded_for(cmd_parms* cmd, DirectoryConfig& config, int on);
const char* set_session_ttl(cmd_parms* cmd, DirectoryConfig& config, const Words& words);
const char* set_rejection_ttl(cmd_parms* cmd, DirectoryConfig& config, const Words& words);
const char* set_protect_cookie(cmd_parms* cmd, DirectoryConfig& config, int on);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_SESSION_DIRECTIVES_H_
