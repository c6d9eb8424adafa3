// Confluence's HTML: log-in, log-out, the dashboard, a page. As plain as they can be.
#include "confluence.h"
#include "crowd_link.h"
#include "text.h"

namespace atlassian {
namespace {

Response page(unsigned status, std::string_view title, const std::string& content) {
  return html_response(status,
                       "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                       "<meta name=\"viewport\" content=\"width=device-width, "
                       "initial-scale=1\"><link rel=\"icon\" href=\"data:,\"><title>" +
                           html_escape(title) +
                           " - Confluence</title><style>body{font:16px/1.5 system-ui,sans-serif;"
                           "margin:3rem auto;max-width:40rem;padding:0 1rem}</style></head><body>"
                           "<h1>" +
                           html_escape(title) + "</h1>\n" + content + "</body></html>\n");
}

Response login_form(const Confluence& confluence, const Visit& visit) {
  const auto destination = visit.request.query.find("os_destination");
  const std::string destination_text =
      destination == visit.request.query.end() ? std::string() : destination->second;
  std::string content;
  if (visit.request.query.contains("permissionViolation")) {
    content += "<p>You are not permitted to see that page.</p>\n";
  }
  if (visit.user != nullptr) {
    content += "<p>You are logged in as " + html_escape(visit.user->display_name) + ".</p>\n";
  }
  content += "<form name=\"loginform\" method=\"post\" action=\"" +
             html_escape(confluence.options().context_path) +
             "/dologin.action\"><p><label>Username <input name=\"os_username\"></label></p>"
             "<p><label>Password <input type=\"password\" name=\"os_password\"></label></p>"
             "<input type=\"hidden\" name=\"os_destination\" value=\"" +
             html_escape(destination_text) + "\"><p><button>Log in</button></p></form>\n";
  return page(200, "Log in", content);
}

/// Logs in at Crowd, as Confluence does where single sign-on is active.
Response log_in(Confluence& confluence, Visit& visit) {
  auto form = parse_form(visit.request.body);
  Crowd& crowd = confluence.crowd();
  const User* user =
      ask_crowd_for_password(confluence.options(), crowd, form["os_username"], form["os_password"]);
  if (user == nullptr || user->captcha_required) {
    visit.login_reasons = {user == nullptr ? "AUTHENTICATED_FAILED" : "AUTHENTICATION_DENIED"};
    return login_form(confluence, visit);
  }
  if (confluence.options().sso_enabled) {
    const std::string token = crowd.log_in(*user, crowd.client_address(visit.factors));
    visit.cookies.insert(visit.cookies.begin(), confluence.sso_cookie(token));
  } else if (user->may_use_confluence && user->in_confluence) {
    visit.session->user = user->name;
  }
  std::string& destination = form["os_destination"];
  const bool here = destination.rfind('/', 0) == 0 && destination.rfind("//", 0) != 0 &&
                    destination.find_first_of("\\\r\n") == std::string::npos;
  return redirect_to(location_of(
      confluence, confluence.options().context_path + (here ? destination : "/index.action")));
}

Response log_out(Confluence& confluence, Visit& visit) {
  Crowd& crowd = confluence.crowd();
  if (const auto token = request_cookie(visit.request, confluence.sso_cookie_name())) {
    crowd.log_out(*token);
    SetCookie removal = confluence.sso_cookie({});
    removal.removal = true;
    visit.cookies.push_back(removal);
  }
  confluence.end_session(visit.session);
  visit.session = nullptr;
  visit.user = nullptr;
  visit.named_user.clear();
  visit.login_reasons = {"OUT"};
  return redirect_to(
      location_of(confluence, confluence.options().context_path + "/login.action?logout=true"));
}

Response dashboard(Confluence& confluence, const Visit& visit) {
  std::string content = "<p>" +
                        (visit.user != nullptr ? "Hello " + html_escape(visit.user->display_name)
                                               : std::string("Hello, whoever you are")) +
                        ".</p>\n<ul>\n";
  for (const Space* space : confluence.content().spaces_of(visit.user)) {
    content += "<li><a href=\"" + html_escape(confluence.options().context_path) + "/display/" +
               html_escape(space->key) + "\">" + html_escape(space->name) + "</a></li>\n";
  }
  return page(200, "Dashboard", content + "</ul>\n");
}

Response view_page(Confluence& confluence, const Visit& visit) {
  const auto parameter = visit.request.query.find("pageId");
  const auto id =
      parameter == visit.request.query.end() ? std::nullopt : parse_number(parameter->second);
  const Page* found = id ? confluence.content().find_page(*id) : nullptr;
  const Space* space = found != nullptr ? confluence.content().find_space(found->space) : nullptr;
  if (space == nullptr || !confluence.content().may_see(*space, visit.user)) {
    return page(404, "Page not found",
                "<p>There is no such page, or it is not yours to see.</p>\n");
  }
  return page(200, found->title, found->body + "\n");
}

Response view_space(Confluence& confluence, const Visit& visit, const std::string& key) {
  const Space* space = confluence.content().find_space(key);
  if (space == nullptr || !confluence.content().may_see(*space, visit.user)) {
    return page(404, "Page not found",
                "<p>There is no such space, or it is not yours to see.</p>\n");
  }
  std::string content = "<p>" + html_escape(space->description) + "</p>\n<ul>\n";
  for (const Page* found : confluence.content().pages_of(visit.user, key, "page")) {
    content += "<li><a href=\"" + html_escape(confluence.options().context_path) +
               "/pages/viewpage.action?pageId=" + std::to_string(found->id) + "\">" +
               html_escape(found->title) + "</a></li>\n";
  }
  return page(200, space->name, content + "</ul>\n");
}

}  // namespace

std::string location_of(const Confluence& confluence, const std::string& path) {
  if (!confluence.options().absolute_locations) return path;
  return confluence.base_url() + path.substr(confluence.options().context_path.size());
}

Response redirect_to_login(const Confluence& confluence, const Visit& visit) {
  const std::string& context = confluence.options().context_path;
  std::string destination = visit.request.target.substr(context.size());
  if (destination.empty() || destination == "/") destination = "/index.action";
  return redirect_to(
      location_of(confluence, context + "/login.action?os_destination=" + url_encode(destination) +
                                  "&permissionViolation=true"));
}

Response confluence_page(Confluence& confluence, Visit& visit) {
  constexpr std::string_view kDisplay = "/display/";
  if (visit.path == "/login.action") {
    const std::string& saml = confluence.options().saml_login_url;
    if (saml.empty()) return login_form(confluence, visit);
    return redirect_to(saml + (saml.find('?') == std::string::npos ? "?" : "&") +
                       "SAMLRequest=c2ltdWxhdGVk&RelayState=" + url_encode(confluence.base_url()));
  }
  if (visit.path == "/dologin.action" && visit.request.method == "POST") {
    return log_in(confluence, visit);
  }
  if (visit.path == "/logout.action") return log_out(confluence, visit);
  if (visit.path.empty() || visit.path == "/" || visit.path == "/index.action" ||
      visit.path == "/dashboard.action") {
    return dashboard(confluence, visit);
  }
  if (visit.path == "/pages/viewpage.action") return view_page(confluence, visit);
  if (visit.path.rfind(kDisplay, 0) == 0) {
    return view_space(confluence, visit, url_decode(visit.path.substr(kDisplay.size())));
  }
  return page(404, "Page not found", "<p>The page does not exist.</p>\n");
}

}  // namespace atlassian
