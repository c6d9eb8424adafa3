#include "crowd_confluence/confluence/verdict.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "base/ascii.h"
#include "base/json.h"
#include "confluence/response_cookies.h"
#include "crowd_confluence/confluence/seraph.h"
#include "crowd_confluence/cookie/cookie_header.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxUserBytes = 255;

/// A user's name goes into logs and headers.
bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxUserBytes &&
         std::none_of(name.begin(), name.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < ' ' || byte == 0x7f;
         });
}

std::string percent_decoded(std::string_view text) {
  int length = 0;
  char* decoded = curl_easy_unescape(nullptr, text.data(), static_cast<int>(text.size()), &length);
  if (decoded == nullptr) return std::string(text);
  std::string copy(decoded, static_cast<std::size_t>(length));
  curl_free(decoded);
  return copy;
}

/// What Seraph, Atlassian's log-in filter, says in the headers.
class SeraphHeaders {
 public:
  explicit SeraphHeaders(const HttpResponse& response)
      : login_reason_(last_login_reason(response.header("X-Seraph-LoginReason").value_or(""))),
        user_(percent_decoded(last_seraph_value(response.header("X-AUSERNAME").value_or("")))) {}

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

/// The path of a Location, which may be a whole URL, one without a scheme, a path or the end of
/// one; empty if it leads to something other than http.
std::string_view path_of(std::string_view location) {
  location = ascii::trimmed(location.substr(0, location.find_first_of("?#")));
  const std::size_t scheme_end = location.find_first_of(":/");
  if (scheme_end != std::string_view::npos && location[scheme_end] == ':') {
    const std::string_view scheme = location.substr(0, scheme_end);
    location.remove_prefix(scheme_end + 1);
    const bool is_http =
        ascii::equal_ignoring_case(scheme, "http") || ascii::equal_ignoring_case(scheme, "https");
    if (!is_http || !location.starts_with("//")) return {};
  }
  if (!location.starts_with("//")) return location;
  location.remove_prefix(2);
  const std::size_t authority_end = location.find('/');
  return authority_end == std::string_view::npos ? "" : location.substr(authority_end);
}

/// Whether Location names the log-in page of Confluence or Jira, on whatever host.
bool leads_to_login_page(const HttpResponse& response) {
  std::string_view path = path_of(response.header("Location").value_or(""));
  path = path.substr(0, path.find(';'));
  const std::string_view page = path.substr(path.rfind('/') + 1);  // npos + 1 is the beginning
  return page == "login.action" || page == "login.jsp";
}

/// Headers that only an Atlassian application writes.
bool is_from_atlassian(const HttpResponse& response) {
  return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    const auto is = [&](std::string_view name) {
      return ascii::equal_ignoring_case(header.name, name);
    };
    return is("X-AUSERNAME") || is("X-ASEN") || is("X-AREQUESTID") || is("X-ASESSIONID") ||
           ascii::starts_with_ignoring_case(header.name, "X-Seraph-") ||
           ascii::starts_with_ignoring_case(header.name, "X-Confluence-");
  });
}

/// Whether one of the challenges of a WWW-Authenticate line is Seraph's own.
bool asks_for_oauth(std::string_view challenges) {
  while (!challenges.empty()) {
    const std::size_t comma = challenges.find(',');
    const std::string_view challenge = ascii::trimmed(challenges.substr(0, comma));
    if (ascii::equal_ignoring_case(challenge.substr(0, challenge.find(' ')), "OAuth")) return true;
    challenges = comma == std::string_view::npos ? "" : challenges.substr(comma + 1);
  }
  return false;
}

/// Whether somebody before Confluence wants a password, or a log-in of another kind, for itself.
bool is_challenge_of_a_proxy(const HttpResponse& response) {
  bool is_challenge = false;
  for (const HttpHeader& header : response.headers) {
    if (!ascii::equal_ignoring_case(header.name, "WWW-Authenticate")) continue;
    if (asks_for_oauth(header.value)) return false;
    is_challenge = is_challenge || !ascii::trimmed(header.value).empty();
  }
  return is_challenge && !is_from_atlassian(response);
}

std::optional<std::chrono::seconds> retry_after(const HttpResponse& response) {
  constexpr long long kLongest = 24 * 60 * 60;
  const std::string_view text = ascii::trimmed(response.header("Retry-After").value_or(""));
  if (text.empty()) return std::nullopt;
  long long seconds = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) {
    // A date is compared with the server's own clock, as this host's may differ.
    const time_t at = curl_getdate(std::string(text).c_str(), nullptr);
    const time_t now =
        curl_getdate(std::string(response.header("Date").value_or("")).c_str(), nullptr);
    if (at == -1 || now == -1) return std::nullopt;
    seconds = static_cast<long long>(at) - static_cast<long long>(now);
  }
  if (seconds < 0 || seconds > kLongest) return std::nullopt;
  return std::chrono::seconds(seconds);
}

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
        seraph_(response) {}

  [[nodiscard]] Verdict verdict() const {
    const int status = response_.status;
    if (status == 429) return unavailable(Reason::rate_limited);
    if (status >= 500) return server_error();
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
    if (status >= 300 && status < 400)
      return leads_to_login_page(response_) ? rejected(Reason::login_page)
                                            : unavailable(Reason::redirect);
    if (status == 403 && (says_not_permitted(body) || has_crowds_consent()))
      return rejected(Reason::anonymous);
    if (seraph_.refusal() || seraph_.says_anonymous()) return rejected(Reason::anonymous);
    return unavailable(status == 403 ? Reason::forbidden : Reason::unexpected_answer);
  }

 private:
  [[nodiscard]] Verdict on_unauthorized() const {
    if (is_challenge_of_a_proxy(response_)) return unavailable(Reason::forbidden);
    // The session that was sent along is over, which says nothing about the token.
    if (!previous_.empty() && response_.body.find("invalid cookie was sent") != std::string::npos)
      return unavailable(Reason::unexpected_answer);
    return rejected(Reason::unauthorized);
  }

  /// Only Confluence repeats the SSO cookie, and only if Crowd has accepted the token.
  [[nodiscard]] bool has_crowds_consent() const {
    return repeats_token(response_, settings_.token_cookie, token_);
  }

  [[nodiscard]] Verdict session(Reason reason, std::string_view user) const {
    if (!user.empty() && !is_user_name(user)) return unavailable(Reason::unexpected_answer);
    if (user.empty() && seraph_.prove_a_login()) user = seraph_.user();
    const std::string cookies =
        session_cookies_after(response_, settings_.session_cookies, previous_);
    if (cookies.empty()) return unavailable(Reason::no_session_cookie);
    Verdict verdict = a_verdict(Result::session, reason);
    if (!verdict.session.assign(user, cookies)) return unavailable(Reason::too_large);
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
    verdict.detail = "HTTP status " + std::to_string(response_.status);
    // None was asked for.
    const std::string_view encoding = response_.header("Content-Encoding").value_or("");
    if (is_cookie_name(encoding)) verdict.detail.append(", encoded as ").append(encoding);
    verdict.retry_after = retry_after(response_);
    return verdict;
  }

  const HttpResponse& response_;
  const ConfluenceSettings& settings_;
  std::string_view token_;
  std::string_view previous_;
  SeraphHeaders seraph_;
};

}  // namespace

Verdict judge(const HttpResponse& response, const ConfluenceSettings& settings,
              std::string_view token, std::string_view previous) {
  return Judge(response, settings, token, previous).verdict();
}

}  // namespace crowd_confluence
