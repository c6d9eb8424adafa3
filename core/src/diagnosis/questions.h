// Which question comes next.

#ifndef CROWD_CONFLUENCE_SRC_DIAGNOSIS_QUESTIONS_H_
#define CROWD_CONFLUENCE_SRC_DIAGNOSIS_QUESTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crowd_confluence/diagnosis/evidence.h"

namespace crowd_confluence {

/// As in Evidence, where each has its answer.
enum class Question : std::uint8_t {
  probe,
  probe_without_address,
  probe_again,
  probe_without_token,
  login_page,
  cookie_config,
  session,
  as_client,
  as_forwarded,
  candidate
};

/// An address for which the token may have been made, beside the client's own.
struct Candidate {
  CandidateEvidence::Kind kind = CandidateEvidence::front_proxy;
  std::string address;
};

/// All that are worth a question, the likeliest first.
[[nodiscard]] std::vector<Candidate> candidates_of(const Evidence& evidence);

/// The one that tells most, given what is known; nothing when a cause is proven, or when no
/// question would tell any more. `left` is how many may be asked.
[[nodiscard]] std::optional<Question> next_question(const Evidence& evidence, int left);

/// What Crowd is told in a question about the client's address. `as_forwarded` is meant when
/// `forwarded`.
[[nodiscard]] ValidationFactors factors_of(const Evidence& evidence, bool forwarded);

/// This server's address as Confluence sees it, as far as that can be known here; or empty.
[[nodiscard]] const std::string& own_address(const Evidence& evidence);

/// Whether Confluence took the visitor for nobody. A 429 without X-RateLimit-* says so, too: those
/// headers come with every answer to a user who is logged in.
[[nodiscard]] bool takes_for_nobody(const ConfluenceEvidence& answer);

/// Whether Crowd refused the token, and nothing else was wrong.
[[nodiscard]] bool refuses_token(const std::optional<CrowdEvidence>& answer);
[[nodiscard]] bool accepts(const std::optional<CrowdEvidence>& answer);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_DIAGNOSIS_QUESTIONS_H_
