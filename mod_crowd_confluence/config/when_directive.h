// CrowdConfluenceWhen: what happens to a request without a session.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_WHEN_DIRECTIVE_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_WHEN_DIRECTIVE_H_

#include <httpd.h>

#include <http_config.h>

#include "config/config.h"
#include "config/words.h"

namespace crowd_confluence::httpd {

const char* set_when(cmd_parms* cmd, DirectoryConfig& config, const Words& words);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_WHEN_DIRECTIVE_H_
