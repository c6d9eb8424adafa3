// How a function of this library returns a value or the reason why there is none.

#ifndef CROWD_CONFLUENCE_EXPECTED_H_
#define CROWD_CONFLUENCE_EXPECTED_H_

#include <boost/outcome/std_result.hpp>
#include <string>

namespace crowd_confluence {

/// Either a T (`if (result)`, `result.value()`) or an E (`result.error()`). Nothing in the library
/// throws to report an error; asking for the one that is not there throws, as it is a bug.
template <typename T, typename E>
using Expected = boost::outcome_v2::std_checked<T, E>;

/// What is wrong with a setting: a sentence without a full stop that names the value and what is
/// allowed, for an administrator to read. Holds no secret.
struct Problem {
  std::string text;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_EXPECTED_H_
