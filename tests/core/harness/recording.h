// Recorded responses of real servers, as the library's own responses.
#pragma once

#include <string>
#include <string_view>

#include "crowd_confluence/http/client.h"

/// Reads tests/recorded/NAME.http. Throws std::runtime_error when there is none.
std::string read_recording(std::string_view name);

crowd_confluence::HttpResponse parse_response(std::string_view raw);
