// What it means that Confluence could not be asked.

#ifndef CROWD_CONFLUENCE_SRC_CONFLUENCE_FAILURE_REASON_H_
#define CROWD_CONFLUENCE_SRC_CONFLUENCE_FAILURE_REASON_H_

#include "crowd_confluence/http/error.h"
#include "crowd_confluence/outcome.h"

namespace crowd_confluence {

[[nodiscard]] Reason reason_of(HttpFailure failure);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_CONFLUENCE_FAILURE_REASON_H_
