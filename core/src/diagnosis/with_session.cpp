// Confluence knows the user: what may be wrong nevertheless.

#include "diagnosis/conclusion.h"
#include "diagnosis/questions.h"

namespace crowd_confluence {
namespace {

/// From then on, an answer is slow for a person who waits for a page.
constexpr std::chrono::milliseconds kSlow{1500};

std::optional<Conclusion> from_nodes(const Evidence& evidence) {
  const ConfluenceEvidence& first = *evidence.probe;
  const bool varies = evidence.probe_again && !first.cluster_node.empty() &&
                      !evidence.probe_again->cluster_node.empty() &&
                      evidence.probe_again->cluster_node != first.cluster_node;
  if (!varies || first.session_names_node) return std::nullopt;
  // Without a cookie of its own, the balancer may know the node by something else.
  if (first.left_out_balancer.empty()) return among(Certainty::likely, {Cause::cluster_node});
  return proven(Cause::cluster_node);
}

std::optional<Conclusion> from_app(const Evidence& evidence) {
  const Observations& observed = evidence.observed;
  if (observed.app_write_fails_xsrf) return proven(Cause::xsrf);
  if (observed.session_ends_early && evidence.request.has_authorization)
    return among(Certainty::likely, {Cause::authorization_sent});
  if (!evidence.setup.passes_cookies) return std::nullopt;
  if (observed.app_sets_session_cookie) return proven(Cause::session_cookie_clash);
  if (evidence.request.has_session_cookie && observed.session_ends_early)
    return among(Certainty::likely, {Cause::session_cookie_clash});
  return std::nullopt;
}

/// Confluence's own cache, or its directory, may know the user by another name than Crowd.
bool has_two_names(const Evidence& evidence) {
  return accepts(evidence.session) && !evidence.session->user.empty() &&
         !evidence.probe->user.empty() && evidence.session->user != evidence.probe->user;
}

std::optional<Conclusion> from_crowd(const Evidence& evidence) {
  if (has_two_names(evidence)) return among(Certainty::likely, {Cause::name_differs});
  const bool crowd_fails = evidence.session && evidence.session->error &&
                           (evidence.session->error->failure == CrowdFailure::rate_limited ||
                            evidence.session->error->failure == CrowdFailure::server_error ||
                            evidence.session->error->failure == CrowdFailure::timeout);
  if (crowd_fails || evidence.observed.varies || evidence.probe->took >= kSlow)
    return among(Certainty::likely, {Cause::crowd_slow});
  return std::nullopt;
}

}  // namespace

Conclusion conclude_with_session(const Evidence& evidence) {
  if (auto conclusion = from_nodes(evidence)) return *std::move(conclusion);
  if (auto conclusion = from_app(evidence)) return *std::move(conclusion);
  if (auto conclusion = from_crowd(evidence)) return *std::move(conclusion);
  // SSO does without these questions, and the next diagnosis does not.
  if (auto conclusion = conclude_from_refused_application(evidence)) return *std::move(conclusion);
  if (refuses_token(evidence.as_forwarded))
    return just("Nothing: Confluence's RemoteIpValve believes this server, so Crowd need not.");
  return just("Nothing: SSO works.");
}

}  // namespace crowd_confluence
