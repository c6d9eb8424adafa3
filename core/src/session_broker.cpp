#include "crowd_confluence/session_broker.h"

#include <utility>

namespace crowd_confluence {

SessionBroker::SessionBroker(ConfluenceSettings settings) : client_(std::move(settings)) {}

void SessionBroker::find(const Visitor& visitor, Outcome& outcome) {
  const Verdict verdict = client_.exchange(visitor, {});
  outcome.result = verdict.result;
  outcome.source = Source::exchange;
  outcome.reason = verdict.reason;
  outcome.session = verdict.session;
  outcome.detail = verdict.detail;
}

}  // namespace crowd_confluence
