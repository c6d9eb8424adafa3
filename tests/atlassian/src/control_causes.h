// The causes of causes.h in the control API.
#pragma once

#include "control_call.h"

namespace atlassian {

json::value list_causes(const Call& call);
json::value set_cause_up(const Call& call);

}  // namespace atlassian
