// Confluence takes the visitor for nobody: what Crowd says tells why.

#include <algorithm>

#include "base/ascii.h"
#include "diagnosis/conclusion.h"
#include "diagnosis/questions.h"

namespace crowd_confluence {
namespace {

/// Crowd does not answer this server's questions.
Conclusion when_refused(const CrowdError& error) {
  const auto about_crowd = [&](Conclusion conclusion) {
    conclusion.server = "Crowd";
    conclusion.detail = error.text;
    return conclusion;
  };
  switch (error.failure) {
    case CrowdFailure::bad_credentials:
      return proven(Cause::crowd_password);
    case CrowdFailure::address_forbidden:
      return proven(Cause::crowd_address_forbidden);
    case CrowdFailure::application_closed:
      return proven(Cause::crowd_application_closed);
    case CrowdFailure::access_denied:
      return proven(Cause::crowd_access_denied);
    case CrowdFailure::not_a_crowd:
      return about_crowd(proven(Cause::not_a_crowd));
    case CrowdFailure::tls:
      return about_crowd(proven(Cause::tls));
    case CrowdFailure::rate_limited:
    case CrowdFailure::server_error:
      return about_crowd(among(Certainty::likely, {Cause::crowd_slow}));
    case CrowdFailure::timeout:
      return about_crowd(error.is_unconnected ? proven(Cause::unreachable)
                                              : among(Certainty::likely, {Cause::crowd_slow}));
    case CrowdFailure::refused:
    case CrowdFailure::name_lookup:
    case CrowdFailure::proxy:
    case CrowdFailure::network:
    case CrowdFailure::protocol:
      return about_crowd(proven(Cause::unreachable));
    case CrowdFailure::invalid_token:
    case CrowdFailure::unexpected_answer:
    case CrowdFailure::too_large:
    case CrowdFailure::internal:
      break;
  }
  return about_crowd(among(Certainty::ambiguous, {Cause::not_a_crowd, Cause::crowd_slow}));
}

Conclusion when_unknown(const Evidence& evidence) {
  if (evidence.request.token_cookies > 1) return proven(Cause::cookie_duplicate);
  if (evidence.observed.just_logged_in)
    return among(Certainty::likely, {Cause::two_crowds, Cause::token_expired});
  return proven(Cause::token_expired);
}

bool may_be_confluences(const SetupEvidence& setup) {
  if (setup.is_confluences_application) return *setup.is_confluences_application;
  std::string name;
  for (const char c : setup.application) name += ascii::lower(c);
  return name.find("confluence") != std::string::npos || name.find("wiki") != std::string::npos;
}

/// The token is good, and the addresses are right: it is Confluence's own set-up.
Conclusion when_accepted(const Evidence& evidence) {
  const ConfluenceEvidence& probe = *evidence.probe;
  if (evidence.probe_again && evidence.probe_again->result == Result::session)
    return among(Certainty::likely, {Cause::crowd_slow});
  if (evidence.observed.varies || probe.took >= std::chrono::milliseconds(1500))
    return among(Certainty::likely, {Cause::crowd_slow, Cause::crowd_link});
  // No session was sent along that could have ended.
  if (probe.login_reason == LoginReason::out)
    return among(Certainty::likely,
                 {Cause::crowd_properties_incomplete, Cause::sso_off, Cause::crowd_link});
  if (!may_be_confluences(evidence.setup)) {
    const bool is_sure = evidence.setup.is_confluences_application.has_value();
    return is_sure ? among(Certainty::likely,
                           {Cause::wrong_application, Cause::sso_off, Cause::crowd_link})
                   : among(Certainty::ambiguous,
                           {Cause::sso_off, Cause::crowd_link, Cause::wrong_application});
  }
  // An authenticator that failed is one that is there.
  if (probe.login_reason == LoginReason::authenticated_failed)
    return among(Certainty::likely, {Cause::crowd_link});
  return among(Certainty::ambiguous, {Cause::sso_off, Cause::crowd_link});
}

Conclusion when_untrusted(const Evidence& evidence) {
  if (!evidence.setup.forwarded_for) {
    Conclusion conclusion = proven(Cause::untrusted_proxy);
    conclusion.remedy =
        "Crowd checks the user's address, and Confluence is not told it: set "
        "CrowdConfluenceForwardedFor On.";
    return conclusion;
  }
  if (evidence.observed.works_from_other_server)
    return among(Certainty::likely, {Cause::remoteip_valve, Cause::untrusted_proxy});
  return proven(Cause::untrusted_proxy);
}

Conclusion bound_to(const Evidence& evidence, const std::string& address) {
  Conclusion conclusion =
      evidence.observed.works_after_other_log_in
          ? among(Certainty::likely, {Cause::mixed_binding, Cause::token_bound_to_proxy})
          : proven(Cause::token_bound_to_proxy);
  conclusion.proxy = address;
  return conclusion;
}

Conclusion fitting(const Evidence& evidence, const CandidateEvidence& candidate) {
  Conclusion conclusion;
  switch (candidate.kind) {
    case CandidateEvidence::other_form:
      conclusion = proven(Cause::address_form);
      break;
    case CandidateEvidence::of_chain:
      conclusion = proven(Cause::forwarded_for_chain);
      break;
    case CandidateEvidence::front_proxy:
    case CandidateEvidence::this_server:
      return bound_to(evidence, candidate.address);
  }
  conclusion.proxy = candidate.address;
  return conclusion;
}

/// The token was made for another address.
Conclusion when_bound_elsewhere(const Evidence& evidence) {
  for (const CandidateEvidence& candidate : evidence.candidates)
    if (!candidate.answer.error) return fitting(evidence, candidate);
  // Crowd takes this server for the client where it is told no other, or does not believe it.
  const bool is_bound_to_this_server =
      accepts(evidence.as_forwarded) ||
      (evidence.probe_without_address && evidence.probe_without_address->result == Result::session);
  if (is_bound_to_this_server) return bound_to(evidence, own_address(evidence));
  if (evidence.observed.works_after_other_log_in)
    return among(Certainty::likely, {Cause::mixed_binding, Cause::address_changed});
  if (evidence.has_untried_candidates)
    return among(Certainty::likely, {Cause::address_changed, Cause::token_bound_to_proxy});
  const bool is_all_known = refuses_token(evidence.as_forwarded);
  return is_all_known ? proven(Cause::address_changed)
                      : among(Certainty::likely, {Cause::address_changed});
}

constexpr std::string_view kAskCrowd =
    "Log in again first. If that does not help, Crowd's own answers would tell which it is: have "
    "it "
    "asked in the name of Confluence's application (CrowdConfluenceCrowdURL and "
    "CrowdConfluenceCrowdApplication; the command: --crowd-url, --application and "
    "--password-file).";

/// Crowd was not asked: all that makes Confluence take a visitor for nobody.
Conclusion when_not_asked(const Evidence& evidence) {
  if (evidence.request.token_cookies > 1)
    return among(Certainty::likely, {Cause::cookie_duplicate, Cause::token_expired});
  if (evidence.probe_without_address && evidence.probe_without_address->result == Result::session)
    return bound_to(evidence, own_address(evidence));
  std::vector<Cause> causes;
  if (evidence.probe->reason == Reason::rate_limited) causes.push_back(Cause::rate_limited);
  causes.push_back(Cause::token_expired);
  causes.push_back(Cause::untrusted_proxy);
  if (evidence.request.forwarded_for.size() > 1) causes.push_back(Cause::forwarded_for_chain);
  causes.push_back(Cause::token_bound_to_proxy);
  causes.push_back(Cause::address_changed);
  const LoginReason reason = evidence.probe->login_reason;
  if (reason == LoginReason::out) causes.push_back(Cause::crowd_properties_incomplete);
  if (reason != LoginReason::authenticated_failed) causes.push_back(Cause::sso_off);
  causes.push_back(Cause::crowd_link);
  Conclusion conclusion = among(Certainty::ambiguous, std::move(causes));
  conclusion.remedy = kAskCrowd;
  return conclusion;
}

std::optional<Conclusion> from_cookie_config(const Evidence& evidence) {
  const CookieConfigEvidence& config = *evidence.cookie_config;
  if (config.error) return when_refused(*config.error);
  if (config.cookie.name != evidence.setup.token_cookie) return proven(Cause::cookie_name);
  return std::nullopt;
}

/// Confluence sets, or removes, a cookie of another name than both Crowd and this server know.
bool overrides_name(const Evidence& evidence) {
  return evidence.probe && !evidence.probe->other_token_cookie.empty();
}

}  // namespace

std::optional<Conclusion> conclude_from_refused_application(const Evidence& evidence) {
  const std::optional<CrowdError> no_error;
  const auto& error = evidence.session         ? evidence.session->error
                      : evidence.cookie_config ? evidence.cookie_config->error
                                               : no_error;
  if (!error) return std::nullopt;
  switch (error->failure) {
    case CrowdFailure::bad_credentials:
    case CrowdFailure::address_forbidden:
    case CrowdFailure::application_closed:
    case CrowdFailure::not_a_crowd:
    case CrowdFailure::tls:
    case CrowdFailure::refused:
    case CrowdFailure::name_lookup:
    case CrowdFailure::proxy:
      return when_refused(*error);
    default:
      return std::nullopt;
  }
}

Conclusion conclude_from_crowd(const Evidence& evidence) {
  if (evidence.cookie_config)
    if (auto conclusion = from_cookie_config(evidence)) return *std::move(conclusion);
  if (overrides_name(evidence)) return proven(Cause::cookie_name_override);
  for (const auto* answer : {&evidence.session, &evidence.as_client, &evidence.as_forwarded}) {
    if (!*answer || accepts(*answer) || refuses_token(*answer)) continue;
    return when_refused(*(*answer)->error);
  }
  if (refuses_token(evidence.session)) return when_unknown(evidence);
  if (accepts(evidence.as_client)) {
    if (accepts(evidence.as_forwarded)) return when_accepted(evidence);
    if (refuses_token(evidence.as_forwarded)) return when_untrusted(evidence);
    return among(Certainty::ambiguous, {Cause::untrusted_proxy, Cause::sso_off, Cause::crowd_link});
  }
  if (refuses_token(evidence.as_client)) return when_bound_elsewhere(evidence);
  if (accepts(evidence.session))  // nobody could ask for an address
    return among(Certainty::ambiguous, {Cause::untrusted_proxy, Cause::token_bound_to_proxy,
                                        Cause::address_changed, Cause::sso_off, Cause::crowd_link});
  return when_not_asked(evidence);
}

}  // namespace crowd_confluence
