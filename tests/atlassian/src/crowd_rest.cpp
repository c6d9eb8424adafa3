// Crowd's REST API as its documentation and the recordings show it.
#include "addresses.h"
#include "crowd.h"
#include "json_text.h"
#include "text.h"

namespace atlassian {
namespace {

Response with_version(Response response, const Crowd& crowd) {
  if (crowd.options().version.empty()) return response;
  response.headers.insert(response.headers.begin(),
                          {"X-Embedded-Crowd-Version", "Crowd/" + crowd.options().version});
  return response;
}

Response error_json(unsigned status, std::string_view reason, std::string_view message) {
  const json::object body{{"reason", json_text(reason)}, {"message", json_text(message)}};
  return json_response(status, json::serialize(body));
}

/// As recorded from a Tomcat 7; the status line's reason went away with Tomcat 8.5. `message` is
/// HTML.
Response forbidden_page(const std::string& message) {
  Response response{403, "Forbidden"};
  response.add("Content-Type", "text/html;charset=utf-8");
  response.body =
      "<html><head><title>Apache Tomcat/7.0.42 - Error report</title></head><body><h1>HTTP Status "
      "403 - " +
      message +
      "</h1><HR size=\"1\" noshade=\"noshade\"><p><b>type</b> Status report</p><p><b>message</b> "
      "<u>" +
      message +
      "</u></p><p><b>description</b> <u>Access to the specified resource has been "
      "forbidden.</u></p><HR size=\"1\" noshade=\"noshade\"><h3>Apache Tomcat/7.0.42</h3></body>"
      "</html>";
  return response;
}

/// A caller that sends X-Forwarded-For itself is taken for what it says, as a log-in would be.
std::optional<Response> refuse_application(const Crowd& crowd, const Request& request) {
  const auto credentials = basic_credentials(request);
  const auto application = credentials ? crowd.find_application(credentials->name) : std::nullopt;
  if (application) {
    const std::string caller = crowd.client_address(crowd.factors_of(request));
    if (!application->allowed_clients.empty() &&
        !in_any_network(caller, application->allowed_clients)) {
      return forbidden_page("Client with address &quot;" + html_escape(caller) +
                            "&quot; is forbidden from making requests to the application, " +
                            html_escape(application->name) + ".");
    }
    if (!application->active && credentials->password == application->password) {
      return forbidden_page("Access to the specified resource has been forbidden.");
    }
  }
  if (!application || credentials->password != application->password) {
    Response response{401};
    response.add("WWW-Authenticate", "Basic realm=\"Crowd REST Service\"")
        .add("Content-Type", "text/plain;charset=UTF-8");
    response.body = "Application failed to authenticate";
    return response;
  }
  return std::nullopt;
}

/// Whether Crowd lets the user into the application that asks.
std::optional<Response> refuse_access(const Crowd& crowd, const Request& request,
                                      const std::string& user) {
  const auto credentials = basic_credentials(request);
  const auto application = credentials ? crowd.find_application(credentials->name) : std::nullopt;
  if (!application || !application->denies(user)) return std::nullopt;
  return error_json(
      403, "APPLICATION_ACCESS_DENIED",
      "User <" + user + "> does not have access to application <" + application->name + ">");
}

Response overload_page(unsigned status) {
  if (status != 429) return tomcat_error(status, "Crowd has no thread left for this request");
  Response response{429};
  response.add("Retry-After", "1").add("Content-Type", "text/plain;charset=UTF-8");
  response.body = "Rate limit exceeded";
  return response;
}

std::int64_t milliseconds(Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

json::object link_to(const std::string& url) {
  return {{"href", json_text(url)}, {"rel", "self"}};
}

std::string user_url(const Crowd& crowd, const std::string& name) {
  return crowd.base_url() + "/rest/usermanagement/1/user?username=" + url_encode(name);
}

std::string session_url(const Crowd& crowd, const std::string& token) {
  return crowd.base_url() + "/rest/usermanagement/1/session/" + url_encode(token);
}

json::object user_json(const Crowd& crowd, const User& user) {
  return {{"expand", "attributes"},         {"link", link_to(user_url(crowd, user.name))},
          {"name", json_text(user.name)},   {"display-name", json_text(user.display_name)},
          {"email", json_text(user.email)}, {"active", true}};
}

Response session_json(const Crowd& crowd, unsigned status, const std::string& token,
                      const Crowd::Session& session, bool with_user) {
  json::object user{{"name", json_text(session.user)},
                    {"link", link_to(user_url(crowd, session.user))}};
  const User* known = crowd.find_user(session.user);
  if (with_user && known != nullptr) user = user_json(crowd, *known);
  const json::object body{{"created-date", milliseconds(session.created)},
                          {"expiry-date", milliseconds(session.expires)},
                          {"expand", "user"},
                          {"token", json_text(token)},
                          {"user", std::move(user)},
                          {"link", link_to(session_url(crowd, token))}};
  Response response = json_response(status, json::serialize(body));
  if (status == 201) response.add("Location", session_url(crowd, token));
  return response;
}

/// Of {"validationFactors":[{"name":…,"value":…},…]}. nullopt: not in this form.
std::optional<ValidationFactors> read_factors(const json::object& body) {
  const json::value* list = body.if_contains("validationFactors");
  if (list == nullptr || !list->is_array()) return std::nullopt;
  ValidationFactors factors;
  for (const json::value& entry : list->get_array()) {
    if (!entry.is_object()) return std::nullopt;
    const std::string name = text_member(entry.get_object(), "name");
    const std::string value = text_member(entry.get_object(), "value");
    if (name == "remote_address") factors.remote_address = value;
    if (name == "X-Forwarded-For") factors.x_forwarded_for = value;
  }
  return factors;
}

Response not_json() {
  return error_json(400, "ILLEGAL_ARGUMENT", "The body is not the JSON that was expected.");
}

Response invalid_token(const Crowd& crowd) {
  return error_json(crowd.options().invalid_token_status, "INVALID_SSO_TOKEN",
                    "Token does not validate.");
}

Response log_in(Crowd& crowd, const Request& request) {
  const auto body = parse_json_object(request.body);
  if (!body) return not_json();
  const User* user =
      crowd.authenticate(text_member(*body, "username"), text_member(*body, "password"));
  if (user == nullptr) {
    return error_json(400, "INVALID_USER_AUTHENTICATION",
                      "Account with name <" + text_member(*body, "username") +
                          "> failed to authenticate: Incorrect password or unknown user.");
  }
  ValidationFactors factors;
  for (const char* member : {"validation-factors", "validationFactors"}) {
    const json::value* value = body->if_contains(member);
    if (value == nullptr) continue;
    const auto read = value->is_object() ? read_factors(value->get_object()) : read_factors(*body);
    if (!read) return not_json();
    factors = *read;
  }
  if (auto refusal = refuse_access(crowd, request, user->name)) return std::move(*refusal);
  const std::string token = crowd.log_in(*user, crowd.client_address(factors));
  return session_json(crowd, 201, token, *crowd.find(token), request.query.contains("expand"));
}

/// What GET and POST answer about a session, nullptr when there is none.
Response told_session(Crowd& crowd, const Request& request, const std::string& token,
                      const Crowd::Session* session) {
  if (session == nullptr) return invalid_token(crowd);
  if (auto refusal = refuse_access(crowd, request, session->user)) return std::move(*refusal);
  crowd.touch(token);
  return session_json(crowd, 200, token, *session, request.query.contains("expand"));
}

Response session_resource(Crowd& crowd, const Request& request, const std::string& token) {
  if (request.method == "GET" || request.method == "HEAD") {
    return told_session(crowd, request, token, crowd.find(token));
  }
  if (request.method == "POST") {
    const auto body = parse_json_object(request.body);
    const auto factors = body ? read_factors(*body) : std::nullopt;
    if (!factors) return not_json();
    return told_session(crowd, request, token, crowd.validate(token, *factors));
  }
  if (request.method == "DELETE") {
    crowd.log_out(token);
    return Response{204};
  }
  return tomcat_error(405, "Method Not Allowed");
}

Response authentication(const Crowd& crowd, const Request& request) {
  const auto name = request.query.find("username");
  const User* user = name == request.query.end() ? nullptr : crowd.find_user(name->second);
  if (user == nullptr) return error_json(400, "USER_NOT_FOUND", "User does not exist");
  const auto body = parse_json_object(request.body);
  if (!body) return not_json();
  if (text_member(*body, "value") != user->password) {
    return error_json(400, "INVALID_USER_AUTHENTICATION", "Incorrect password");
  }
  if (auto refusal = refuse_access(crowd, request, user->name)) return std::move(*refusal);
  return json_response(200, json::serialize(user_json(crowd, *user)));
}

Response route(Crowd& crowd, const Request& request, std::string_view path) {
  constexpr std::string_view kSession = "/session/";
  if (path == "/config/cookie" && request.method == "GET") {
    const json::object body{{"domain", json_text(crowd.options().cookie_domain)},
                            {"name", json_text(crowd.options().cookie_name)},
                            {"secure", crowd.options().cookie_secure}};
    return json_response(200, json::serialize(body));
  }
  if (path == "/session" && request.method == "POST") return log_in(crowd, request);
  if (path == "/session" && request.method == "DELETE") {
    const auto name = request.query.find("username");
    if (name != request.query.end()) crowd.log_out_user(name->second);
    return Response{204};
  }
  if (path.substr(0, kSession.size()) == kSession) {
    std::string token(path.substr(kSession.size()));
    if (token.find('%') != std::string::npos) token = url_decode(token);
    return session_resource(crowd, request, token);
  }
  if (path == "/authentication" && request.method == "POST") return authentication(crowd, request);
  return tomcat_error(404, "Not Found");
}

}  // namespace

Response crowd_rest(Crowd& crowd, const Request& request, std::string_view path) {
  if (const auto status = crowd.overloaded()) return with_version(overload_page(*status), crowd);
  if (auto refusal = refuse_application(crowd, request)) {
    return with_version(std::move(*refusal), crowd);
  }
  return with_version(route(crowd, request, path), crowd);
}

}  // namespace atlassian
