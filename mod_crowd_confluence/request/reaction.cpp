#include "request/reaction.h"

#include <http_protocol.h>

#include <cstring>
#include <string>

#include "config/words.h"
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

std::string_view header(const request_rec& request, const char* name) {
  const char* value = apr_table_get(request.headers_in, name);
  return value != nullptr ? value : "";
}

/// Whether a person waits for a page. A script cannot follow a redirect to a log-in page, and what
/// a POST carries would be lost on the way.
bool is_navigation(const request_rec& request) {
  if (request.method_number != M_GET) return false;
  const std::string_view mode = header(request, "Sec-Fetch-Mode");
  if (!mode.empty()) return mode == "navigate";
  return header(request, "X-Requested-With").empty() &&
         header(request, "Accept").find("text/html") != std::string_view::npos;
}

bool is_location(std::string_view url) {
  return may_be_in_url(url) &&
         (url.starts_with("http://") || url.starts_with("https://") || url.starts_with("/"));
}

int redirect(request_rec& request, const ap_expr_info_t* expression) {
  if (!is_navigation(request)) return HTTP_UNAUTHORIZED;
  const char* problem = nullptr;
  const char* url = ap_expr_str_exec(&request, expression, &problem);
  if (problem != nullptr || url == nullptr || !is_location(url)) {
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &request,
                  CCF_BAD_REDIRECT
                  "CrowdConfluenceWhen: the expression for the redirect gives no URL here%s%s",
                  problem != nullptr ? ": " : "", problem != nullptr ? problem : "");
    return HTTP_INTERNAL_SERVER_ERROR;
  }
  apr_table_setn(request.headers_out, "Location", url);
  // The next answer under this URL will be another one.
  apr_table_setn(request.err_headers_out, "Cache-Control", "no-store");
  return HTTP_MOVED_TEMPORARILY;
}

}  // namespace

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
  const char* problem = nullptr;
  reaction.redirect =
      ap_expr_parse_cmd(cmd, copy(cmd, action), AP_EXPR_FLAG_STRING_RESULT, &problem, nullptr);
  if (problem != nullptr)
    return refuse(cmd, "'" + std::string(action) + "' is no valid expression: " + problem);
  return nullptr;
}

int react(request_rec& request, const Reaction* reaction) {
  if (reaction == nullptr) return OK;
  if (reaction->redirect != nullptr) return redirect(request, reaction->redirect);
  return reaction->status != 0 ? reaction->status : OK;
}

}  // namespace crowd_confluence::httpd
