// Values that must not stand in a configuration that many may read.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_SECRETS_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_SECRETS_H_

#include <httpd.h>

#include <http_config.h>

#include <string>
#include <string_view>

namespace crowd_confluence::httpd {

/// A secret and where it came from.
struct ReadSecret {
  const char* problem = nullptr;  // why there is none, as the directive's message; otherwise null
  std::string value;
  bool is_written_out = false;  // it stands in the configuration itself
};

/// Reads `file:PATH` or `exec:COMMAND`, in each case up to the end of the first line, or takes the
/// word itself. No message has the value.
ReadSecret read_secret(cmd_parms* cmd, std::string_view word);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_SECRETS_H_
