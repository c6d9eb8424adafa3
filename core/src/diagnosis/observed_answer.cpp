#include "diagnosis/observed_answer.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/user_name.h"
#include "confluence/answerer.h"
#include "confluence/cached_answer.h"
#include "confluence/failure_reason.h"
#include "confluence/redirect_target.h"
#include "confluence/response_cookies.h"
#include "confluence/user_name.h"
#include "crowd_confluence/address.h"
#include "crowd_confluence/confluence/verdict.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "crowd_confluence/cookie/set_cookie.h"
#include "diagnosis/plain_text.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxWordBytes = 80;

ConfluenceEvidence failed(const HttpError& error) {
  ConfluenceEvidence evidence;
  evidence.reason = reason_of(error.failure);
  evidence.failure = error.failure;
  evidence.is_unconnected = error.is_unconnected;
  evidence.detail = plain_text(error.text);
  return evidence;
}

std::string named_user(const HttpResponse& response, const Verdict& verdict) {
  if (!verdict.session.user().empty()) return std::string(verdict.session.user());
  std::string user = user_in_headers(response);
  return is_user_name(user) && user != "anonymous" ? user : std::string();
}

/// Tomcat's error page begins so in all versions.
bool is_page_of_tomcat(const HttpResponse& response) {
  return response.body.find("HTTP Status " + std::to_string(response.status)) != std::string::npos;
}

bool is_html(const HttpResponse& response) {
  return ascii::starts_with_ignoring_case(response.header("Content-Type").value_or(""),
                                          "text/html");
}

bool has_rate_limit(const HttpResponse& response) {
  return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return ascii::starts_with_ignoring_case(header.name, "X-RateLimit-");
  });
}

std::string other_token_cookie(const HttpResponse& response, const ConfluenceSettings& settings,
                               std::string_view token) {
  for (const HttpHeader& header : response.headers) {
    if (!ascii::equal_ignoring_case(header.name, "Set-Cookie")) continue;
    for (const SetCookie& cookie : parse_set_cookie(header.value)) {
      const bool has_token = !token.empty() && unquoted(cookie.value) == unquoted(token);
      if (cookie.name != settings.token_cookie && cookie.name.size() <= kMaxWordBytes &&
          (has_token || may_be_token_cookie(cookie.name)))
        return std::string(cookie.name);
    }
  }
  return {};
}

/// Whether the session's cookies lead back to the node that gave them: a balancer's cookie, or the
/// node's name at the end of the session's.
bool names_node(std::string_view session_cookies, const CookieNames& names) {
  for (CookieScanner scan(session_cookies); scan.next();) {
    if (names.is_balancer(scan.cookie().name)) return true;
    if (names.is_required(scan.cookie().name) &&
        scan.cookie().value.find('.') != std::string_view::npos)
      return true;
  }
  return false;
}

std::string word_in(const HttpResponse& response, std::string_view name) {
  const std::string_view value = response.header(name).value_or("");
  return std::string(value.size() <= kMaxWordBytes && is_cookie_name(value) ? value : "");
}

void note_location(const HttpResponse& response, const std::string& asked, std::string_view token,
                   ConfluenceEvidence& evidence) {
  if (response.status < 300 || response.status >= 400) return;
  auto target = redirect_target(response.header("Location").value_or(""), asked);
  if (!target) return;
  const std::string_view bare = unquoted(token);
  if (!bare.empty() && target->path.find(bare) != std::string::npos) target->path = "/...";
  evidence.location_scheme = target->scheme;
  evidence.location_host = plain_text(target->host, 2 * kMaxWordBytes);
  evidence.location_path = plain_text(target->path, 2 * kMaxWordBytes);
  evidence.location = target->scheme + "://" + evidence.location_host +
                      (target->port.empty() ? std::string() : ":" + target->port) +
                      evidence.location_path;
}

}  // namespace

bool may_be_token_cookie(std::string_view name) {
  std::string folded;
  for (const char c : name)
    if (c != '.' && c != '_' && c != '-') folded += ascii::lower(c);
  return folded.find("tokenkey") != std::string::npos;
}

ConfluenceEvidence observed_answer(const Expected<HttpResponse, HttpError>& result,
                                   const ConfluenceSettings& settings, const std::string& asked,
                                   std::string_view token) {
  if (!result) return failed(result.error());
  const HttpResponse& response = result.value();
  const Verdict verdict = judge(response, settings, token, {});
  const ResponseCookies cookies(response);
  ConfluenceEvidence evidence;
  evidence.result = verdict.result;
  evidence.reason = verdict.reason;
  evidence.status = response.status;
  evidence.detail = plain_text(verdict.detail);
  evidence.user = named_user(response, verdict);
  evidence.login_reason = last_login_reason(response.header("X-Seraph-LoginReason").value_or(""));
  evidence.is_from_atlassian = is_from_atlassian(response);
  evidence.is_page_of_tomcat = is_page_of_tomcat(response);
  evidence.is_html = is_html(response);
  evidence.repeats_token = !token.empty() && cookies.repeat_token(settings.token_cookie, token);
  evidence.has_rate_limit = has_rate_limit(response);
  evidence.other_token_cookie = other_token_cookie(response, settings, token);
  if (!token.empty() && cookies.give_another_token(settings.token_cookie, token)) {
    evidence.cache_header = "Set-Cookie";
  } else {
    evidence.cache_header = plain_text(header_of_a_cache(response).value_or(""), kMaxWordBytes);
  }
  evidence.cluster_node = word_in(response, "X-Confluence-Cluster-Node");
  evidence.left_out_balancer = verdict.left_out_balancer;
  evidence.session_names_node = names_node(verdict.session.cookies(), settings.session_cookies);
  note_location(response, asked, token, evidence);
  AddressBuffer buffer;
  evidence.local_address = canonical_address(response.local_address, buffer);
  return evidence;
}

}  // namespace crowd_confluence
