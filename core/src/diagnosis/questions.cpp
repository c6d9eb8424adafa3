#include "diagnosis/questions.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "crowd_confluence/diagnosis/diagnosis.h"

namespace crowd_confluence {
namespace {

const std::string kNone;

bool is_ipv6(std::string_view address) {
  return address.find(':') != std::string_view::npos;
}

/// As Java writes it: all eight groups, zeros without a short form.
std::string form_of_java(const std::string& address) {
  in6_addr bytes;
  if (inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return {};
  std::string text;
  for (std::size_t i = 0; i < sizeof bytes.s6_addr; i += 2) {
    std::array<char, 8> group;
    std::snprintf(group.data(), group.size(), "%s%x", i == 0 ? "" : ":",
                  static_cast<unsigned>(bytes.s6_addr[i] * 256 + bytes.s6_addr[i + 1]));
    text += group.data();
  }
  return text;
}

class Candidates {
 public:
  explicit Candidates(const std::string& client) : client_(client) {}

  void add(CandidateEvidence::Kind kind, const std::string& address) {
    const bool is_known = address.empty() || address == client_ ||
                          std::any_of(list_.begin(), list_.end(), [&](const Candidate& candidate) {
                            return candidate.address == address;
                          });
    if (!is_known) list_.push_back({kind, address});
  }

  [[nodiscard]] std::vector<Candidate> take() { return std::move(list_); }

 private:
  const std::string& client_;
  std::vector<Candidate> list_;
};

bool is_conclusive(const Evidence& evidence) {
  const Finding finding = diagnose(evidence);
  // That no candidate fits is known when all have been tried.
  return finding.cause.has_value() && finding.certainty == Certainty::proven &&
         finding.cause != Cause::address_changed;
}

/// With a session there is little left to ask.
std::optional<Question> after_session(const Evidence& evidence) {
  const ConfluenceEvidence& probe = *evidence.probe;
  if (!probe.cluster_node.empty() && !probe.session_names_node && !evidence.probe_again)
    return Question::probe_again;
  if (!evidence.setup.crowd.empty() && !evidence.session) return Question::session;
  return std::nullopt;
}

std::optional<Question> about_candidates(const Evidence& evidence, int left) {
  const bool may_be_bound_to_this_server =
      evidence.setup.forwarded_for && !evidence.probe_without_address;
  const std::size_t asked = evidence.candidates.size();
  // The last question is the one that needs no guess: is the token made for this server?
  const bool has_room = left > (may_be_bound_to_this_server ? 1 : 0);
  if (has_room && asked < candidates_of(evidence).size()) return Question::candidate;
  if (may_be_bound_to_this_server) return Question::probe_without_address;
  return std::nullopt;
}

std::optional<Question> of_crowd(const Evidence& evidence, int left) {
  if (!evidence.cookie_config) return Question::cookie_config;
  if (evidence.cookie_config->error) return std::nullopt;
  if (!evidence.session) return Question::session;
  if (!accepts(evidence.session)) return std::nullopt;
  if (!evidence.request.client_address.empty() && !evidence.as_client) return Question::as_client;
  if (!own_address(evidence).empty() && !evidence.as_forwarded) return Question::as_forwarded;
  if (accepts(evidence.as_client) && accepts(evidence.as_forwarded))
    return evidence.probe_again ? std::nullopt : std::optional(Question::probe_again);
  return refuses_token(evidence.as_client) ? about_candidates(evidence, left) : std::nullopt;
}

std::optional<Question> without_token(const Evidence& evidence) {
  if (!evidence.setup.crowd.empty() && !evidence.cookie_config) return Question::cookie_config;
  const bool is_absent = evidence.request.token == TokenState::absent;
  if (is_absent && !evidence.login_page && !evidence.setup.confluence.empty())
    return Question::login_page;
  return std::nullopt;
}

std::optional<Question> about_answer(const Evidence& evidence, int left) {
  const ConfluenceEvidence& probe = *evidence.probe;
  if (probe.result == Result::session) return after_session(evidence);
  if (takes_for_nobody(probe)) {
    if (!evidence.setup.crowd.empty()) return of_crowd(evidence, left);
    const bool has_other_way = evidence.setup.forwarded_for && !evidence.probe_without_address;
    return has_other_way ? std::optional(Question::probe_without_address) : std::nullopt;
  }
  const bool is_late = probe.failure == HttpFailure::timeout && !probe.is_unconnected;
  const bool is_too_large = probe.status == 400 && probe.is_page_of_tomcat;
  if ((is_late || is_too_large) && !evidence.probe_without_token)
    return Question::probe_without_token;
  return std::nullopt;
}

}  // namespace

std::vector<Candidate> candidates_of(const Evidence& evidence) {
  const RequestEvidence& request = evidence.request;
  const std::string& client = request.client_address;
  Candidates list(client);
  if (is_ipv6(client)) list.add(CandidateEvidence::other_form, form_of_java(client));
  // The one next to this server was the last to be added.
  for (auto hop = request.forwarded_for.rbegin(); hop != request.forwarded_for.rend(); ++hop)
    list.add(CandidateEvidence::of_chain, *hop);
  for (const std::string& address : evidence.setup.candidates)
    list.add(CandidateEvidence::front_proxy, address);
  list.add(CandidateEvidence::front_proxy, request.peer_address);
  if (!client.empty() && !is_ipv6(client))
    list.add(CandidateEvidence::other_form, "::ffff:" + client);
  return list.take();
}

std::optional<Question> next_question(const Evidence& evidence, int left) {
  if (left <= 0) return std::nullopt;
  const bool has_token = evidence.request.token == TokenState::usable;
  if (has_token && !evidence.probe) return Question::probe;
  if (is_conclusive(evidence)) return std::nullopt;
  return has_token ? about_answer(evidence, left) : without_token(evidence);
}

ValidationFactors factors_of(const Evidence& evidence, bool forwarded) {
  const std::string& client = evidence.request.client_address;
  if (!forwarded) return {client, {}};
  return {own_address(evidence), evidence.setup.forwarded_for ? client : std::string()};
}

const std::string& own_address(const Evidence& evidence) {
  for (const auto* answer :
       {&evidence.probe, &evidence.probe_again, &evidence.probe_without_address})
    if (*answer && !(*answer)->local_address.empty()) return (*answer)->local_address;
  return kNone;
}

bool takes_for_nobody(const ConfluenceEvidence& answer) {
  return answer.result == Result::rejected ||
         (answer.reason == Reason::rate_limited && !answer.has_rate_limit);
}

bool refuses_token(const std::optional<CrowdEvidence>& answer) {
  return answer && answer->error && answer->error->failure == CrowdFailure::invalid_token;
}

bool accepts(const std::optional<CrowdEvidence>& answer) {
  return answer && !answer->error;
}

}  // namespace crowd_confluence
