// Faults as JSON, for the control API.
#pragma once

#include "fault.h"
#include "json_text.h"

namespace atlassian {

/// "crowd", "second-crowd" or "confluence" (the default). Throws std::invalid_argument for anything
/// else.
Server read_server(const json::object& object);
/// Throws std::invalid_argument that names a member which is unknown or has an unusable value.
Fault read_fault(const json::object& object);

}  // namespace atlassian
