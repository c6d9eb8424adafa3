// The one question: is there a session for this visitor?

#ifndef CROWD_CONFLUENCE_SESSION_BROKER_H_
#define CROWD_CONFLUENCE_SESSION_BROKER_H_

#include "crowd_confluence/confluence_client.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/outcome.h"

namespace crowd_confluence {

/// Finds the session of a visitor of one Confluence. Thread-safe.
class CROWD_CONFLUENCE_EXPORT SessionBroker {
 public:
  explicit SessionBroker(ConfluenceSettings settings);

  /// Fills `outcome`, whose result is never Result::missing. Blocks while Confluence is asked, for
  /// at most the settings' timeout.
  void find(const Visitor& visitor, Outcome& outcome);

 private:
  ConfluenceClient client_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SESSION_BROKER_H_
