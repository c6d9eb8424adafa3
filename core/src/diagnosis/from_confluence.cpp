// Confluence's answer, or that there is none, tells the cause by itself.

#include "base/ascii.h"
#include "crowd_confluence/address.h"
#include "diagnosis/conclusion.h"
#include "diagnosis/questions.h"

namespace crowd_confluence {
namespace {

Conclusion with_detail(Cause cause, std::string detail) {
  Conclusion conclusion = proven(cause);
  conclusion.detail = std::move(detail);
  return conclusion;
}

Conclusion when_late(const Evidence& evidence) {
  const auto& small = evidence.probe_without_token;
  // Only the token makes Confluence ask Crowd.
  if (small && !small->failure) return among(Certainty::likely, {Cause::crowd_slow});
  Conclusion conclusion =
      small ? proven(Cause::unreachable)
            : among(Certainty::ambiguous, {Cause::unreachable, Cause::crowd_slow});
  conclusion.detail = evidence.probe->detail;
  return conclusion;
}

Conclusion when_unanswered(const Evidence& evidence) {
  const ConfluenceEvidence& probe = *evidence.probe;
  switch (*probe.failure) {
    case HttpFailure::tls:
      return with_detail(Cause::tls, probe.detail);
    case HttpFailure::timeout:
      return probe.is_unconnected ? with_detail(Cause::unreachable, probe.detail)
                                  : when_late(evidence);
    case HttpFailure::refused:
    case HttpFailure::name_lookup:
    case HttpFailure::proxy:
    case HttpFailure::network:
    case HttpFailure::protocol:
      return with_detail(Cause::unreachable, probe.detail);
    case HttpFailure::too_large:
    case HttpFailure::ambiguous_length:
      return with_detail(Cause::foreign_gate, probe.detail);
    case HttpFailure::internal:
      break;
  }
  if (probe.reason == Reason::breaker_open)
    return among(Certainty::likely, {Cause::unreachable, Cause::maintenance});
  return just("This server could not ask: " +
              (probe.detail.empty() ? std::string(explanation(probe.reason)) : probe.detail) +
              ". Look at its error log.");
}

bool is_error_page(std::string_view path) {
  return path.find("johnson") != std::string_view::npos ||
         path.find("/errors.action") != std::string_view::npos ||
         path.find("/setup/") != std::string_view::npos;
}

/// With the last dot, which a host's name may have.
bool is_same_host(std::string_view a, std::string_view b) {
  if (a.ends_with('.')) a.remove_suffix(1);
  if (b.ends_with('.')) b.remove_suffix(1);
  return ascii::equal_ignoring_case(a, b);
}

Conclusion when_redirected(const Evidence& evidence) {
  const ConfluenceEvidence& probe = *evidence.probe;
  if (is_error_page(probe.location_path)) return proven(Cause::maintenance);
  const bool is_same_page = !evidence.setup.probe_path.empty() &&
                            probe.location_path.ends_with(evidence.setup.probe_path);
  const bool is_upgrade = probe.location_scheme == "https" &&
                          evidence.setup.confluence_scheme == "http" &&
                          is_same_host(probe.location_host, evidence.setup.confluence_host);
  std::string detail = "it leads to " + probe.location;
  if (is_same_page || is_upgrade || probe.is_from_atlassian)
    return with_detail(Cause::base_url, std::move(detail));
  return with_detail(Cause::foreign_gate, std::move(detail));
}

Conclusion when_refused(const Evidence& evidence) {
  const ConfluenceEvidence& probe = *evidence.probe;
  if (probe.is_from_atlassian && !probe.user.empty()) return proven(Cause::not_permitted);
  return with_detail(Cause::foreign_gate, probe.detail);
}

Conclusion when_too_large(const Evidence& evidence) {
  const bool is_proven =
      evidence.probe->status == 431 ||
      (evidence.probe_without_token && evidence.probe_without_token->status != 400 &&
       evidence.probe_without_token->status != 0);
  return is_proven ? proven(Cause::header_too_large)
                   : among(Certainty::ambiguous, {Cause::header_too_large, Cause::base_url});
}

Conclusion when_not_understood(const Evidence& evidence) {
  const ConfluenceEvidence& probe = *evidence.probe;
  if (probe.status == 431 || (probe.status == 400 && probe.is_page_of_tomcat))
    return when_too_large(evidence);
  if (probe.status == 404)
    return with_detail(Cause::base_url, "there is no page " + evidence.setup.probe_path);
  if (probe.is_html && !probe.is_from_atlassian)
    return with_detail(Cause::foreign_gate, probe.detail);
  Conclusion conclusion = among(Certainty::ambiguous, {Cause::base_url, Cause::foreign_gate});
  conclusion.detail = probe.detail;
  return conclusion;
}

Conclusion when_ailing(const Evidence& evidence) {
  const ConfluenceEvidence& probe = *evidence.probe;
  if (probe.status == 503) return proven(Cause::maintenance);
  if (probe.status == 502 || probe.status == 504) {
    Conclusion conclusion = among(Certainty::likely, {Cause::unreachable, Cause::maintenance});
    conclusion.detail = "a proxy before it answers " + std::to_string(probe.status);
    return conclusion;
  }
  return among(Certainty::ambiguous, {Cause::crowd_link, Cause::crowd_slow, Cause::maintenance});
}

Conclusion when_limited(const ConfluenceEvidence& probe) {
  Conclusion conclusion = proven(Cause::rate_limited);
  conclusion.detail =
      probe.user.empty() ? "too many requests of this user" : "too many requests of " + probe.user;
  return conclusion;
}

std::optional<Conclusion> when_rejected(const Evidence& evidence) {
  const ConfluenceEvidence& probe = *evidence.probe;
  if (probe.reason == Reason::login_denied) return proven(Cause::captcha);
  // Where Confluence names the user, it knows the user.
  const bool is_named = probe.login_reason == LoginReason::authorisation_failed ||
                        (probe.status == 403 && (!probe.user.empty() || probe.repeats_token));
  if (is_named) return proven(Cause::not_permitted);
  if (probe.repeats_token || probe.reason == Reason::not_permitted)
    return among(accepts(evidence.as_forwarded) ? Certainty::likely : Certainty::ambiguous,
                 {Cause::user_not_in_confluence, Cause::not_permitted});
  return std::nullopt;
}

}  // namespace

std::optional<Conclusion> conclude_from_confluence(const Evidence& evidence) {
  const ConfluenceEvidence& probe = *evidence.probe;
  if (probe.failure) return when_unanswered(evidence);
  if (takes_for_nobody(probe)) return when_rejected(evidence);
  switch (probe.reason) {
    case Reason::cached_answer:
      return proven(Cause::cached_answer);
    case Reason::rate_limited:
      return when_limited(probe);
    case Reason::proxy:
      return with_detail(Cause::unreachable, probe.detail);
    case Reason::server_error:
      return when_ailing(evidence);
    case Reason::redirect:
      return when_redirected(evidence);
    case Reason::gateway:
      return with_detail(Cause::foreign_gate, probe.detail);
    case Reason::forbidden:
      return when_refused(evidence);
    case Reason::no_session_cookie:
      return just(
          "Confluence knows the user, and gave no session cookie of the expected name: name it "
          "first "
          "in CrowdConfluenceSessionCookies, or see which proxy removes Set-Cookie.");
    case Reason::too_large:
      return just(
          "Confluence's answer or its cookies are too large: pass on fewer cookies "
          "(CrowdConfluenceSessionCookies).");
    default:
      return when_not_understood(evidence);
  }
}

}  // namespace crowd_confluence
