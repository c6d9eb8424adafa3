#include "crowd_confluence/diagnosis/diagnosis.h"

#include <utility>

#include "crowd_confluence/address.h"
#include "diagnosis/conclusion.h"
#include "diagnosis/questions.h"
#include "diagnosis/steps.h"
#include "diagnosis/texts.h"

namespace crowd_confluence {
namespace {

Conclusion conclude(const Evidence& evidence) {
  if (evidence.request.token != TokenState::usable) return conclude_without_token(evidence);
  if (!evidence.probe) return just("Confluence has not been asked yet.");
  if (evidence.probe->result == Result::session) return conclude_with_session(evidence);
  // What Crowd says of the user counts more than that Confluence names nobody.
  if (auto conclusion = conclude_from_confluence(evidence)) return *std::move(conclusion);
  return conclude_from_crowd(evidence);
}

void set_result(const Evidence& evidence, Finding& finding) {
  switch (evidence.request.token) {
    case TokenState::absent:
      finding.reason = Reason::no_cookie;
      return;
    case TokenState::empty:
      finding.reason = Reason::empty_cookie;
      return;
    case TokenState::malformed:
      finding.reason = Reason::malformed_cookie;
      return;
    case TokenState::usable:
      break;
  }
  finding.result = evidence.probe ? evidence.probe->result : Result::unavailable;
  finding.reason = evidence.probe ? evidence.probe->reason : Reason::unexpected_answer;
}

std::string user_of(const Evidence& evidence) {
  if (evidence.probe && evidence.probe->result == Result::session) return evidence.probe->user;
  if (accepts(evidence.session)) return evidence.session->user;
  return evidence.probe ? evidence.probe->user : std::string();
}

}  // namespace

std::string_view to_string(Certainty certainty) {
  switch (certainty) {
    case Certainty::proven:
      return "proven";
    case Certainty::likely:
      return "likely";
    case Certainty::ambiguous:
      break;
  }
  return "ambiguous";
}

Finding diagnose(const Evidence& evidence) {
  const Conclusion conclusion = conclude(evidence);
  Finding finding;
  set_result(evidence, finding);
  finding.user = user_of(evidence);
  finding.cause = conclusion.cause;
  finding.certainty = conclusion.certainty;
  finding.candidates = conclusion.candidates;
  finding.sentence = conclusion.cause
                         ? filled_in(meaning_of(*conclusion.cause).sentence, evidence, conclusion)
                         : std::string(explanation(finding.reason));
  finding.remedy = remedy_of(evidence, conclusion);
  finding.steps = steps_of(evidence);
  finding.confluence = evidence.setup.confluence;
  finding.crowd = evidence.setup.crowd;
  finding.address = evidence.request.client_address;
  return finding;
}

}  // namespace crowd_confluence
