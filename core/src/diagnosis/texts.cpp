#include "diagnosis/texts.h"

#include <algorithm>

#include "crowd_confluence/cookie/cookie_header.h"
#include "diagnosis/observed_answer.h"
#include "diagnosis/plain_text.h"
#include "diagnosis/questions.h"

namespace crowd_confluence {
namespace {

std::string or_words(const std::string& value, std::string_view words) {
  return value.empty() ? std::string(words) : value;
}

std::string crowd_cookie(const Evidence& evidence) {
  return evidence.cookie_config ? evidence.cookie_config->cookie.name : std::string();
}

std::string other_cookie(const Evidence& evidence) {
  if (evidence.probe && !evidence.probe->other_token_cookie.empty())
    return evidence.probe->other_token_cookie;
  for (const std::string& name : evidence.request.cookie_names)
    if (name != evidence.setup.token_cookie && may_be_token_cookie(name)) return name;
  return {};
}

/// As Crowd writes it in its refusal.
std::string crowd_client(const Evidence& evidence) {
  if (evidence.cookie_config && evidence.cookie_config->error)
    return evidence.cookie_config->error->address;
  for (const auto* answer : {&evidence.session, &evidence.as_client, &evidence.as_forwarded})
    if (*answer && (*answer)->error) return (*answer)->error->address;
  return {};
}

std::string user(const Evidence& evidence) {
  if (accepts(evidence.session)) return evidence.session->user;
  return evidence.probe ? evidence.probe->user : std::string();
}

std::string left_out_balancer(const Evidence& evidence) {
  return evidence.probe ? evidence.probe->left_out_balancer : std::string();
}

}  // namespace

std::string value_of(std::string_view name, const Evidence& evidence,
                     const Conclusion& conclusion) {
  const SetupEvidence& setup = evidence.setup;
  const std::string& client = evidence.request.client_address;
  if (name == "httpd") return or_words(own_address(evidence), "this server's address");
  if (name == "client") {
    // Behind a chain, the user is not the one whose address was sent.
    return conclusion.cause == Cause::forwarded_for_chain ? conclusion.proxy
                                                          : or_words(client, "the user's address");
  }
  if (name == "address") return or_words(client, "the proxy's address");
  if (name == "proxy") return or_words(conclusion.proxy, "the proxy's address");
  if (name == "confluence") return or_words(setup.confluence, "CrowdConfluenceURL");
  if (name == "crowd") return or_words(setup.crowd, "CrowdConfluenceCrowdURL");
  if (name == "server") return or_words(conclusion.server, "Confluence");
  if (name == "application") return or_words(setup.application, "of Confluence");
  if (name == "cookie") return setup.token_cookie;
  if (name == "crowd_cookie") return or_words(crowd_cookie(evidence), "NAME");
  if (name == "other_cookie") return or_words(other_cookie(evidence), "NAME");
  if (name == "domain") return or_words(conclusion.detail, "Crowd's SSO domain does not cover it");
  if (name == "detail") return or_words(conclusion.detail, "see the steps");
  if (name == "host") return or_words(evidence.request.host, "the app's host");
  if (name == "count") return std::to_string(evidence.request.token_cookies);
  if (name == "user") return or_words(user(evidence), "the user");
  if (name == "confluence_user")
    return or_words(evidence.probe ? evidence.probe->user : std::string(), "another name");
  if (name == "crowd_client") return or_words(crowd_client(evidence), "this server's address");
  if (name == "balancer")
    return or_words(left_out_balancer(evidence), "the load balancer's cookie");
  return {};
}

std::string filled_in(std::string_view text, const Evidence& evidence,
                      const Conclusion& conclusion) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t begin = text.find('{');
    filled.append(text.substr(0, begin));
    if (begin == std::string_view::npos) break;
    const std::size_t end = text.find('}', begin);
    filled += value_of(text.substr(begin + 1, end - begin - 1), evidence, conclusion);
    text.remove_prefix(end + 1);
  }
  return filled;
}

std::string remedy_of(const Evidence& evidence, const Conclusion& conclusion) {
  if (!conclusion.remedy.empty() || !conclusion.cause) return conclusion.remedy;
  const CauseMeaning& meaning = meaning_of(*conclusion.cause);
  std::string remedy = filled_in(meaning.remedy, evidence, conclusion);
  if (conclusion.certainty == Certainty::proven) return remedy;
  remedy.append(" What decides whether it is ")
      .append(meaning.word)
      .append(": ")
      .append(meaning.decided_by)
      .append(".");
  for (const Cause cause : conclusion.candidates) {
    if (cause == *conclusion.cause) continue;
    const CauseMeaning& other = meaning_of(cause);
    remedy.append(" Or ")
        .append(other.word)
        .append(" (decided by: ")
        .append(other.decided_by)
        .append("): ")
        .append(filled_in(other.remedy, evidence, conclusion));
  }
  return remedy;
}

CauseTexts texts_of(Cause cause) {
  const CauseMeaning& meaning = meaning_of(cause);
  Conclusion conclusion = proven(cause);
  if (cause == Cause::forwarded_for_chain) conclusion.proxy = "another one";
  return {filled_in(meaning.sentence, {}, conclusion), filled_in(meaning.remedy, {}, conclusion)};
}

}  // namespace crowd_confluence
