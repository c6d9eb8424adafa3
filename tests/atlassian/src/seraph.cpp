// Who is visiting? Seraph, Atlassian's log-in framework, with Crowd's SSO authenticator.
#include "confluence.h"
#include "crowd_link.h"
#include "secrets.h"
#include "text.h"

namespace atlassian {
namespace {

constexpr const char* kOk = "OK";
constexpr const char* kOut = "OUT";
constexpr const char* kFailed = "AUTHENTICATED_FAILED";
constexpr const char* kDenied = "AUTHENTICATION_DENIED";
constexpr const char* kNotAuthorised = "AUTHORISATION_FAILED";

/// A log-in, as opposed to a session that goes on.
void tell_log_in(Visit& visit, LoginReasonStyle style) {
  if (style == LoginReasonStyle::kFolded) {
    visit.login_reasons.push_back("OUT, OK");
    return;
  }
  if (style == LoginReasonStyle::kTwoLines) visit.login_reasons.push_back(kOut);
  visit.login_reasons.push_back(kOk);
}

void log_session_out(Visit& visit) {
  visit.session->user.clear();
  visit.session->token.clear();
  visit.login_reasons.push_back(kOut);
}

/// Crowd vouches for `user`; may the user in?
void admit(Confluence& confluence, Visit& visit, const User& user, const std::string& token) {
  HttpSession& session = *visit.session;
  if (!user.in_confluence || !user.may_use_confluence) {
    session.user.clear();
    session.token.clear();
    if (!user.in_confluence) return;
    visit.not_permitted = true;
    visit.login_reasons.push_back(kNotAuthorised);
    if (confluence.options().can_use_filter) visit.named_user = confluence_name(user);
    return;
  }
  session.user = user.name;
  session.token = token;
  session.validated = confluence.now();
  visit.user = &user;
  tell_log_in(visit, confluence.options().login_reason_style);
}

Response refused_password(Confluence& confluence, Visit& visit, bool captcha) {
  const char* reason = captcha ? kDenied : kFailed;
  visit.login_reasons.push_back(reason);
  if (captcha && confluence.jira()) {
    Response response{403};
    response.add("X-Authentication-Denied-Reason",
                 "CAPTCHA_CHALLENGE; login-url=" + confluence.base_url() + "/login.jsp");
    response.add("WWW-Authenticate", "OAuth realm=\"" + confluence.base_url() + '"');
    response.add("Content-Type", "text/html;charset=UTF-8");
    response.body = "<!doctype html><title>Forbidden (403)</title><p>CAPTCHA_CHALLENGE</p>\n";
    return response;
  }
  Response response =
      tomcat_error(401, std::string("Basic Authentication Failure - Reason : ") + reason);
  const std::string challenge =
      captcha ? "OAuth realm=\"" + confluence.base_url() + '"' : "Basic realm=\"protected-area\"";
  response.headers.insert(response.headers.begin(), {"WWW-Authenticate", challenge});
  return response;
}

/// With a name and password, the log-in by token is not looked at, save that a token which does
/// not hold up costs its owner the Crowd session.
std::optional<Response> authenticate_password(Confluence& confluence, Visit& visit,
                                              const Credentials& credentials,
                                              const std::string& token) {
  Crowd& crowd = confluence.crowd();
  if (confluence.options().basic_blocked) {
    visit.ends_session = true;
    return json_response(
        403, R"({"message":"Basic Authentication has been disabled on this instance."})");
  }
  const User* user = crowd.authenticate(credentials.name, credentials.password);
  const User* named = crowd.find_user(credentials.name);
  const bool captcha = named != nullptr && named->captcha_required;
  const bool password_fails = user == nullptr || captcha;
  if (!token.empty() && (password_fails || crowd.validate(token, visit.factors) == nullptr)) {
    crowd.log_out(token);
  }
  if (password_fails) {
    if (captcha) visit.named_user = named->name;
    return refused_password(confluence, visit, captcha);
  }
  admit(confluence, visit, *user, {});
  return std::nullopt;
}

/// A personal access token serves one request; the session that came with it is over afterwards.
std::optional<Response> authenticate_personal_token(Confluence& confluence, Visit& visit,
                                                    const std::string& token) {
  visit.ends_session = true;
  for (const User& user : confluence.crowd().options().users) {
    if (token.empty() || user.personal_access_token != token) continue;
    admit(confluence, visit, user, {});
    return std::nullopt;
  }
  visit.login_reasons.push_back(kFailed);
  return json_response(401,
                       R"({"message":"Client must be authenticated to access this resource."})");
}

bool authenticate_token(Confluence& confluence, Visit& visit, const std::string& token) {
  const ConfluenceOptions& options = confluence.options();
  Crowd& crowd = confluence.crowd();
  HttpSession& session = *visit.session;
  const bool same_token = !session.user.empty() && !token.empty() && session.token == token;
  if (same_token && confluence.now() - session.validated < options.validation_interval) {
    visit.user = crowd.find_user(session.user);
    visit.login_reasons.push_back(kOk);
    return visit.user != nullptr;
  }
  if (!token.empty() && !options.missing_properties.empty()) {
    // The authenticator fails where it looks its keys up in the session, before it asks.
    log_session_out(visit);
    return false;
  }
  if (!token.empty() && options.crowd_reachable) {
    ++confluence.counters().crowd_validations;
    const Crowd::Session* known = ask_crowd(options, crowd, token, visit.factors);
    const User* user = known == nullptr ? nullptr : crowd.find_user(known->user);
    if (user != nullptr && user->captcha_required && options.captcha_for_tokens) {
      visit.login_reasons.push_back(kDenied);
      visit.named_user = confluence_name(*user);
      return false;
    }
    if (user != nullptr) {
      if (options.repeat_crowd_cookie) {
        visit.cookies.insert(visit.cookies.begin(), confluence.sso_cookie(token));
      }
      admit(confluence, visit, *user, token);
      return true;
    }
  }
  // The session is over for everybody who shares it, however good their own address is.
  if (!session.user.empty()) log_session_out(visit);
  return false;
}

/// A remember-me cookie logs its owner in again, with a new token.
void authenticate_remembered(Confluence& confluence, Visit& visit) {
  const auto value = request_cookie(visit.request, "seraph.confluence");
  Crowd& crowd = confluence.crowd();
  const User* user = value ? crowd.remembered_user(*value) : nullptr;
  if (user == nullptr) return;
  std::string token;
  if (confluence.options().sso_enabled) {
    token = crowd.log_in(*user, crowd.client_address(visit.factors));
    visit.cookies.insert(visit.cookies.begin(), confluence.sso_cookie(token));
  }
  admit(confluence, visit, *user, token);
}

/// Jira tells its XSRF token in a cookie, whose end says whether the visitor is logged in.
void add_xsrf_cookie(const Confluence& confluence, Visit& visit) {
  const bool logged_in = visit.user != nullptr;
  const std::string_view end = logged_in ? "lin" : "lout";
  std::string& token = visit.session->xsrf_token;
  if (!token.empty() && token.substr(token.size() - end.size()) == end) return;
  token = make_xsrf_token(confluence.options().xsrf_token_with_underscores ? '_' : '|', logged_in);
  SetCookie cookie{"atlassian.xsrf.token", token};
  cookie.path = confluence.cookie_path();
  cookie.http_only = false;
  visit.cookies.push_back(cookie);
}

std::optional<std::string> bearer_token(const Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string value = request.first_header("Authorization");
  if (!equal_without_case(std::string_view(value).substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  return std::string(trim(std::string_view(value).substr(kScheme.size())));
}

bool sent_by_browser(const Request& request) {
  return request.first_header("User-Agent").find("Mozilla/") != std::string::npos;
}

std::string origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return to_lower(url.substr(0, url.find('/', scheme + 3)));
}

}  // namespace

std::optional<Response> authenticate(Confluence& confluence, Visit& visit) {
  const ConfluenceOptions& options = confluence.options();
  const std::string token =
      options.sso_enabled ? request_cookie(visit.request, confluence.sso_cookie_name()).value_or("")
                          : std::string();
  std::optional<Response> refusal;
  if (const auto credentials = basic_credentials(visit.request)) {
    refusal = authenticate_password(confluence, visit, *credentials, token);
  } else if (const auto personal = bearer_token(visit.request)) {
    refusal = authenticate_personal_token(confluence, visit, *personal);
  } else {
    bool known = false;
    if (options.sso_enabled) {
      known = authenticate_token(confluence, visit, token);
    } else if (!visit.session->user.empty()) {
      visit.user = confluence.crowd().find_user(visit.session->user);
      known = visit.user != nullptr;
      if (known) visit.login_reasons.push_back(kOk);
    }
    if (!known) authenticate_remembered(confluence, visit);
  }
  if (visit.user != nullptr) {
    visit.named_user = confluence_name(*visit.user);
  } else if (visit.named_user.empty() && (confluence.jira() || visit.rest()) && !refusal) {
    visit.named_user = "anonymous";
  }
  if (confluence.jira()) add_xsrf_cookie(confluence, visit);
  return refusal;
}

std::optional<Response> refuse_forgery(const Confluence& confluence, const Visit& visit) {
  const Request& request = visit.request;
  if (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS") {
    return std::nullopt;
  }
  const std::string type = to_lower(trim(split(request.first_header("Content-Type"), ';').front()));
  const bool form = type.empty() || type == "application/x-www-form-urlencoded" ||
                    type == "multipart/form-data" || type == "text/plain";
  const bool unchecked = equal_without_case(request.first_header("X-Atlassian-Token"), "no-check");
  bool foreign = false;
  if (sent_by_browser(request)) {
    std::string from = request.first_header("Origin");
    if (from.empty()) from = request.first_header("Referer");
    foreign = origin_of(from).empty() || origin_of(from) != origin_of(confluence.base_url());
  }
  if ((!form || unchecked) && !foreign) return std::nullopt;
  Response response{403};
  response.add("Content-Type", "text/plain;charset=UTF-8");
  response.body = "XSRF check failed";
  return response;
}

}  // namespace atlassian
