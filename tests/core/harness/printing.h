// How Boost.Test shows the library's values.
#pragma once

#include <ostream>

#include "crowd_confluence/cookie/cookie_header.h"
#include "crowd_confluence/http/error.h"
#include "crowd_confluence/outcome.h"

namespace crowd_confluence {

std::ostream& operator<<(std::ostream& out, Result result);
std::ostream& operator<<(std::ostream& out, Source source);
std::ostream& operator<<(std::ostream& out, Reason reason);
std::ostream& operator<<(std::ostream& out, HttpFailure failure);
std::ostream& operator<<(std::ostream& out, const Cookie& cookie);

}  // namespace crowd_confluence
