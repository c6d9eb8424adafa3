#include "crowd_confluence/crowd/client.h"

#include <utility>

namespace crowd_confluence {

CrowdClient::CrowdClient(CrowdSettings settings)
    : settings_(std::move(settings)),
      api_url_(settings_.base_url.text + "/rest/usermanagement/1"),
      http_(settings_.http) {}

}  // namespace crowd_confluence
