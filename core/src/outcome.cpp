#include "crowd_confluence/outcome.h"

namespace crowd_confluence {
namespace {

struct Words {
  std::string_view word;
  std::string_view explanation;
};

/// One switch for word and sentence, so that the compiler tells of a reason without them.
Words words_of(Reason reason) {
  switch (reason) {
    case Reason::known:
      return {"known", "Confluence's answer names the user"};
    case Reason::seraph:
      return {"seraph", "Confluence's headers name the user"};
    case Reason::no_cookie:
      return {"no-cookie", "the request has no SSO cookie"};
    case Reason::empty_cookie:
      return {"empty-cookie", "the first SSO cookie of the request is empty"};
    case Reason::malformed_cookie:
      return {"malformed-cookie",
              "the SSO cookie has characters that no cookie may have, or is too long"};
    case Reason::anonymous:
      return {"anonymous", "Confluence takes the user for an anonymous visitor"};
    case Reason::unauthorized:
      return {"unauthorized", "Confluence answered 401"};
    case Reason::login_denied:
      return {"login-denied",
              "Confluence denies this user the log-in, usually until a CAPTCHA is solved"};
    case Reason::login_failed:
      return {"login-failed", "Confluence could not log the user in with this token"};
    case Reason::logged_out:
      return {"logged-out", "Confluence ended the session"};
    case Reason::login_page:
      return {"login-page", "Confluence sent the user to its log-in page"};
    case Reason::not_permitted:
      return {"not-permitted", "the user may not use Confluence"};
    case Reason::timeout:
      return {"timeout", "Confluence did not answer in time"};
    case Reason::refused:
      return {"refused", "no connection to Confluence could be made"};
    case Reason::name_lookup:
      return {"name-lookup", "the name of Confluence's host could not be resolved"};
    case Reason::tls:
      return {"tls", "no trusted TLS connection to Confluence could be made"};
    case Reason::proxy:
      return {"proxy", "the outgoing proxy refused or could not be reached"};
    case Reason::network:
      return {"network", "the connection to Confluence broke"};
    case Reason::protocol:
      return {"protocol", "Confluence's answer is not HTTP"};
    case Reason::too_large:
      return {"too-large", "Confluence's answer or its cookies are too large"};
    case Reason::rate_limited:
      return {"rate-limited", "Confluence limits the rate of requests"};
    case Reason::server_error:
      return {"server-error",
              "Confluence, or a proxy before it, answered with an error of its own"};
    case Reason::redirect:
      return {"redirect", "Confluence redirected to something other than its log-in page"};
    case Reason::forbidden:
      return {"forbidden", "something before Confluence refused the request"};
    case Reason::unexpected_answer:
      return {"unexpected-answer", "the answer tells nothing about the user"};
    case Reason::no_session_cookie:
      return {"no-session-cookie", "Confluence knows the user, and gave no usable session cookie"};
    case Reason::bad_address:
      return {"bad-address", "the client's address is no IP address"};
    case Reason::breaker_open:
      return {"breaker-open", "Confluence failed repeatedly and is left alone for a while"};
    case Reason::too_many_waiting:
      return {"too-many-waiting", "as many threads as allowed wait for Confluence already"};
    case Reason::leader_lost:
      return {"leader-lost",
              "the request that asked Confluence for this user ended without a result"};
    case Reason::internal:
      return {"internal", "an error inside the module"};
  }
  return {"internal", "an error inside the module"};
}

}  // namespace

std::string_view to_string(Reason reason) {
  return words_of(reason).word;
}

std::string_view explanation(Reason reason) {
  return words_of(reason).explanation;
}

}  // namespace crowd_confluence
