// What the module decided about a request, in one line of level debug.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_DECISION_LOG_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_DECISION_LOG_H_

#include <httpd.h>

#include <apr_tables.h>
#include <http_log.h>

#include "request/state.h"

namespace crowd_confluence::httpd {

/// Remembers the request as it came, if the level is on, and otherwise does nothing. Names of
/// cookies and headers are written, and no values.
class DecisionLog {
 public:
  /// Before the fixup changes the request.
  explicit DecisionLog(request_rec& request);

  /// When it has.
  void write(const RequestState& state) const {
    if (headers_ != nullptr) write_line(state);
  }

 private:
  void write_line(const RequestState& state) const;

  request_rec& request_;
  const apr_table_t* headers_ = nullptr;  // null: the level is off
  bool has_own_address_ = false;          // of the connection, and nobody said otherwise
};

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_DECISION_LOG_H_
