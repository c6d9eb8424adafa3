#include "control_causes.h"

#include "causes.h"

namespace atlassian {

json::value list_causes(const Call&) {
  json::array list;
  for (const Cause& cause : causes()) {
    list.push_back({{"word", json_text(cause.word)},
                    {"simulated", cause.simulated},
                    {"environment", json_text(cause.environment)}});
  }
  return {{"causes", std::move(list)}};
}

json::value set_cause_up(const Call& call) {
  Scene scene;
  const std::pair<const char*, std::string*> members[] = {{"user", &scene.user},
                                                          {"client", &scene.client},
                                                          {"httpd", &scene.httpd},
                                                          {"front_proxy", &scene.front_proxy}};
  for (const auto& [name, member] : members) {
    if (call.body.contains(name)) *member = call.text(name);
  }
  const CauseSetUp made = set_up(call.simulator, call.text("word"), scene);
  return {{"cookies", json_text(made.cookies)},
          {"token", json_text(made.token)},
          {"token_made_at_confluence", json_text(made.token_made_at_confluence)},
          {"application", json_text(made.application)},
          {"application_password", json_text(made.application_password)},
          {"environment", json_text(find_cause(call.text("word"))->environment)}};
}

}  // namespace atlassian
