#include "diagnosis/steps.h"

#include <string>
#include <utility>

#include "crowd_confluence/outcome.h"
#include "diagnosis/plain_text.h"

namespace crowd_confluence {
namespace {

std::string in_milliseconds(std::chrono::milliseconds time) {
  return ", after " + std::to_string(time.count()) + " ms";
}

class Steps {
 public:
  explicit Steps(const Evidence& evidence) : evidence_(evidence) {}

  std::vector<Step> take() {
    add_request();
    const SetupEvidence& setup = evidence_.setup;
    const std::string probe = "GET " + setup.confluence + setup.probe_path;
    const std::string& client = evidence_.request.client_address;
    add(evidence_.probe, probe + " with the token" +
                             (setup.forwarded_for ? " and X-Forwarded-For: " + client
                                                  : std::string(", without X-Forwarded-For")));
    add(evidence_.probe_without_token, probe + " with neither token nor address");
    add(evidence_.login_page, "GET " + setup.confluence + "/login.action");
    add_cookie_config();
    add(evidence_.session, "Crowd: whose is the token?");
    add(evidence_.as_client, "Crowd: is the token good for remote_address " +
                                 factors_of(evidence_, false).remote_address + "?");
    add_forwarded();
    for (const CandidateEvidence& candidate : evidence_.candidates)
      add(std::optional(candidate.answer),
          "Crowd: is the token good for remote_address " + candidate.address + "?");
    add(evidence_.probe_without_address, probe + " with the token, without X-Forwarded-For");
    add(evidence_.probe_again, probe + " once more");
    return std::move(steps_);
  }

 private:
  void add(std::string asked, std::string answer, std::string means, bool ok) {
    steps_.push_back({std::move(asked), std::move(answer), std::move(means), ok});
  }

  void add_request() {
    const RequestEvidence& request = evidence_.request;
    if (!request.has_cookies) return;
    const std::string& name = evidence_.setup.token_cookie;
    std::string answer = std::to_string(request.token_cookies) + " called " + name + " among " +
                         std::to_string(request.cookie_names.size()) + " names";
    const auto means = [&]() -> std::string {
      switch (request.token) {
        case TokenState::usable:
          return request.token_cookies > 1 ? "there are several, and the first one counts"
                                           : "there is a token to ask with";
        case TokenState::absent:
          return "there is no token to ask with";
        case TokenState::empty:
          return "the first one counts, and it is empty";
        case TokenState::malformed:
          break;
      }
      return "it is no token of Crowd's";
    };
    add("The request's SSO cookie", std::move(answer), means(),
        request.token == TokenState::usable && request.token_cookies == 1);
  }

  void add(const std::optional<ConfluenceEvidence>& answer, std::string asked) {
    if (!answer) return;
    const bool is_about_token = &answer.value() != address_of(evidence_.probe_without_token) &&
                                &answer.value() != address_of(evidence_.login_page);
    add(std::move(asked), answer_of(*answer) + in_milliseconds(answer->took),
        is_about_token || answer->failure ? meaning_of_answer(*answer)
                                          : "this is how Confluence answers to nobody",
        is_about_token ? answer->result == Result::session : !answer->failure.has_value());
  }

  static const ConfluenceEvidence* address_of(const std::optional<ConfluenceEvidence>& answer) {
    return answer ? &*answer : nullptr;
  }

  static std::string answer_of(const ConfluenceEvidence& answer) {
    if (answer.status == 0) return answer.detail.empty() ? "no answer" : answer.detail;
    if (!answer.detail.empty()) return answer.detail;
    std::string text = "HTTP status " + std::to_string(answer.status);
    if (!answer.user.empty()) text += ", user " + answer.user;
    if (answer.repeats_token) text += ", the SSO cookie repeated";
    if (!answer.cluster_node.empty()) text += ", node " + answer.cluster_node;
    return text;
  }

  static std::string meaning_of_answer(const ConfluenceEvidence& answer) {
    return std::string(explanation(answer.reason));
  }

  void add_cookie_config() {
    const auto& config = evidence_.cookie_config;
    if (!config) return;
    const std::string asked =
        "GET " + evidence_.setup.crowd + "/rest/usermanagement/1/config/cookie";
    if (config->error) {
      add(asked, plain_text(config->error->text) + in_milliseconds(config->took),
          "Crowd does not answer this server", false);
      return;
    }
    const CrowdCookie& cookie = config->cookie;
    const bool is_ours = cookie.name == evidence_.setup.token_cookie;
    add(asked,
        "name " + cookie.name + ", domain " + (cookie.domain.empty() ? "none" : cookie.domain) +
            (cookie.secure ? ", secure" : ", not secure") + in_milliseconds(config->took),
        is_ours ? "the cookie is called so here, too"
                : "the cookie is called " + evidence_.setup.token_cookie + " here",
        is_ours);
  }

  void add_forwarded() {
    const ValidationFactors factors = factors_of(evidence_, true);
    std::string asked = "Crowd: is the token good for remote_address " + factors.remote_address;
    if (!factors.forwarded_for.empty()) asked += " with X-Forwarded-For " + factors.forwarded_for;
    add(evidence_.as_forwarded, asked + "?");
  }

  void add(const std::optional<CrowdEvidence>& answer, std::string asked) {
    if (!answer) return;
    if (answer->error) {
      const bool is_refused = answer->error->failure == CrowdFailure::invalid_token;
      add(std::move(asked), plain_text(answer->error->text) + in_milliseconds(answer->took),
          is_refused ? "no" : "Crowd says nothing about the token", false);
    } else {
      add(std::move(asked), "user " + answer->user + in_milliseconds(answer->took), "yes", true);
    }
  }

  const Evidence& evidence_;
  std::vector<Step> steps_;
};

}  // namespace

std::string_view in_words(Question question) {
  switch (question) {
    case Question::probe:
      return "Confluence, with the token and the user's address";
    case Question::probe_without_address:
      return "Confluence, without the user's address";
    case Question::probe_again:
      return "Confluence, once more";
    case Question::probe_without_token:
      return "Confluence, without a token";
    case Question::login_page:
      return "Confluence's log-in page";
    case Question::cookie_config:
      return "Crowd, for its SSO cookie";
    case Question::session:
      return "Crowd, for the token's user";
    case Question::as_client:
      return "Crowd, for the user's address";
    case Question::as_forwarded:
      return "Crowd, for the user's address behind this server";
    case Question::candidate:
      break;
  }
  return "Crowd, for another address";
}

std::vector<Step> steps_of(const Evidence& evidence) {
  return Steps(evidence).take();
}

}  // namespace crowd_confluence
