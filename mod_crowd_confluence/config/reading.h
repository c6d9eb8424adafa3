// Which time httpd reads its configuration.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_READING_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_READING_H_

#include <httpd.h>

#include <http_config.h>
#include <http_core.h>

namespace crowd_confluence::httpd {

/// httpd reads it twice at the start, and once at each restart. `httpd -t` reads it once. What
/// cannot work must come out at the first time, while somebody looks; at any later time it would
/// end a server that runs.
inline bool is_first_reading() {
  return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;
}

/// Whether this is `httpd -t`, which ends before httpd's logs are opened.
inline bool is_configuration_test() {
  return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;
}

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_READING_H_
