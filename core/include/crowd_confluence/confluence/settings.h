// What must be known of one Confluence to ask it for a session.

#ifndef CROWD_CONFLUENCE_CONFLUENCE_SETTINGS_H_
#define CROWD_CONFLUENCE_CONFLUENCE_SETTINGS_H_

#include <string>

#include "crowd_confluence/confluence/probe.h"
#include "crowd_confluence/cookie/cookie_names.h"
#include "crowd_confluence/http/settings.h"
#include "crowd_confluence/http/url.h"

namespace crowd_confluence {

struct ConfluenceSettings {
  BaseUrl base_url;
  Probe probe;
  std::string token_cookie = "crowd.token_key";
  CookieNames session_cookies = CookieNames::defaults();
  bool forwarded_for = true;  // tell Confluence the user's address
  HttpSettings http;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_CONFLUENCE_SETTINGS_H_
