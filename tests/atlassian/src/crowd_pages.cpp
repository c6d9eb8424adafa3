// Crowd's log-in page for people, as the demo shows it.
#include "addresses.h"
#include "crowd.h"
#include "text.h"

namespace atlassian {
namespace {

constexpr std::string_view kStyle = R"(
  :root { color-scheme: light dark; --ink: #172b4d; --faint: #5e6c84; --line: #dfe1e6;
          --page: #f4f5f7; --card: #fff; --blue: #0052cc; --wash: #deebff; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #dfe6f0; --faint: #9fadc0; --line: #38465c; --page: #161a22; --card: #1f2632;
            --blue: #6ea8ff; --wash: #24385c; } }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--page);
         color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
  main { width: min(26rem, 100% - 2rem); padding: clamp(1rem, 5vw, 2rem); margin: 1rem;
         background: var(--card);
         border: 1px solid var(--line); border-radius: 12px; }
  h1 { margin: 0 0 .25rem; font-size: 1.4rem; }
  p { margin: .5rem 0; } .faint { color: var(--faint); font-size: .9rem; }
  .warning { padding: .5rem .75rem; border-left: 4px solid #de350b; background: var(--page); }
  button.user { display: flex; gap: .9rem; align-items: center; width: 100%; margin: .6rem 0;
         padding: .7rem .9rem; text-align: left; font: inherit; color: inherit; cursor: pointer;
         background: none; border: 1px solid var(--line); border-radius: 8px; }
  button.user:hover, button.user:focus-visible { border-color: var(--blue); background: var(--wash);
         outline: none; }
  .badge { flex: none; width: 2.4rem; height: 2.4rem; display: grid; place-items: center;
         color: #fff; background: #0052cc; border-radius: 50%; font-weight: 600; }
  .user small { display: block; color: var(--faint); }
  input { width: 100%; padding: .5rem; font: inherit; }
  button.plain, a.plain { color: var(--blue); background: none; border: 0; padding: 0; font: inherit;
         cursor: pointer; text-decoration: underline; }
  code { font-size: .95em; }
)";

std::string page(std::string_view title, const std::string& content) {
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
         html_escape(title) +
         "</title><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
         "<link rel=\"icon\" href=\"data:,\"><style>" +
         std::string(kStyle) + "</style></head><body><main>\n" + content +
         "</main></body></html>\n";
}

Response html_page(unsigned status, std::string_view title, const std::string& content) {
  Response response = html_response(status, page(title, content));
  response.add("Cache-Control", "no-store")
      .add("X-Content-Type-Options", "nosniff")
      .add("X-Frame-Options", "SAMEORIGIN")
      .add("Referrer-Policy", "same-origin");
  return response;
}

std::string_view without_port(std::string_view host) {
  if (!host.empty() && host.front() == '[') return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

/// The host that the browser asked, as far as the peer may tell it.
std::string browser_host(const Crowd& crowd, const Request& request) {
  const std::string forwarded = request.first_header("X-Forwarded-Host");
  if (!forwarded.empty() && in_any_network(request.peer_address, crowd.options().trusted_proxies)) {
    return std::string(without_port(trim(split(forwarded, ',').front())));
  }
  return std::string(without_port(request.first_header("Host")));
}

/// `destination` if it stays on the host that the browser asked (any port), otherwise empty:
/// a log-in page must not send people elsewhere.
std::string safe_destination(const std::string& destination, const std::string& host) {
  if (destination.empty()) return {};
  for (const char c : destination) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '\\' || c == 0x7f) return {};
  }
  if (destination[0] == '/') return destination.substr(0, 2) == "//" ? std::string() : destination;
  const auto scheme_end = destination.find("://");
  if (scheme_end == std::string::npos) return {};
  const std::string_view scheme = std::string_view(destination).substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return {};
  const std::string_view rest = std::string_view(destination).substr(scheme_end + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos || host.empty()) return {};
  return equal_without_case(without_port(authority), host) ? destination : std::string();
}

std::string hidden(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\" name=\"" + std::string(name) + "\" value=\"" + html_escape(value) +
         "\">";
}

std::string users_form(const Crowd& crowd, const std::string& destination) {
  std::string form = "<form method=\"post\" action=\"login\">" + hidden("dest", destination);
  if (!crowd.options().login_page_without_password) {
    form +=
        "<p><label>Password<input type=\"password\" name=\"password\" required "
        "autocomplete=\"off\"></label></p>";
  }
  for (const User& user : crowd.options().users) {
    const std::string initial = user.display_name.substr(0, 1);
    form += "<button class=\"user\" name=\"username\" value=\"" + html_escape(user.name) +
            "\"><span class=\"badge\" aria-hidden=\"true\">" + html_escape(initial) +
            "</span><span>" + html_escape(user.display_name) + "<small>" + html_escape(user.name) +
            (user.may_use_confluence ? "" : ", may not use Confluence") +
            "</small></span></button>\n";
  }
  return form + "</form>\n";
}

std::string login_page(Crowd& crowd, const Request& request, const std::string& destination,
                       std::string_view warning) {
  const std::string address = crowd.client_address(crowd.factors_of(request));
  std::string content =
      "<h1>Log in</h1><p class=\"faint\">Crowd (simulated): one log-in for all "
      "applications of this host.</p>\n";
  if (!warning.empty()) {
    content += "<p class=\"warning\" role=\"alert\">" + html_escape(warning) + "</p>\n";
  }
  const auto token = request_cookie(request, crowd.options().cookie_name);
  const Crowd::Session* session =
      token ? crowd.validate(*token, crowd.factors_of(request)) : nullptr;
  if (session != nullptr) {
    content += "<form method=\"post\" action=\"logoff\">" + hidden("dest", destination) +
               "<p>You are logged in as <b>" + html_escape(session->user) +
               "</b>. <button class=\"plain\">Log out</button></p></form>\n";
    if (!destination.empty()) {
      content += "<p><a class=\"plain\" href=\"" + html_escape(destination) +
                 "\">Go on to the application</a></p>\n";
    }
  }
  content += users_form(crowd, destination);
  content += "<p class=\"faint\">Your address, as Crowd sees it, is <code>" + html_escape(address) +
             "</code>. " +
             (crowd.options().consistent_ip ? "The log-in is good from this address only."
                                            : "The log-in is good from any address.") +
             " The browser gets it as the cookie <code>" +
             html_escape(crowd.options().cookie_name) + "</code>.</p>\n";
  return content;
}

Response log_in(Crowd& crowd, const Request& request,
                const std::map<std::string, std::string>& form, const std::string& destination) {
  const auto name = form.find("username");
  const auto password = form.find("password");
  const User* user = name == form.end() ? nullptr : crowd.find_user(name->second);
  const bool password_needed = !crowd.options().login_page_without_password;
  if (user == nullptr || (password == form.end() && password_needed) ||
      (password != form.end() && password->second != user->password)) {
    return html_page(401, "Log in",
                     login_page(crowd, request, destination, "Unknown user or wrong password."));
  }
  const std::string token = crowd.log_in(*user, crowd.client_address(crowd.factors_of(request)));
  Response response = redirect_to(destination.empty() ? "login" : destination);
  response.status = 303;
  add_set_cookies(response, {crowd.sso_cookie(token)}, SetCookieStyle::kPlain);
  return response;
}

Response log_off(Crowd& crowd, const Request& request, const std::string& destination) {
  const auto token = request_cookie(request, crowd.options().cookie_name);
  if (token) crowd.log_out(*token);
  std::string back = "login";
  if (!destination.empty()) back += "?dest=" + url_encode(destination);
  Response response = redirect_to(back);
  response.status = 303;
  SetCookie removal = crowd.sso_cookie({});
  removal.removal = true;
  add_set_cookies(response, {removal}, SetCookieStyle::kPlain);
  return response;
}

}  // namespace

Response crowd_page(Crowd& crowd, const Request& request, std::string_view path) {
  std::map<std::string, std::string> fields = request.query;
  const bool post = request.method == "POST";
  if (post) fields.merge(parse_form(request.body));
  const std::string destination = safe_destination(fields["dest"], browser_host(crowd, request));
  if (path == "/console/login") {
    if (post) return log_in(crowd, request, fields, destination);
    return html_page(200, "Log in", login_page(crowd, request, destination, {}));
  }
  if (path == "/console/logoff") return log_off(crowd, request, destination);
  // Relative, so that it is right behind a reverse proxy that mounts Crowd elsewhere.
  const std::string& context = crowd.options().context_path;
  if (path.empty()) return redirect_to(context.substr(context.rfind('/') + 1) + "/console/login");
  if (path == "/" || path == "/console") return redirect_to("console/login");
  if (path == "/console/") return redirect_to("login");
  return tomcat_error(404, "The requested resource [" + request.path + "] is not available");
}

}  // namespace atlassian
