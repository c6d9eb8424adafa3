#include "crowd_confluence/outcome.h"

#include <array>
#include <cstddef>

namespace crowd_confluence {
namespace {

enum Kind { kPlain, kFailure, kNews, kAskAgain };

constexpr ReasonMeaning row(Reason reason, Result result, Kind kind, std::string_view word,
                            std::string_view explanation) {
  return {reason, result, word, explanation, kind == kFailure, kind == kNews, kind == kAskAgain};
}

// In the order of their numbers.
constexpr std::array kMeanings = {
    row(Reason::known, Result::session, kPlain, "known", "Confluence's answer names the user"),
    row(Reason::seraph, Result::session, kPlain, "seraph", "Confluence's headers name the user"),
    row(Reason::no_cookie, Result::missing, kPlain, "no-cookie", "the request has no SSO cookie"),
    row(Reason::empty_cookie, Result::missing, kPlain, "empty-cookie",
        "the first SSO cookie of the request is empty"),
    row(Reason::malformed_cookie, Result::missing, kPlain, "malformed-cookie",
        "the SSO cookie has characters that no token of Crowd has, or is too long"),
    row(Reason::anonymous, Result::rejected, kPlain, "anonymous",
        "Confluence takes the user for an anonymous visitor"),
    row(Reason::unauthorized, Result::rejected, kAskAgain, "unauthorized",
        "Confluence answered 401"),
    row(Reason::login_denied, Result::rejected, kPlain, "login-denied",
        "Confluence denies this user the log-in, usually until a CAPTCHA is solved"),
    row(Reason::login_failed, Result::rejected, kPlain, "login-failed",
        "Confluence could not log the user in with this token"),
    row(Reason::logged_out, Result::rejected, kPlain, "logged-out", "Confluence ended the session"),
    row(Reason::login_page, Result::rejected, kPlain, "login-page",
        "Confluence sent the user to its log-in page"),
    row(Reason::not_permitted, Result::rejected, kPlain, "not-permitted",
        "the user may not use Confluence"),
    row(Reason::timeout, Result::unavailable, kFailure, "timeout",
        "Confluence did not answer in time"),
    row(Reason::refused, Result::unavailable, kFailure, "refused",
        "no connection to Confluence could be made"),
    row(Reason::name_lookup, Result::unavailable, kFailure, "name-lookup",
        "the name of Confluence's host could not be resolved"),
    row(Reason::tls, Result::unavailable, kFailure, "tls",
        "no trusted TLS connection to Confluence could be made"),
    row(Reason::proxy, Result::unavailable, kFailure, "proxy",
        "the outgoing proxy refused or could not be reached"),
    row(Reason::network, Result::unavailable, kFailure, "network",
        "the connection to Confluence broke"),
    row(Reason::protocol, Result::unavailable, kFailure, "protocol",
        "Confluence's answer is not HTTP"),
    row(Reason::too_large, Result::unavailable, kPlain, "too-large",
        "Confluence's answer or its cookies are too large"),
    row(Reason::rate_limited, Result::unavailable, kPlain, "rate-limited",
        "Confluence limits the rate of requests"),
    row(Reason::server_error, Result::unavailable, kFailure, "server-error",
        "Confluence, or a proxy before it, answered with an error of its own"),
    row(Reason::redirect, Result::unavailable, kPlain, "redirect",
        "Confluence redirected to something other than its log-in page"),
    row(Reason::forbidden, Result::unavailable, kPlain, "forbidden",
        "something before Confluence refused the request"),
    row(Reason::unexpected_answer, Result::unavailable, kAskAgain, "unexpected-answer",
        "the answer tells nothing about the user"),
    row(Reason::no_session_cookie, Result::unavailable, kPlain, "no-session-cookie",
        "Confluence knows the user, and gave no usable session cookie"),
    row(Reason::bad_address, Result::unavailable, kPlain, "bad-address",
        "the client's address is no IP address"),
    row(Reason::breaker_open, Result::unavailable, kPlain, "breaker-open",
        "Confluence failed repeatedly and is left alone for a while"),
    row(Reason::too_many_waiting, Result::unavailable, kPlain, "too-many-waiting",
        "as many threads as allowed wait for Confluence already"),
    row(Reason::leader_lost, Result::unavailable, kNews, "leader-lost",
        "the request that asked Confluence for this user ended without a result"),
    row(Reason::internal, Result::unavailable, kNews, "internal", "an error inside the module"),
    row(Reason::cached_answer, Result::unavailable, kPlain, "cached-answer",
        "a cache answered in Confluence's place"),
    row(Reason::gateway, Result::unavailable, kPlain, "gateway",
        "something before Confluence asks for a log-in of its own")};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kMeanings.size(); ++i)
    if (static_cast<std::size_t>(kMeanings[i].reason) != i) return false;
  return true;
}
static_assert(is_in_order(), "each reason stands at its own number, and none is forgotten between");
static_assert(kMeanings.back().reason == kLastReason, "a reason is without a meaning");

}  // namespace

const ReasonMeaning& meaning_of(Reason reason) {
  const auto number = static_cast<std::size_t>(reason);
  // A number of a later version, left in shared memory by a newer module, has no meaning here.
  if (number >= kMeanings.size()) return kMeanings[static_cast<std::size_t>(Reason::internal)];
  return kMeanings[number];
}

}  // namespace crowd_confluence
