#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "crowd_confluence/diagnosis/diagnosis.h"

namespace crowd_confluence {
namespace {

boost::json::string text(std::string_view view) {
  return boost::json::string(view.data(), view.size());
}

}  // namespace

std::string to_json(const Finding& finding) {
  boost::json::array candidates;
  for (const Cause cause : finding.candidates) candidates.emplace_back(text(to_string(cause)));
  boost::json::array steps;
  for (const Step& step : finding.steps)
    steps.push_back(boost::json::object{{"asked", text(step.asked)},
                                        {"answer", text(step.answer)},
                                        {"means", text(step.means)},
                                        {"ok", step.ok}});
  boost::json::value cause;
  if (finding.cause) cause = text(to_string(*finding.cause));
  return boost::json::serialize(
      boost::json::object{{"result", text(to_string(finding.result))},
                          {"reason", text(to_string(finding.reason))},
                          {"user", text(finding.user)},
                          {"cause", std::move(cause)},
                          {"certainty", text(to_string(finding.certainty))},
                          {"candidates", std::move(candidates)},
                          {"remedy", text(finding.remedy)},
                          {"steps", std::move(steps)},
                          {"confluence", text(finding.confluence)},
                          {"crowd", text(finding.crowd)},
                          {"address", text(finding.address)}});
}

}  // namespace crowd_confluence
