#include "crowd_confluence/http/response.h"

#include <algorithm>

#include "base/ascii.h"

namespace crowd_confluence {

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  const auto found = std::find_if(headers.rbegin(), headers.rend(), [&](const HttpHeader& header) {
    return ascii::equal_ignoring_case(header.name, name);
  });
  if (found == headers.rend()) return std::nullopt;
  return found->value;
}

}  // namespace crowd_confluence
