// The texts of a cause, with the values of a set-up in them.

#ifndef CROWD_CONFLUENCE_SRC_DIAGNOSIS_TEXTS_H_
#define CROWD_CONFLUENCE_SRC_DIAGNOSIS_TEXTS_H_

#include <string>
#include <string_view>

#include "diagnosis/conclusion.h"

namespace crowd_confluence {

/// What stands for `name` in the texts of cause.cpp; words for it where the value is not known.
[[nodiscard]] std::string value_of(std::string_view name, const Evidence& evidence,
                                   const Conclusion& conclusion);

/// `text` with a value for each `{name}`.
[[nodiscard]] std::string filled_in(std::string_view text, const Evidence& evidence,
                                    const Conclusion& conclusion);

/// What to do, and where there are several candidates, what decides.
[[nodiscard]] std::string remedy_of(const Evidence& evidence, const Conclusion& conclusion);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_DIAGNOSIS_TEXTS_H_
