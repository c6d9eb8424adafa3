#include "confluence/answerer.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "base/json.h"

namespace crowd_confluence {
namespace {

/// Whether one of the challenges of a WWW-Authenticate line is Seraph's own.
bool asks_for_oauth(std::string_view challenges) {
  while (!challenges.empty()) {
    const std::size_t comma = challenges.find(',');
    const std::string_view challenge = ascii::trimmed(challenges.substr(0, comma));
    if (ascii::equal_ignoring_case(challenge.substr(0, challenge.find(' ')), "OAuth")) return true;
    challenges = comma == std::string_view::npos ? "" : challenges.substr(comma + 1);
  }
  return false;
}

template <typename Is>
bool any_challenge(const HttpResponse& response, Is is) {
  return std::any_of(response.headers.begin(), response.headers.end(), [&](const auto& header) {
    return ascii::equal_ignoring_case(header.name, "WWW-Authenticate") && is(header.value);
  });
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Tomcat's error page, which has this heading in all versions.
bool is_page_of_tomcat(std::string_view body) {
  return contains(body, "<h1>HTTP Status 401");
}

/// `statusCode`, `message` and `reason` in Confluence's own resources, `status-code` and `message`
/// in those that all Atlassian applications share, `errorMessages` in Jira's, and the name of an
/// exception in Bitbucket's. Gateways write some of these words, and not the same together.
bool is_error_of_atlassians_rest(std::string_view body) {
  if (contains(body, "\"com.atlassian.") || contains(body, "<status-code>401</status-code>"))
    return true;
  const auto json = JsonObject::parse(body);
  if (!json) return false;
  if (json->has("errorMessages") && json->has("errors")) return true;
  if (!json->has("message")) return false;
  return json->text_of("status-code") == "401" ||
         (json->text_of("statusCode") == "401" && json->has("reason"));
}

}  // namespace

bool is_from_atlassian(const HttpResponse& response) {
  return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    const auto is = [&](std::string_view name) {
      return ascii::equal_ignoring_case(header.name, name);
    };
    return is("X-AUSERNAME") || is("X-AUSERID") || is("X-ASEN") || is("X-AREQUESTID") ||
           is("X-ASESSIONID") || ascii::starts_with_ignoring_case(header.name, "X-Seraph-") ||
           ascii::starts_with_ignoring_case(header.name, "X-Confluence-");
  });
}

bool has_challenge_of_seraph(const HttpResponse& response) {
  return any_challenge(response, asks_for_oauth);
}

bool has_foreign_challenge(const HttpResponse& response) {
  return !has_challenge_of_seraph(response) && any_challenge(response, [](std::string_view value) {
    return !ascii::trimmed(value).empty();
  });
}

bool has_body_of_atlassians_401(const HttpResponse& response) {
  const std::string_view body = response.body;
  return body.find_first_not_of(" \t\r\n") == std::string_view::npos || is_page_of_tomcat(body) ||
         is_error_of_atlassians_rest(body);
}

}  // namespace crowd_confluence
