#include "crowd_confluence/diagnosis/evidence.h"

#include <algorithm>

#include "base/ascii.h"
#include "crowd_confluence/address.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "crowd_confluence/visitor.h"
#include "diagnosis/plain_text.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxTokenBytes = 4096;
constexpr std::size_t kMaxNames = 100;
constexpr std::size_t kMaxNameBytes = 100;
constexpr std::size_t kMaxHops = 20;

TokenState state_of(std::string_view token) {
  if (unquoted(token).empty()) return TokenState::empty;
  const bool is_usable = token.size() <= kMaxTokenBytes && may_be_token(token);
  return is_usable ? TokenState::usable : TokenState::malformed;
}

void note_name(std::string_view name, RequestEvidence& request) {
  std::string plain = plain_text(name, kMaxNameBytes);
  std::vector<std::string>& names = request.cookie_names;
  if (names.size() < kMaxNames && std::find(names.begin(), names.end(), plain) == names.end())
    names.push_back(std::move(plain));
}

HttpFailure failure_of(Reason reason) {
  switch (reason) {
    case Reason::timeout:
      return HttpFailure::timeout;
    case Reason::refused:
      return HttpFailure::refused;
    case Reason::name_lookup:
      return HttpFailure::name_lookup;
    case Reason::tls:
      return HttpFailure::tls;
    case Reason::proxy:
      return HttpFailure::proxy;
    case Reason::protocol:
      return HttpFailure::protocol;
    case Reason::too_large:
      return HttpFailure::too_large;
    case Reason::network:
      return HttpFailure::network;
    default:
      return HttpFailure::internal;
  }
}

LoginReason login_reason_of(Reason reason) {
  switch (reason) {
    case Reason::logged_out:
      return LoginReason::out;
    case Reason::login_failed:
      return LoginReason::authenticated_failed;
    case Reason::login_denied:
      return LoginReason::authentication_denied;
    default:
      return LoginReason::none;
  }
}

}  // namespace

SetupEvidence setup_of(const ConfluenceSettings& confluence, const CrowdSettings* crowd) {
  SetupEvidence setup;
  setup.confluence = confluence.base_url.text;
  setup.confluence_scheme = confluence.base_url.scheme;
  setup.confluence_host = confluence.base_url.host;
  setup.probe_path = confluence.probe.path;
  setup.token_cookie = confluence.token_cookie;
  setup.forwarded_for = confluence.forwarded_for;
  if (crowd != nullptr) {
    setup.crowd = crowd->base_url.text;
    setup.crowd_host = crowd->base_url.host;
    setup.application = plain_text(crowd->application, kMaxNameBytes);
  }
  return setup;
}

void note_cookies(std::string_view header, const ConfluenceSettings& settings,
                  RequestEvidence& request) {
  request.has_cookies = true;
  for (CookieScanner scan(header); scan.next();) {
    const Cookie& cookie = scan.cookie();
    if (!is_cookie_name(cookie.name)) continue;
    note_name(cookie.name, request);
    if (cookie.name == settings.token_cookie) {
      if (request.token_cookies == 0) request.token = state_of(cookie.value);
      ++request.token_cookies;
    } else if (settings.session_cookies.is_required(cookie.name)) {
      request.has_session_cookie = true;
    }
  }
}

void note_forwarded_for(std::string_view header, RequestEvidence& request) {
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    AddressBuffer buffer;
    const std::string_view hop = canonical_address(ascii::trimmed(header.substr(0, comma)), buffer);
    if (!hop.empty() && request.forwarded_for.size() < kMaxHops)
      request.forwarded_for.emplace_back(hop);
    header = comma == std::string_view::npos ? "" : header.substr(comma + 1);
  }
}

std::optional<ConfluenceEvidence> evidence_of(const Outcome& outcome) {
  if (outcome.result == Result::missing) return std::nullopt;
  ConfluenceEvidence evidence;
  evidence.result = outcome.result;
  evidence.reason = outcome.reason;
  evidence.status = outcome.status;
  evidence.detail = plain_text(outcome.detail);
  evidence.user = outcome.session.user();
  evidence.login_reason = login_reason_of(outcome.reason);
  if (outcome.result == Result::unavailable && outcome.status == 0)
    evidence.failure = failure_of(outcome.reason);
  return evidence;
}

}  // namespace crowd_confluence
