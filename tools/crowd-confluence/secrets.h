// Passwords and tokens, which are never arguments: every user of a machine can read those.

#ifndef TOOLS_CROWD_CONFLUENCE_SECRETS_H_
#define TOOLS_CROWD_CONFLUENCE_SECRETS_H_

#include <string>

#include "crowd_confluence/expected.h"
#include "crowd_confluence/secret_text.h"

namespace crowd_confluence::tool {

/// The first line of the file, or of the standard input if it is called `-`, or else the variable,
/// which is then wiped. Empty if there is neither.
Expected<SecretText, Problem> read_secret(const std::string& file, const char* variable);

}  // namespace crowd_confluence::tool

#endif  // TOOLS_CROWD_CONFLUENCE_SECRETS_H_
