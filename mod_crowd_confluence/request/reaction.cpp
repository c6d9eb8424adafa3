#include "request/reaction.h"

#include <apr_cstr.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include "crowd_confluence/http/url.h"
#include "request/troubles.h"

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

/// The browser asks whether a script of another origin may send its request.
bool is_preflight(const request_rec& request) {
  return request.method_number == M_OPTIONS && !header(request, "Origin").empty() &&
         !header(request, "Access-Control-Request-Method").empty();
}

/// The first octet, decoded as in a URL; NUL for none.
char first_decoded(std::string_view text) {
  unsigned int octet = 0;
  if (text.size() < 3 || text.front() != '%') return text.empty() ? '\0' : text.front();
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 3, octet, 16);
  return error == std::errc() && end == text.data() + 3 ? static_cast<char>(octet) : '%';
}

/// Whether every browser takes it for what it looks like: the URL of a server, or a path on this
/// one. Browsers take `//host`, `/\host` and the like for another server.
bool is_location(std::string_view url) {
  const std::string_view before_query = url.substr(0, url.find_first_of("?#"));
  if (!may_be_in_url(url) || before_query.find('\\') != url.npos) return false;
  for (const std::string_view scheme : {"http://", "https://"})
    if (url.starts_with(scheme))
      return before_query.size() > scheme.size() && before_query[scheme.size()] != '/';
  if (!url.starts_with('/')) return false;
  if (before_query.size() == 1) return true;
  const char second = first_decoded(url.substr(1));
  return second != '/' && second != '\\' && second > ' ' && second != 0x7f;
}

/// Whether a URL names this very server before its path.
bool is_authority_here(const request_rec& request, std::string_view scheme, std::string_view host) {
  if (scheme != ap_http_scheme(&request) || request.hostname == nullptr) return false;
  const apr_port_t port = ap_get_server_port(&request);
  const std::string name = request.hostname;
  const std::string given(host);
  return apr_cstr_casecmp(given.c_str(), (name + ":" + std::to_string(port)).c_str()) == 0 ||
         (ap_is_default_port(port, &request) && apr_cstr_casecmp(given.c_str(), name.c_str()) == 0);
}

/// Path and query to which the URL leads on this very server; empty if it leads to another one.
std::string target_here(const request_rec& request, std::string_view url) {
  url = url.substr(0, url.find('#'));
  if (url.starts_with('/')) return std::string(url);
  const std::size_t end_of_scheme = url.find("://");
  const std::string_view scheme = url.substr(0, end_of_scheme);
  url.remove_prefix(end_of_scheme + 3);
  const std::string_view host = url.substr(0, url.find_first_of("/?"));
  url.remove_prefix(host.size());
  if (!is_authority_here(request, scheme, host)) return {};
  return (url.starts_with('/') ? "" : "/") + std::string(url);
}

/// What the browser asked for, before any internal redirect.
std::string_view path_of_browser(const request_rec& request) {
  const request_rec* first = &request;
  while (first->prev != nullptr) first = first->prev;
  return first->uri;
}

/// Whether the browser would be redirected for ever: to the path that it asks for, or to one that
/// grows by it each time, where the same line holds.
bool leads_to_itself(request_rec& request, const Reaction* reaction, std::string_view url) {
  const std::string there_and_query = target_here(request, url);
  std::string path = there_and_query.substr(0, there_and_query.find('?'));
  if (path.empty() || ap_unescape_url(path.data()) != OK) return false;
  path.resize(std::strlen(path.c_str()));
  const std::string_view asked = path_of_browser(request);
  if (path != asked && (asked.size() == 1 || !path.ends_with(asked))) return false;
  request_rec* const target =
      ap_sub_req_method_uri("GET", there_and_query.c_str(), &request, nullptr);
  // Another module may redirect or refuse it first.
  const DirectoryConfig& there = directory_config(target);
  const bool leads_back =
      target->status == HTTP_OK && there.is_on() &&
      std::find(there.when.begin(), there.when.end(), reaction) != there.when.end();
  ap_destroy_sub_req(target);
  return leads_back;
}

int redirect(request_rec& request, const Reaction* reaction) {
  if (!is_navigation(request)) return HTTP_UNAUTHORIZED;
  const char* problem = nullptr;
  const char* url = ap_expr_str_exec(&request, reaction->redirect, &problem);
  if (problem != nullptr || url == nullptr || !is_location(url)) {
    log_bad_redirect(request, *reaction, problem);
    return HTTP_INTERNAL_SERVER_ERROR;
  }
  if (leads_to_itself(request, reaction, url)) {
    log_redirect_to_itself(request, *reaction);
    return HTTP_INTERNAL_SERVER_ERROR;
  }
  apr_table_setn(request.headers_out, "Location", url);
  return HTTP_MOVED_TEMPORARILY;
}

}  // namespace

int react(request_rec& request, const Reaction* reaction, Duration retry_after) {
  if (reaction == nullptr || is_preflight(request)) return OK;
  const int status = reaction->redirect != nullptr ? redirect(request, reaction) : reaction->status;
  if (status == OK) return OK;
  // The next answer under this URL will be another one.
  apr_table_setn(request.err_headers_out, "Cache-Control", "no-store");
  if (retry_after > Duration::zero()) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(retry_after).count();
    apr_table_setn(request.err_headers_out, "Retry-After", apr_ltoa(request.pool, seconds));
  }
  return status;
}

}  // namespace crowd_confluence::httpd
