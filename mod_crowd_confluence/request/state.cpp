#include "request/state.h"

namespace crowd_confluence::httpd {

RequestState* nearest_state_of(const request_rec* request) {
  for (; request != nullptr; request = request->prev)
    if (RequestState* const state = own_state_of(request)) return state;
  return nullptr;
}

RequestState* state_of(const request_rec* request) {
  for (; request != nullptr; request = request->prev)
    if (RequestState* const state = own_state_of(request); state != nullptr && state->is_on())
      return state;
  return nullptr;
}

}  // namespace crowd_confluence::httpd
