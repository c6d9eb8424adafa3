// The directives that say where Crowd is, and in whose name it is asked.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_CROWD_DIRECTIVES_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_CROWD_DIRECTIVES_H_

#include <httpd.h>

#include <http_config.h>

#include "config/config.h"
#include "config/words.h"

namespace crowd_confluence::httpd {

const char* set_crowd_url(cmd_parms* cmd, DirectoryConfig& config, const Words& words);
const char* set_crowd_application(cmd_parms* cmd, DirectoryConfig& config, const Words& words);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_CROWD_DIRECTIVES_H_
