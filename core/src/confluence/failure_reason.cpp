#include "confluence/failure_reason.h"

namespace crowd_confluence {

Reason reason_of(HttpFailure failure) {
  switch (failure) {
    case HttpFailure::timeout:
      return Reason::timeout;
    case HttpFailure::refused:
      return Reason::refused;
    case HttpFailure::name_lookup:
      return Reason::name_lookup;
    case HttpFailure::tls:
      return Reason::tls;
    case HttpFailure::proxy:
      return Reason::proxy;
    case HttpFailure::network:
      return Reason::network;
    case HttpFailure::protocol:
      return Reason::protocol;
    case HttpFailure::too_large:
      return Reason::too_large;
    case HttpFailure::ambiguous_length:  // one answer's fault, by which no breaker opens
      return Reason::unexpected_answer;
    case HttpFailure::internal:
      break;
  }
  return Reason::internal;
}

}  // namespace crowd_confluence
