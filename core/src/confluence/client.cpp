#include "crowd_confluence/confluence/client.h"

#include <cassert>
#include <utility>

#include "confluence/failure_reason.h"
#include "version.h"

namespace crowd_confluence {
namespace {

Verdict unavailable(Reason reason, std::string detail = {}) {
  Verdict verdict;
  verdict.reason = reason;
  verdict.detail = std::move(detail);
  return verdict;
}

}  // namespace

std::vector<std::string> exchange_headers(const ConfluenceSettings& settings,
                                          const Visitor& visitor,
                                          std::string_view session_cookies) {
  std::string cookies = "Cookie: " + settings.token_cookie + "=";
  cookies += visitor.token;
  if (!session_cookies.empty()) cookies.append("; ").append(session_cookies);

  // A cache between here and Confluence must neither answer nor keep the answer: most tell requests
  // with different cookies not apart.
  std::vector<std::string> headers = {
      "Accept: application/json", "Cache-Control: no-cache, no-store", "Pragma: no-cache",
      "User-Agent: mod_crowd_confluence/" CROWD_CONFLUENCE_VERSION, std::move(cookies)};
  // One line with one address: Atlassian's code and its documentation read a longer chain
  // differently.
  if (settings.forwarded_for) headers.push_back("X-Forwarded-For: " + std::string(visitor.address));
  return headers;
}

ConfluenceClient::ConfluenceClient(ConfluenceSettings settings)
    : settings_(std::move(settings)),
      probe_url_(settings_.base_url.text + settings_.probe.path),
      http_(settings_.http) {
  assert(!settings_.base_url.text.empty() && settings_.probe.path.starts_with('/'));
}

Verdict ConfluenceClient::exchange(const Visitor& visitor, std::string_view session_cookies) {
  if (settings_.forwarded_for && visitor.address.empty()) return unavailable(Reason::bad_address);
  const auto deadline = std::chrono::steady_clock::now() + settings_.http.timeout;
  const auto response = get(visitor, session_cookies, deadline);
  if (!response) {
    Verdict verdict = unavailable(reason_of(response.error().failure), response.error().text);
    verdict.is_unconnected = response.error().is_unconnected;
    return verdict;
  }
  Verdict verdict = judge(response.value(), settings_, visitor.token, session_cookies);
  if (session_cookies.empty() || !meaning_of(verdict.reason).may_be_due_to_cookies) return verdict;

  const auto without = get(visitor, {}, deadline);
  if (without) return judge(without.value(), settings_, visitor.token, {});
  // Perhaps the session is refused, and not the token.
  if (verdict.result == Result::rejected) return unavailable(Reason::unexpected_answer);
  return verdict;
}

Expected<HttpResponse, HttpError> ConfluenceClient::ask(
    std::string_view path, const Visitor& visitor, std::chrono::steady_clock::time_point deadline) {
  std::vector<std::string> headers = exchange_headers(settings_, visitor, {});
  std::erase_if(headers, [&](const std::string& header) {
    return (visitor.token.empty() && header.starts_with("Cookie:")) ||
           (visitor.address.empty() && header.starts_with("X-Forwarded-For:"));
  });
  return http_.get(settings_.base_url.text + std::string(path), headers, deadline);
}

Expected<HttpResponse, HttpError> ConfluenceClient::get(
    const Visitor& visitor, std::string_view session_cookies,
    std::chrono::steady_clock::time_point deadline) {
  return http_.get(probe_url_, exchange_headers(settings_, visitor, session_cookies), deadline);
}

}  // namespace crowd_confluence
