// What must be known of one Crowd to ask it.

#ifndef CROWD_CONFLUENCE_CROWD_SETTINGS_H_
#define CROWD_CONFLUENCE_CROWD_SETTINGS_H_

#include <string>

#include "crowd_confluence/http/settings.h"
#include "crowd_confluence/http/url.h"
#include "crowd_confluence/secret_text.h"

namespace crowd_confluence {

/// Crowd answers applications only, each with a name and a password of its own, and may answer each
/// of them differently. For a diagnosis it should be Confluence's application.
struct CrowdSettings {
  BaseUrl base_url;         // with Crowd's context path, usually /crowd
  std::string application;  // without a colon, which HTTP Basic has no way to send (RFC 7617 §2)
  SecretText password;      // the application's
  HttpSettings http;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_CROWD_SETTINGS_H_
