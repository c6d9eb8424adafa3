#include "questions.h"

#include "json_text.h"
#include "text.h"

namespace atlassian {
namespace {

const std::string kCrowdRest = "/crowd/rest/usermanagement/1";

std::string basic(const CauseSetUp& made) {
  std::string text = base64url_encode(made.application + ':' + made.application_password);
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return "Basic " + text;
}

bool html(const Answer& answer) {
  return answer.header("Content-Type").rfind("text/html", 0) == 0;
}

}  // namespace

Answer Questions::probe(bool with_token) const {
  HeaderLines headers = {{"Accept", "application/json"}};
  if (with_token)
    headers.emplace_back("Cookie", simulator.crowd_options().cookie_name + '=' + made.token);
  headers.emplace_back("X-Forwarded-For", scene.client);
  return Client(simulator.confluence_port(), scene.httpd).get(kProbe, headers);
}

std::string Questions::told(const Answer& answer) const {
  std::string text = std::to_string(answer.status);
  if (html(answer)) text += " html";
  const json::object body = parse_json_object(answer.body).value_or(json::object());
  const std::string type = text_member(body, "type");
  if (!type.empty()) text += ' ' + type;
  const std::string name = text_member(body, "username");
  if (!name.empty()) text += ' ' + name;
  const std::string location = answer.header("Location");
  if (!location.empty()) text += " to " + location.substr(0, location.find('?'));
  const std::string override_name = simulator.confluence_options().cookie_tokenkey;
  if (const auto token = answer.set_cookie(simulator.crowd_options().cookie_name)) {
    text += *token == made.token ? " token" : " other-token";
  }
  if (!override_name.empty() && answer.set_cookie(override_name)) text += " override";
  for (const std::string& reason : answer.all("X-Seraph-LoginReason")) text += ' ' + reason;
  const std::string user = answer.header("X-AUSERNAME");
  if (!user.empty()) text += " as " + user;
  if (!answer.header("X-RateLimit-Limit").empty()) text += " limited";
  if (!answer.header("X-Cache").empty()) text += ' ' + answer.header("X-Cache");
  return text;
}

std::string Questions::a() const {
  return told(probe());
}

Answer Questions::ask_crowd(const std::string& method, const std::string& resource,
                            const std::string& body, const HeaderLines& more) const {
  HeaderLines headers = {{"Authorization", basic(made)},
                         {"Content-Type", "application/json"},
                         {"Accept", "application/json"}};
  headers.insert(headers.end(), more.begin(), more.end());
  return Client(simulator.crowd_port(), scene.httpd)
      .request(method, kCrowdRest + resource, headers, body);
}

std::string Questions::b() const {
  const Answer answer = ask_crowd("GET", "/config/cookie");
  std::string text = std::to_string(answer.status);
  if (html(answer)) text += " html";
  if (answer.body.find('"' + scene.httpd + '"') != std::string::npos ||
      answer.body.find("&quot;" + scene.httpd + "&quot;") != std::string::npos) {
    text += " address";
  }
  if (answer.header("X-Embedded-Crowd-Version").empty()) text += " no-version";
  const json::object body = parse_json_object(answer.body).value_or(json::object());
  if (body.empty()) return text;
  if (text_member(body, "name") != "crowd.token_key") text += ' ' + text_member(body, "name");
  if (!text_member(body, "domain").empty()) text += ' ' + text_member(body, "domain");
  if (body.at("secure").as_bool()) text += " secure";
  return text;
}

std::string Questions::session(const std::string& method, const std::string& body) const {
  const Answer answer = ask_crowd(method, "/session/" + made.token, body);
  const json::object object = parse_json_object(answer.body).value_or(json::object());
  std::string text = std::to_string(answer.status);
  if (!text_member(object, "reason").empty()) text += ' ' + text_member(object, "reason");
  return text;
}
std::string Questions::c() const {
  return session("GET");
}
std::string Questions::d(const std::string& remote, const std::string& forwarded) const {
  json::array factors{json::object{{"name", "remote_address"}, {"value", json_text(remote)}}};
  if (!forwarded.empty()) {
    factors.push_back(json::object{{"name", "X-Forwarded-For"}, {"value", json_text(forwarded)}});
  }
  return session("POST", json::serialize(json::object{{"validationFactors", factors}}));
}

std::string Questions::all() const {
  return "A " + a() + ", B " + b() + ", C " + c() + ", D1 " + d(scene.client) + ", D2 " +
         d(scene.httpd, scene.client);
}

}  // namespace atlassian
