// crowd-confluence: asks Confluence and Crowd as the module does, and tells why SSO does not work.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <exception>
#include <iostream>
#include <string>

#include "commands.h"
#include "options.h"
#include "tool_version.h"

namespace {

constexpr const char* kFooter =
    "Exit status: 0 a session, or what was asked for; 1 no session, and the cause is told;\n"
    "2 wrong usage; 3 it cannot be told now; 4 an error of this host or this program.\n"
    "\n"
    "Example:\n"
    "  crowd-confluence diagnose --confluence-url https://wiki.example.com \\\n"
    "    --crowd-url https://crowd.example.com/crowd --application confluence \\\n"
    "    --password-file /etc/crowd-password --token-file token --address 192.0.2.7\n"
    "\n"
    "Each SUBCOMMAND has a --help of its own. The token is the value of the cookie\n"
    "crowd.token_key in the user's browser. It is as secret as a password.";

int run(int argc, char** argv) {
  using namespace crowd_confluence::tool;
  CLI::App app(
      "Asks Confluence and Crowd as mod_crowd_confluence does, and tells why SSO does not "
      "work.",
      "crowd-confluence");
  Options options;
  add_subcommands(app, options);
  app.require_subcommand(1);
  app.footer(kFooter);
  app.set_version_flag("--version", "crowd-confluence " CROWD_CONFLUENCE_TOOL_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSession : kUsage;
  }
  const std::string name = app.get_subcommands().front()->get_name();
  if (name == "session") return session(options);
  if (name == "diagnose") return diagnose(options);
  if (name == "cookie-config") return cookie_config(options);
  if (name == "validate") return validate(options);
  return causes(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "crowd-confluence: " << error.what() << '\n';
    return crowd_confluence::tool::kInternal;
  }
}
