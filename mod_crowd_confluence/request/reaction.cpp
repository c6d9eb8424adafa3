#include "request/reaction.h"

#include <string_view>

#include "crowd_confluence/http/url.h"
#include "log.h"

namespace crowd_confluence::httpd {
namespace {

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

int react(request_rec& request, const Reaction* reaction) {
  if (reaction == nullptr) return OK;
  if (reaction->redirect != nullptr) return redirect(request, reaction->redirect);
  return reaction->status != 0 ? reaction->status : OK;
}

}  // namespace crowd_confluence::httpd
