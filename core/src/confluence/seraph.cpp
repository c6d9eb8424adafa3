#include "crowd_confluence/confluence/seraph.h"

#include "base/ascii.h"

namespace crowd_confluence {

std::string_view last_seraph_value(std::string_view values) {
  const std::size_t comma = values.rfind(',');
  return ascii::trimmed(comma == std::string_view::npos ? values : values.substr(comma + 1));
}

LoginReason last_login_reason(std::string_view values) {
  constexpr struct {
    std::string_view word;
    LoginReason reason;
  } kReasons[] = {{"OK", LoginReason::ok},
                  {"OUT", LoginReason::out},
                  {"AUTHENTICATED_FAILED", LoginReason::authenticated_failed},
                  {"AUTHENTICATION_DENIED", LoginReason::authentication_denied},
                  {"AUTHORISATION_FAILED", LoginReason::authorisation_failed}};
  const std::string_view last = last_seraph_value(values);
  for (const auto& [word, reason] : kReasons)
    if (ascii::equal_ignoring_case(last, word)) return reason;
  return LoginReason::none;
}

}  // namespace crowd_confluence
