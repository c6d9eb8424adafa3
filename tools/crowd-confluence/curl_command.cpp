#include "curl_command.h"

#include <sstream>

namespace crowd_confluence::tool {
namespace {

/// One word for a POSIX shell, whatever is in it.
std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

}  // namespace

std::string curl_command(const Options& options, const ConfluenceSettings& settings,
                         std::string_view address) {
  std::ostringstream command;
  // Within the double quotes of curl's configuration, the token's own would end the value.
  command << "{ printf 'cookie = \"%s=%s\"\\n' " << shell_word(settings.token_cookie)
          << " \"$(head -n 1 " << shell_word(options.token_file) << " | tr -d '\\r\"')\"; } |\n"
          << "  curl --config - --include --silent --show-error \\\n"
          << "  --header 'Accept: application/json' --header 'Cache-Control: no-cache, no-store'";
  if (!address.empty())
    command << " \\\n  --header " << shell_word("X-Forwarded-For: " + std::string(address));
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) command << " \\\n  " << option << ' ' << shell_word(value);
  };
  add("--cacert", options.ca_certificate);
  add("--cert", options.certificate);
  add("--key", options.key);
  add("--pinnedpubkey", options.pinned_public_key);
  if (options.insecure) command << " \\\n  --insecure";
  add("--proxy", options.proxy);
  command << " \\\n  " << shell_word(settings.base_url.text + settings.probe.path);
  return command.str();
}

}  // namespace crowd_confluence::tool
