// Options as JSON, for the control API and the program's option file. Members are named as the
// options are; durations are whole seconds; choices are the enumerators' names in lower case with
// hyphens (listed in options_members.h).
#pragma once

#include "json_text.h"
#include "options.h"

namespace atlassian {

json::object to_json(const CrowdOptions& options);
json::object to_json(const ConfluenceOptions& options);

/// Changes the members that `changes` names. Throws std::invalid_argument that names a member which
/// is unknown or has an unusable value; the options are then in between.
void apply(CrowdOptions& options, const json::object& changes);
void apply(ConfluenceOptions& options, const json::object& changes);

}  // namespace atlassian
