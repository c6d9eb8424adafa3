// What each subcommand does.

#ifndef TOOLS_CROWD_CONFLUENCE_COMMANDS_H_
#define TOOLS_CROWD_CONFLUENCE_COMMANDS_H_

#include "options.h"

namespace crowd_confluence::tool {

/// What the command ends with.
enum ExitStatus {
  kSession = 0,      // a session; or what was asked for
  kNoSession = 1,    // no session, and the cause is told
  kUsage = 2,        // an option is wrong or missing
  kUnavailable = 3,  // it cannot be told
  kInternal = 4      // an error of this host or this program
};

/// Each prints to the standard output, and what is wrong with the options to the standard error.
int session(const Options& options);
int diagnose(const Options& options);
int cookie_config(const Options& options);
int validate(const Options& options);
int causes(const Options& options);

}  // namespace crowd_confluence::tool

#endif  // TOOLS_CROWD_CONFLUENCE_COMMANDS_H_
