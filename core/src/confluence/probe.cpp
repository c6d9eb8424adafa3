#include "crowd_confluence/confluence/probe.h"

#include "crowd_confluence/http/url.h"

namespace crowd_confluence {

ProbeParser::ProbeParser(std::string_view path) {
  probe_ = {std::string(path), "", "", ""};
  if (!path.starts_with('/') || path.starts_with("//") || !may_be_in_url(path) ||
      path.find('#') != std::string_view::npos)
    problem_ = "'" + std::string(path) +
               "' is no path; allowed is what stands behind the base URL, beginning with one slash";
}

void ProbeParser::add(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == 0 || equals == std::string_view::npos || equals + 1 == word.size()) {
    problem_ = "'" + std::string(word) + "' is neither FIELD=VALUE nor user=FIELD";
    return;
  }
  const std::string_view name = word.substr(0, equals);
  const std::string_view value = word.substr(equals + 1);
  std::string& seen = name == "user" ? probe_.user_field : probe_.field;
  if (!seen.empty()) {
    problem_ =
        "'" + std::string(word) + "' is one too many; FIELD=VALUE and user=FIELD may stand once";
    return;
  }
  if (name == "user") {
    probe_.user_field = value;
  } else {
    probe_.field = name;
    probe_.value = value;
  }
}

Expected<Probe, Problem> ProbeParser::finish() const {
  if (!problem_.empty()) return Problem{problem_};
  if (probe_.field.empty() && probe_.user_field.empty())
    return Problem{
        "'" + probe_.path +
        "' alone proves nothing; say FIELD=VALUE, user=FIELD or both, so that an anonymous "
        "visitor can be told from a user"};
  return probe_;
}

}  // namespace crowd_confluence
