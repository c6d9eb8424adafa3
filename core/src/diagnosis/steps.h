// The evidence in words, question by question.

#ifndef CROWD_CONFLUENCE_SRC_DIAGNOSIS_STEPS_H_
#define CROWD_CONFLUENCE_SRC_DIAGNOSIS_STEPS_H_

#include <string_view>
#include <vector>

#include "crowd_confluence/diagnosis/diagnosis.h"
#include "crowd_confluence/diagnosis/evidence.h"
#include "diagnosis/questions.h"

namespace crowd_confluence {

/// For somebody who waits for the answer.
[[nodiscard]] std::string_view in_words(Question question);

[[nodiscard]] std::vector<Step> steps_of(const Evidence& evidence);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_DIAGNOSIS_STEPS_H_
