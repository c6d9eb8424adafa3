// What a rule makes of the evidence.

#ifndef CROWD_CONFLUENCE_SRC_DIAGNOSIS_CONCLUSION_H_
#define CROWD_CONFLUENCE_SRC_DIAGNOSIS_CONCLUSION_H_

#include <optional>
#include <string>
#include <vector>

#include "crowd_confluence/diagnosis/diagnosis.h"
#include "crowd_confluence/diagnosis/evidence.h"

namespace crowd_confluence {

struct Conclusion {
  std::optional<Cause> cause;
  Certainty certainty = Certainty::proven;
  std::vector<Cause> candidates;  // the cause among them, if there are several

  // Values for the texts of the cause that the evidence alone does not name; empty: none.
  std::string server;  // which one is meant; the cause's is Confluence's otherwise
  std::string detail;
  std::string proxy;   // the address for which the token was made
  std::string remedy;  // in place of the cause's
};

[[nodiscard]] inline Conclusion proven(Cause cause) {
  Conclusion conclusion;
  conclusion.cause = cause;
  return conclusion;
}

/// The first candidate is the likeliest.
[[nodiscard]] inline Conclusion among(Certainty certainty, std::vector<Cause> candidates) {
  Conclusion conclusion;
  conclusion.cause = candidates.front();
  conclusion.certainty = certainty;
  if (candidates.size() > 1) conclusion.candidates = std::move(candidates);
  return conclusion;
}

/// Nothing that a cause stands for.
[[nodiscard]] inline Conclusion just(std::string remedy) {
  Conclusion conclusion;
  conclusion.remedy = std::move(remedy);
  return conclusion;
}

/// There is no token that Confluence could be asked with.
[[nodiscard]] Conclusion conclude_without_token(const Evidence& evidence);

/// Confluence knows the user; perhaps something else is wrong.
[[nodiscard]] Conclusion conclude_with_session(const Evidence& evidence);

/// Confluence's answer, or that there is none, tells the cause by itself. Nothing if Confluence
/// took the visitor for nobody and did not say why.
[[nodiscard]] std::optional<Conclusion> conclude_from_confluence(const Evidence& evidence);

/// Crowd answers nobody who asks in this application's name from here, whoever the visitor is.
/// Nothing if it does.
[[nodiscard]] std::optional<Conclusion> conclude_from_refused_application(const Evidence& evidence);

/// Confluence takes the visitor for nobody: what Crowd says to that.
[[nodiscard]] Conclusion conclude_from_crowd(const Evidence& evidence);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_DIAGNOSIS_CONCLUSION_H_
