#include "crowd_confluence/confluence/verdict.h"

#include <string>

#include "base/ascii.h"
#include "base/json.h"
#include "base/user_name.h"
#include "confluence/answer_in_words.h"
#include "confluence/answerer.h"
#include "confluence/cached_answer.h"
#include "confluence/redirect_target.h"
#include "confluence/response_cookies.h"
#include "confluence/user_name.h"
#include "crowd_confluence/confluence/seraph.h"
#include "http/retry_after.h"

namespace crowd_confluence {
namespace {

/// What Seraph, Atlassian's log-in filter, says in the headers.
class SeraphHeaders {
 public:
  explicit SeraphHeaders(const HttpResponse& response)
      : login_reason_(last_login_reason(response.header("X-Seraph-LoginReason").value_or(""))),
        user_(user_in_headers(response)) {}

  [[nodiscard]] bool prove_a_login() const {
    return login_reason_ == LoginReason::ok && !says_anonymous() && is_user_name(user_);
  }

  [[nodiscard]] const std::string& user() const { return user_; }

  [[nodiscard]] bool says_anonymous() const { return user_ == "anonymous"; }

  [[nodiscard]] std::optional<Reason> refusal() const {
    switch (login_reason_) {
      case LoginReason::out:
        return Reason::logged_out;
      case LoginReason::authenticated_failed:
        return Reason::login_failed;
      case LoginReason::authentication_denied:
        return Reason::login_denied;
      case LoginReason::authorisation_failed:
        return Reason::not_permitted;
      case LoginReason::none:
      case LoginReason::ok:
        break;
    }
    return std::nullopt;
  }

 private:
  LoginReason login_reason_;
  std::string user_;
};

/// What the probe's JSON answer says of the user.
struct ProbeAnswer {
  enum { nothing, logged_in, anonymous } says = nothing;
  std::string user;
};

ProbeAnswer read_probe_answer(const JsonObject& body, const Probe& probe) {
  ProbeAnswer answer;
  answer.user = probe.user_field.empty() ? "" : body.string_of(probe.user_field).value_or("");
  if (probe.field.empty()) {
    answer.says = answer.user.empty() ? ProbeAnswer::nothing : ProbeAnswer::logged_in;
  } else if (const auto value = body.text_of(probe.field)) {
    answer.says = *value == probe.value ? ProbeAnswer::logged_in : ProbeAnswer::anonymous;
  }
  return answer;
}

/// "Not permitted to use confluence : null", by which some versions answer anonymous visitors,
/// perhaps behind the name of an exception of Java's.
bool says_not_permitted(const std::optional<JsonObject>& body) {
  return body &&
         body->text_of("message").value_or("").find("ot permitted to use") != std::string::npos;
}

/// Written as a list of its members, GCC would zero all of the session's eight kilobytes first.
Verdict a_verdict(Result result, Reason reason) {
  Verdict verdict;
  verdict.result = result;
  verdict.reason = reason;
  return verdict;
}

class Judge {
 public:
  Judge(const HttpResponse& response, const ConfluenceSettings& settings, std::string_view token,
        std::string_view previous)
      : response_(response),
        settings_(settings),
        token_(token),
        previous_(previous),
        seraph_(response),
        cookies_(response) {}

  [[nodiscard]] Verdict verdict() const {
    const int status = response_.status;
    if (status >= 500) return server_error();
    if (const auto cache = sign_of_a_cache()) return from_a_cache(*cache);
    if (status == 429) return unavailable(Reason::rate_limited);
    if (status == 407) return unavailable(Reason::proxy);
    if (status == 401) return on_unauthorized();

    const bool may_have_answer = (status >= 200 && status < 300) || status == 403;
    const std::optional<JsonObject> body =
        may_have_answer ? JsonObject::parse(response_.body) : std::nullopt;
    if (body && status != 403) {
      const ProbeAnswer answer = read_probe_answer(*body, settings_.probe);
      if (answer.says == ProbeAnswer::logged_in) return session(Reason::known, answer.user);
      if (answer.says == ProbeAnswer::anonymous) return rejected(Reason::anonymous);
    }
    if (seraph_.prove_a_login()) return session(Reason::seraph, seraph_.user());
    if (status >= 300 && status < 400) return on_redirect();
    if (status == 403 && (says_not_permitted(body) || has_crowds_consent()))
      return rejected(Reason::anonymous);
    if (seraph_.refusal() || seraph_.says_anonymous()) return rejected(Reason::anonymous);
    return unavailable(status == 403 ? Reason::forbidden : Reason::unexpected_answer);
  }

 private:
  [[nodiscard]] Verdict on_unauthorized() const {
    const bool is_confluences = is_from_atlassian(response_) || has_crowds_consent();
    if (!is_confluences && has_foreign_challenge(response_)) return unavailable(Reason::forbidden);
    // The session that was sent along is over, which says nothing about the token.
    if (!previous_.empty() && response_.body.find("invalid cookie was sent") != std::string::npos)
      return unavailable(Reason::unexpected_answer);
    if (is_confluences || has_challenge_of_seraph(response_) ||
        has_body_of_atlassians_401(response_))
      return rejected(Reason::unauthorized);
    return unavailable(Reason::gateway);
  }

  [[nodiscard]] Verdict on_redirect() const {
    const auto target = redirect_target(response_.header("Location").value_or(""), asked());
    if (!target || !target->is_login_page()) return unavailable(Reason::redirect);
    return is_confluences_own(*target) ? rejected(Reason::login_page)
                                       : unavailable(Reason::gateway);
  }

  /// Others have a login.jsp, too. Confluence may know itself by another host than this program
  /// does, and then its headers tell that it is the one who answers.
  [[nodiscard]] bool is_confluences_own(const RedirectTarget& target) const {
    return target.is_on_host(settings_.base_url.host) || is_from_atlassian(response_) ||
           has_crowds_consent() || (target.is_on_loopback() && gives_session_cookies());
  }

  [[nodiscard]] bool gives_session_cookies() const {
    return !cookies_.session_after(settings_.session_cookies, {}).empty();
  }

  [[nodiscard]] std::string asked() const { return settings_.base_url.text + settings_.probe.path; }

  /// The header by which an answer tells that it was made for another request than this one. An
  /// SSO cookie with another token is somebody else's: Confluence repeats the one that was sent.
  [[nodiscard]] std::optional<std::string_view> sign_of_a_cache() const {
    if (cookies_.give_another_token(settings_.token_cookie, token_)) return "Set-Cookie";
    return header_of_a_cache(response_);
  }

  [[nodiscard]] Verdict from_a_cache(std::string_view header) const {
    Verdict verdict = unavailable(Reason::cached_answer);
    verdict.detail.append(", told by ").append(header);
    verdict.retry_after.reset();  // asked of somebody else
    return verdict;
  }

  /// Only Confluence repeats the SSO cookie, and only if Crowd has accepted the token.
  [[nodiscard]] bool has_crowds_consent() const {
    return cookies_.repeat_token(settings_.token_cookie, token_);
  }

  [[nodiscard]] Verdict session(Reason reason, std::string_view user) const {
    if (!user.empty() && !is_user_name(user)) return unavailable(Reason::unexpected_answer);
    if (user.empty() && seraph_.prove_a_login()) user = seraph_.user();
    const std::string cookies = cookies_.session_after(settings_.session_cookies, previous_);
    if (cookies.empty()) return unavailable(Reason::no_session_cookie);
    Verdict verdict = a_verdict(Result::session, reason);
    if (!verdict.session.assign(user, cookies)) return unavailable(Reason::too_large);
    verdict.left_out_balancer =
        cookies_.left_out_balancer(settings_.session_cookies, settings_.token_cookie);
    return verdict;
  }

  /// Says more precisely why, where the response tells.
  [[nodiscard]] Verdict rejected(Reason reason) const {
    if (const auto refusal = seraph_.refusal()) {
      reason = *refusal;
    } else if (has_crowds_consent()) {
      reason = Reason::not_permitted;
    }
    return a_verdict(Result::rejected, reason);
  }

  [[nodiscard]] Verdict server_error() const {
    Verdict verdict = unavailable(Reason::server_error);
    verdict.may_concern_one_user = response_.status == 500;
    return verdict;
  }

  [[nodiscard]] Verdict unavailable(Reason reason) const {
    Verdict verdict = a_verdict(Result::unavailable, reason);
    verdict.detail = in_words(response_, asked(), token_);
    verdict.retry_after = retry_after(response_);
    return verdict;
  }

  const HttpResponse& response_;
  const ConfluenceSettings& settings_;
  std::string_view token_;
  std::string_view previous_;
  SeraphHeaders seraph_;
  ResponseCookies cookies_;
};

}  // namespace

Verdict judge(const HttpResponse& response, const ConfluenceSettings& settings,
              std::string_view token, std::string_view previous) {
  Verdict verdict = Judge(response, settings, token, previous).verdict();
  verdict.status = response.status;
  return verdict;
}

}  // namespace crowd_confluence
