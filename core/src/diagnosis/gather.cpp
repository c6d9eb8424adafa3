#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "crowd_confluence/diagnosis/diagnosis.h"
#include "diagnosis/observed_answer.h"
#include "diagnosis/questions.h"
#include "diagnosis/steps.h"

namespace crowd_confluence {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kLoginPage = "/login.action";

std::chrono::milliseconds since(SteadyClock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - begin);
}

class Gathering {
 public:
  Gathering(Evidence evidence, std::string_view token, ConfluenceClient& confluence,
            CrowdClient* crowd, const GatherLimits& limits)
      : evidence_(std::move(evidence)),
        token_(token),
        confluence_(confluence),
        crowd_(crowd),
        left_(limits.questions),
        end_(SteadyClock::now() + limits.time) {
    if (crowd_ == nullptr) evidence_.setup.crowd.clear();
  }

  Evidence run(const std::function<void(std::string_view)>& about_to_ask) {
    for (; SteadyClock::now() < end_; --left_) {
      const auto question = next_question(evidence_, left_);
      if (!question) break;
      if (about_to_ask) about_to_ask(in_words(*question));
      ask(*question);
    }
    evidence_.has_untried_candidates =
        refuses_token(evidence_.as_client) &&
        evidence_.candidates.size() < candidates_of(evidence_).size();
    return std::move(evidence_);
  }

 private:
  /// A server that does not answer must not use up the time for the others.
  [[nodiscard]] SteadyClock::time_point deadline() const {
    const auto now = SteadyClock::now();
    return now + (end_ - now) * 2 / 3;
  }

  void ask(Question question) {
    const std::string& path = confluence_.settings().probe.path;
    const Visitor visitor{token_, evidence_.request.client_address};
    switch (question) {
      case Question::probe:
        evidence_.probe = ask_confluence(path, visitor);
        break;
      case Question::probe_without_address:
        evidence_.probe_without_address = ask_confluence(path, {token_, {}});
        break;
      case Question::probe_again:
        evidence_.probe_again = ask_confluence(path, visitor);
        break;
      case Question::probe_without_token:
        evidence_.probe_without_token = ask_confluence(path, {});
        break;
      case Question::login_page:
        evidence_.login_page = ask_confluence(kLoginPage, {});
        break;
      case Question::cookie_config:
        ask_for_cookie();
        break;
      case Question::session:
        evidence_.session = timed([&] { return crowd_->session(token_, deadline()); });
        break;
      case Question::as_client:
        evidence_.as_client = validated(factors_of(evidence_, false));
        break;
      case Question::as_forwarded:
        evidence_.as_forwarded = validated(factors_of(evidence_, true));
        break;
      case Question::candidate: {
        const Candidate candidate = candidates_of(evidence_)[evidence_.candidates.size()];
        evidence_.candidates.push_back(
            {candidate.kind, candidate.address, validated({candidate.address, {}})});
        break;
      }
    }
  }

  ConfluenceEvidence ask_confluence(std::string_view path, const Visitor& visitor) {
    const auto begin = SteadyClock::now();
    const ConfluenceSettings& settings = confluence_.settings();
    ConfluenceEvidence evidence =
        observed_answer(confluence_.ask(path, visitor, deadline()), settings,
                        settings.base_url.text + std::string(path), visitor.token);
    evidence.took = since(begin);
    // Confluence sees the proxy's address, which nobody here knows.
    if (!settings.http.outgoing_proxy.empty()) evidence.local_address.clear();
    return evidence;
  }

  void ask_for_cookie() {
    const auto begin = SteadyClock::now();
    CookieConfigEvidence& evidence = evidence_.cookie_config.emplace();
    if (auto cookie = crowd_->cookie_config(deadline())) {
      evidence.cookie = std::move(cookie).value();
    } else {
      evidence.error = cookie.error();
    }
    evidence.took = since(begin);
  }

  template <typename Ask>
  CrowdEvidence timed(Ask ask) {
    const auto begin = SteadyClock::now();
    CrowdEvidence evidence;
    if (auto session = ask()) {
      evidence.user = session.value().user;
    } else {
      evidence.error = session.error();
    }
    evidence.took = since(begin);
    return evidence;
  }

  CrowdEvidence validated(const ValidationFactors& factors) {
    return timed([&] { return crowd_->validate(token_, factors, deadline()); });
  }

  Evidence evidence_;
  const std::string_view token_;
  ConfluenceClient& confluence_;
  CrowdClient* const crowd_;
  int left_;
  const SteadyClock::time_point end_;
};

}  // namespace

Evidence gather(Evidence evidence, std::string_view token, ConfluenceClient& confluence,
                CrowdClient* crowd, GatherLimits limits,
                const std::function<void(std::string_view)>& about_to_ask) {
  return Gathering(std::move(evidence), token, confluence, crowd, limits).run(about_to_ask);
}

}  // namespace crowd_confluence
