#include "crowd_confluence/confluence_client.h"

#include <utility>

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

  std::vector<std::string> headers = {"Accept: application/json",
                                      "User-Agent: mod_crowd_confluence/" CROWD_CONFLUENCE_VERSION,
                                      std::move(cookies)};
  // One line with one address: Atlassian's code and its documentation read a longer chain
  // differently.
  if (settings.forwarded_for) headers.push_back("X-Forwarded-For: " + std::string(visitor.address));
  return headers;
}

ConfluenceClient::ConfluenceClient(ConfluenceSettings settings)
    : settings_(std::move(settings)),
      probe_url_(settings_.base_url.text + settings_.probe.path),
      http_(settings_.http) {}

Verdict ConfluenceClient::exchange(const Visitor& visitor, std::string_view session_cookies) {
  if (settings_.forwarded_for && visitor.address.empty()) return unavailable(Reason::bad_address);
  const auto deadline = std::chrono::steady_clock::now() + settings_.http.timeout;
  Verdict verdict = ask(visitor, session_cookies, deadline);
  // A 401, which tells nothing when it blames the cookie, may mean that only this session is dead:
  // Confluence was restarted, say.
  if (!session_cookies.empty() &&
      (verdict.reason == Reason::unauthorized || verdict.reason == Reason::unexpected_answer))
    verdict = ask(visitor, {}, deadline);
  return verdict;
}

Verdict ConfluenceClient::ask(const Visitor& visitor, std::string_view session_cookies,
                              std::chrono::steady_clock::time_point deadline) {
  const auto response =
      http_.get(probe_url_, exchange_headers(settings_, visitor, session_cookies), deadline);
  if (!response) return unavailable(response.error().reason, response.error().text);
  return judge(response.value(), settings_, visitor.token, session_cookies);
}

}  // namespace crowd_confluence
