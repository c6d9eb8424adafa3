// The same question, as a command for curl.

#ifndef TOOLS_CROWD_CONFLUENCE_CURL_COMMAND_H_
#define TOOLS_CROWD_CONFLUENCE_CURL_COMMAND_H_

#include <string>
#include <string_view>

#include "crowd_confluence/confluence/settings.h"
#include "options.h"

namespace crowd_confluence::tool {

/// For a shell. It reads the token from the file that --token-file names, and gives it to curl on
/// the standard input, so that no argument has it.
std::string curl_command(const Options& options, const ConfluenceSettings& settings,
                         std::string_view address);

}  // namespace crowd_confluence::tool

#endif  // TOOLS_CROWD_CONFLUENCE_CURL_COMMAND_H_
