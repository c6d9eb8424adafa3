// From evidence to a cause, and how the evidence is gathered.

#ifndef CROWD_CONFLUENCE_DIAGNOSIS_DIAGNOSIS_H_
#define CROWD_CONFLUENCE_DIAGNOSIS_DIAGNOSIS_H_

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/confluence/client.h"
#include "crowd_confluence/crowd/client.h"
#include "crowd_confluence/diagnosis/cause.h"
#include "crowd_confluence/diagnosis/evidence.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/outcome.h"

namespace crowd_confluence {

enum class Certainty : std::uint8_t {
  proven,    // the answers leave nothing else
  likely,    // the answers fit; a log decides
  ambiguous  // the answers fit several causes, all of which are named
};

[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::string_view to_string(Certainty certainty);

/// A question, and what its answer means.
struct Step {
  std::string asked;
  std::string answer;
  std::string means;
  bool ok = false;  // it is as it has to be for SSO to work
};

struct Finding {
  Result result = Result::missing;
  Reason reason = Reason::no_cookie;
  std::string user;  // whom Confluence knows, with Result::session; or whom Crowd knows; or empty

  /// The likeliest. Unset where nothing is wrong, or nothing that a cause stands for; `remedy` then
  /// says what there is to say. With Result::session it is a fault that shows elsewhere.
  std::optional<Cause> cause;
  Certainty certainty = Certainty::proven;
  /// All causes that fit, the likeliest first, unless only one does.
  std::vector<Cause> candidates;
  /// What is wrong, or how things are, with this set-up's values; without a full stop. For people:
  /// it is not in the JSON.
  std::string sentence;
  /// What to do, with this set-up's values; where there are candidates, what would decide. One or
  /// more sentences.
  std::string remedy;

  std::vector<Step> steps;  // in the order in which was asked

  std::string confluence;  // base URLs; empty where there is none
  std::string crowd;
  std::string address;  // the client's
};

/// Judges what is known. A pure function: the same evidence gives the same finding. It may be
/// called with any part of the evidence; the less there is, the more candidates are left.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT Finding diagnose(const Evidence& evidence);

/// One JSON object in one line, for the page and the command alike:
/// `{"result","reason","user","cause","certainty","candidates":[],"remedy",
/// "steps":[{"asked","answer","means","ok"}],"confluence","crowd","address"}`. `cause` is a word or
/// null, `candidates` are words.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::string to_json(const Finding& finding);

/// The texts of a cause for no case in particular: with words in place of a set-up's values.
struct CauseTexts {
  std::string sentence;
  std::string remedy;
};
[[nodiscard]] CROWD_CONFLUENCE_EXPORT CauseTexts texts_of(Cause cause);

struct GatherLimits {
  int questions = 8;
  std::chrono::milliseconds time{3000};  // for all of them together
};

/// Asks, in the order of docs/causes.md, until a cause is proven, the questions are over or the
/// time is. It asks nothing that the evidence has already.
///
/// `evidence` has what is known before: setup (`setup_of`), request, observations. `token` is the
/// first SSO cookie's value, or empty. `crowd` may be null. `about_to_ask` is called before each
/// question with a few words of what is asked, and may be empty. No question carries a session
/// cookie: a wrong factor then has no session that it could end. Blocks.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT Evidence gather(
    Evidence evidence, std::string_view token, ConfluenceClient& confluence, CrowdClient* crowd,
    GatherLimits limits = {}, const std::function<void(std::string_view)>& about_to_ask = nullptr);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_DIAGNOSIS_DIAGNOSIS_H_
