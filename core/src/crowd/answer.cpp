#include "crowd/answer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "base/json.h"
#include "base/user_name.h"
#include "crowd_confluence/address.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "http/retry_after.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxDomainBytes = 253;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_from_crowd(const HttpResponse& response) {
  return response.header("X-Embedded-Crowd-Version").has_value();
}

bool is_json(const HttpResponse& response) {
  const std::string_view type = response.header("Content-Type").value_or("");
  return ascii::starts_with_ignoring_case(type, "application/json");
}

/// The word in which Crowd says why; empty if it says nothing, or nothing like a word.
std::string reason_in(const HttpResponse& response) {
  const auto body = JsonObject::parse(response.body);
  const std::string reason = body ? body->string_of("reason").value_or("") : std::string();
  return reason.size() <= 64 && is_cookie_name(reason) ? reason : std::string();
}

/// In `Client with address "ADDRESS" is forbidden`, of which each Tomcat escapes the quotes in its
/// own way. Empty if the page has none.
std::string forbidden_address(std::string_view page) {
  constexpr std::string_view kBefore = "Client with address ";
  constexpr std::string_view kOfAddresses = "0123456789abcdefABCDEF:.%";
  constexpr std::string_view kQuotes[] = {"&quot;", "&#34;", "&#x22;", "&#39;", "\"", "'"};
  const std::size_t before = page.find(kBefore);
  if (before == page.npos) return {};
  page.remove_prefix(before + kBefore.size());
  for (const std::string_view quote : kQuotes)
    if (page.starts_with(quote)) page.remove_prefix(quote.size());
  const std::string_view address = page.substr(0, page.find_first_not_of(kOfAddresses));
  AddressBuffer buffer;
  return std::string(canonical_address(address, buffer).empty() ? "" : address);
}

CrowdError error(CrowdFailure failure, const HttpResponse& response, std::string text) {
  CrowdError result;
  result.failure = failure;
  result.text = std::move(text);
  result.status = response.status;
  result.retry_after = retry_after(response);
  return result;
}

CrowdError not_a_crowd(const HttpResponse& response) {
  std::string text = "the answer with HTTP status " + std::to_string(response.status) +
                     " has no X-Embedded-Crowd-Version";
  if (response.status >= 300 && response.status < 400) text += ", and leads elsewhere";
  return error(CrowdFailure::not_a_crowd, response, std::move(text));
}

/// Crowd looks at the application before its REST API has a say, so the API's header may be missing
/// here.
CrowdError unauthorized(const HttpResponse& response) {
  const std::string_view challenge = response.header("WWW-Authenticate").value_or("");
  if (!is_from_crowd(response) && !contains(challenge, "Crowd REST Service") &&
      !contains(response.body, "Application failed to authenticate"))
    return not_a_crowd(response);
  return error(CrowdFailure::bad_credentials, response,
               "Crowd refuses the application's name or password (HTTP status 401)");
}

CrowdError forbidden(const HttpResponse& response) {
  if (reason_in(response) == "APPLICATION_ACCESS_DENIED")
    return error(CrowdFailure::access_denied, response,
                 "Crowd does not let the user into the application (APPLICATION_ACCESS_DENIED)");
  std::string address = forbidden_address(response.body);
  const bool is_of_tomcat = contains(response.body, "HTTP Status 403");
  if (address.empty() && !is_from_crowd(response) && !is_of_tomcat) return not_a_crowd(response);
  if (address.empty() && is_json(response))
    return error(CrowdFailure::unexpected_answer, response,
                 "Crowd answered 403 " + reason_in(response));
  CrowdError result = error(
      address.empty() ? CrowdFailure::application_closed : CrowdFailure::address_forbidden,
      response,
      address.empty() ? "Crowd answers nobody for this application (HTTP status 403)"
                      : "Crowd does not let the address " + address + " ask for this application");
  result.address = std::move(address);
  return result;
}

CrowdError unexpected(const HttpResponse& response) {
  std::string text = "Crowd answered " + std::to_string(response.status);
  if (const std::string reason = reason_in(response); !reason.empty()) text += " " + reason;
  return error(CrowdFailure::unexpected_answer, response, std::move(text));
}

std::optional<std::chrono::system_clock::time_point> moment_of(const JsonObject& object,
                                                               std::string_view member) {
  const auto milliseconds = object.integer_of(member);
  if (!milliseconds) return std::nullopt;
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(*milliseconds));
}

bool is_domain(std::string_view text) {
  return text.size() <= kMaxDomainBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
         });
}

}  // namespace

CrowdError error_of(const HttpError& error) {
  constexpr auto failure_of = [](HttpFailure failure) {
    switch (failure) {
      case HttpFailure::timeout:
        return CrowdFailure::timeout;
      case HttpFailure::refused:
        return CrowdFailure::refused;
      case HttpFailure::name_lookup:
        return CrowdFailure::name_lookup;
      case HttpFailure::tls:
        return CrowdFailure::tls;
      case HttpFailure::proxy:
        return CrowdFailure::proxy;
      case HttpFailure::network:
        return CrowdFailure::network;
      case HttpFailure::protocol:
      case HttpFailure::ambiguous_length:
        return CrowdFailure::protocol;
      case HttpFailure::too_large:
        return CrowdFailure::too_large;
      case HttpFailure::internal:
        break;
    }
    return CrowdFailure::internal;
  };
  CrowdError result;
  result.failure = failure_of(error.failure);
  result.text = error.text;
  result.is_unconnected = error.is_unconnected;
  return result;
}

std::optional<CrowdError> refusal_in(const HttpResponse& response, bool asks_for_token) {
  const int status = response.status;
  if (status == 401) return unauthorized(response);
  if (status == 403) return forbidden(response);
  // Those of a proxy before Crowd say the same as Crowd's own.
  if (status == 429)
    return error(CrowdFailure::rate_limited, response,
                 "Crowd limits the rate of requests (HTTP status 429)");
  if (status >= 500)
    return error(CrowdFailure::server_error, response,
                 "Crowd, or a proxy before it, answered " + std::to_string(status));
  const bool is_refused_token =
      (status == 400 || status == 404) && reason_in(response) == "INVALID_SSO_TOKEN";
  if (asks_for_token && is_refused_token)
    return error(CrowdFailure::invalid_token, response,
                 "Crowd does not accept the token (INVALID_SSO_TOKEN)");
  if (!is_from_crowd(response)) return not_a_crowd(response);
  if (status != 200) return unexpected(response);
  return std::nullopt;
}

Expected<CrowdCookie, CrowdError> cookie_in(const HttpResponse& response) {
  if (auto refusal = refusal_in(response, false)) return *std::move(refusal);
  const auto body = JsonObject::parse(response.body);
  CrowdCookie cookie;
  cookie.name = body ? body->string_of("name").value_or("") : std::string();
  cookie.domain = body ? body->string_of("domain").value_or("") : std::string();
  cookie.secure = body && body->text_of("secure") == "true";
  if (!is_cookie_name(cookie.name) || !is_domain(cookie.domain)) return unexpected(response);
  return cookie;
}

Expected<CrowdSession, CrowdError> session_in(const HttpResponse& response) {
  if (auto refusal = refusal_in(response, true)) return *std::move(refusal);
  const auto body = JsonObject::parse(response.body);
  const auto user = body ? body->object_of("user") : std::nullopt;
  CrowdSession session;
  session.user = user ? user->string_of("name").value_or("") : std::string();
  if (!is_user_name(session.user)) return unexpected(response);
  session.created = moment_of(*body, "created-date");
  session.expires = moment_of(*body, "expiry-date");
  return session;
}

}  // namespace crowd_confluence
