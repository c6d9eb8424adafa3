// The people in the simulated directories.
#pragma once

#include <string>
#include <vector>

namespace atlassian {

/// A person in Crowd's directory.
struct User {
  std::string name = {};
  std::string password = {};
  std::string display_name = {};
  std::string email = {};
  /// Spaces of Confluence that this user may see besides those open to everybody who is logged in.
  std::vector<std::string> spaces = {};
  /// False: Crowd knows the user, Confluence does not let the user in.
  bool may_use_confluence = true;
  /// Password log-ins (Basic) are denied until a CAPTCHA is solved: AUTHENTICATION_DENIED.
  bool captcha_required = false;
  /// False: Confluence's copy of the directory lacks the user, who stays anonymous there.
  bool in_confluence = true;
  /// What Confluence calls the user, if not `name`: in another case, or after a rename.
  std::string name_in_confluence = {};
  /// Logs the user in at Confluence as Authorization: Bearer; empty: there is none.
  std::string personal_access_token = {};
};

/// alice, bob and carol, who use Confluence, and dave, who may not. The password is the name.
std::vector<User> default_users();

}  // namespace atlassian
