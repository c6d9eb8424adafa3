#include "config/when_directive.h"

#include <http_protocol.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "apr/pool.h"
#include "config/place.h"
#include "crowd_confluence/http/url.h"
#include "log.h"

namespace crowd_confluence::httpd {
namespace {

/// httpd answers 500 instead of a status that it does not know.
bool is_known_to_httpd(int status) {
  return status == HTTP_INTERNAL_SERVER_ERROR ||
         std::strcmp(ap_get_status_line(status), ap_get_status_line(HTTP_INTERNAL_SERVER_ERROR)) !=
             0;
}

/// Reads an action: `pass`, a status, or the URL of a redirect. What is wrong with it, or null.
const char* parse_reaction(cmd_parms* cmd, std::string_view action, Reaction& reaction) {
  if (action == "pass") return nullptr;
  const bool is_number = !action.empty() && action.find_first_not_of("0123456789") == action.npos;
  if (is_number) {
    const int status = action.size() == 3 ? std::stoi(std::string(action)) : 0;
    if (status < 400 || status > 599)
      return refuse(cmd, "'" + std::string(action) +
                             "' is no status to refuse with; allowed are 400 "
                             "to 599");
    if (!is_known_to_httpd(status))
      return refuse(cmd, "httpd knows no status " + std::string(action) + " and would answer 500");
    reaction.status = status;
    return nullptr;
  }
  if (!action.starts_with("http://") && !action.starts_with("https://") &&
      !action.starts_with("/") && !action.starts_with("%{"))
    return refuse(cmd, "'" + std::string(action) +
                           "' is unknown; allowed are 'pass', a status from 400 to 599, and a URL "
                           "(http://..., https://... or /...), in which expressions such as "
                           "%{escape:%{REQUEST_URI}} may stand");
  // What stands before the first expression is the same for every request.
  if (!may_be_in_url(action.substr(0, action.find_first_of("%$"))))
    return refuse(cmd, "'" + std::string(action) +
                           "' holds what no URL may; write blanks and other letters than those of "
                           "ASCII as %20 and the like");
  if (action.starts_with("//") || action.starts_with("/\\"))
    return refuse(cmd, "'" + std::string(action) +
                           "' is another server for browsers; write http:// or https:// before a "
                           "host, and one slash before a path");
  const char* problem = nullptr;
  reaction.redirect =
      ap_expr_parse_cmd(cmd, copy(cmd, action), AP_EXPR_FLAG_STRING_RESULT, &problem, nullptr);
  if (problem != nullptr)
    return refuse(cmd, "'" + std::string(action) + "' is no valid expression: " + problem);
  return nullptr;
}

}  // namespace

const char* set_when(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  constexpr std::array kResults = {Result::missing, Result::rejected, Result::unavailable};
  const std::string_view word = words.empty() ? std::string_view() : words[0];
  const auto* result = std::find_if(kResults.begin(), kResults.end(),
                                    [&](Result each) { return to_string(each) == word; });
  if (result == kResults.end())
    return refuse(cmd, "'" + std::string(word) +
                           "' is no result; allowed are missing, rejected and unavailable");
  if (words.size() != 2)
    return refuse(cmd, "after '" + std::string(word) +
                           "' one word is needed: 'pass', a status from 400 to 599, or a URL");
  Reaction reaction;
  reaction.place = place_of(cmd);
  if (const char* problem = parse_reaction(cmd, words[1], reaction)) return problem;
  config.when[static_cast<std::size_t>(*result)] = make_in_pool<Reaction>(cmd->pool, reaction);
  return nullptr;
}

}  // namespace crowd_confluence::httpd
