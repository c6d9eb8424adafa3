// Which headers of a response concern this module: mostly none but Cache-Control.

#ifndef MOD_CROWD_CONFLUENCE_RESPONSE_RELEVANT_HEADERS_H_
#define MOD_CROWD_CONFLUENCE_RESPONSE_RELEVANT_HEADERS_H_

#include <apr_tables.h>

#include "config/config.h"
#include "response/cache_control.h"

namespace crowd_confluence::httpd {

/// What is found in one of a response's two tables.
struct RelevantHeaders {
  RelevantHeaders(const apr_table_t* headers, const PassAs& pass_as);

  /// Whether there is something that is meant for this module, or must not reach the browser.
  [[nodiscard]] bool must_be_cleaned() const {
    return set_cookie || says_expired || login_reason || passed_on;
  }

  bool set_cookie = false;
  bool says_expired = false;
  bool login_reason = false;
  bool passed_on = false;                      // that of CrowdConfluencePassAs
  apr_table_entry_t* cache_control = nullptr;  // the first one, until the table changes
  Sharing sharing = Sharing::unsaid;           // what all of them say
};

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_RESPONSE_RELEVANT_HEADERS_H_
