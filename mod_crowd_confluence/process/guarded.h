// No exception crosses into httpd.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_GUARDED_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_GUARDED_H_

#include <httpd.h>

#include <exception>

#include "log.h"

namespace crowd_confluence::httpd {

/// The status with which `function` ends, or 500: no request goes on that may be half done.
template <typename Function>
int guarded(request_rec& request, Function function) noexcept {
  try {
    return function();
  } catch (const std::exception& error) {
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &request,
                  CCF_INTERNAL "the request is given up after an internal error: %s", error.what());
  } catch (...) {
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &request,
                  CCF_INTERNAL "the request is given up after an unknown internal error");
  }
  return HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_GUARDED_H_
