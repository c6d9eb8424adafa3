// The directives that say which Confluence is asked, and how it is reached.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_CONFLUENCE_DIRECTIVES_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_CONFLUENCE_DIRECTIVES_H_

#include <httpd.h>

#include <http_config.h>

#include "config/config.h"
#include "config/words.h"

namespace crowd_confluence::httpd {

const char* set_url(cmd_parms* cmd, DirectoryConfig& config, const Words& words);
const char* set_probe(cmd_parms* cmd, DirectoryConfig& config, const Words& words);
const char* set_ca_certificate_file(cmd_parms* cmd, DirectoryConfig& config, const Words& words);
const char* set_client_certificate_file(cmd_parms* cmd, DirectoryConfig& config,
                                        const Words& words);
const char* set_pinned_public_key(cmd_parms* cmd, DirectoryConfig& config, const Words& words);
const char* set_verify_peer(cmd_parms* cmd, DirectoryConfig& config, int on);
const char* set_outgoing_proxy(cmd_parms* cmd, DirectoryConfig& config, const Words& words);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_CONFLUENCE_DIRECTIVES_H_
