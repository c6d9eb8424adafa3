// The simulator against responses of real servers.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <regex>

#include "client.h"
#include "json_text.h"
#include "text.h"

namespace atlassian {
namespace {

/// The value with everything replaced that differs from one server or moment to the next.
std::string shape(std::string value) {
  static const std::pair<std::regex, const char*> kVariable[] = {
      {std::regex("[0-9a-f]{40}(?=[|_])"), "<40 hex>"},
      {std::regex("[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}"), "<groups>"},
      {std::regex("=[0-9A-F]{32}"), "=<32 HEX>"},
      {std::regex("=[0-9A-Za-z]{22}00"), "=<token>"},
      {std::regex("^[0-9]{13}$"), "<milliseconds>"},
      {std::regex("^[0-9]+x[0-9]+x[0-9]+$"), "<request id>"},
      {std::regex("^[0-9a-z]{6,7}$"), "<session word>"},
      {std::regex("os_destination=[^&]*"), "os_destination=<target>"},
      {std::regex("realm=\"[^\"]*\""), "realm=\"<server>\""},
      {std::regex("login-url=.*"), "login-url=<page>"},
      {std::regex(";\\s*"), "; "},
      {std::regex("\\.acme\\.example\\.net"), "<domain>"},
  };
  for (const auto& [pattern, replacement] : kVariable) {
    value = std::regex_replace(value, pattern, replacement);
  }
  return value;
}

/// Of a proxy in front, the licence, the connection, or the moment; not of the product.
bool of_no_interest(const std::string& name) {
  static const char* const kNames[] = {"X-ASEN",
                                       "Server",
                                       "Date",
                                       "Connection",
                                       "Transfer-Encoding",
                                       "Vary",
                                       "Content-Length",
                                       "Location",
                                       "X-Vcap-Request-Id",
                                       "Set-Cookie",
                                       "Content-Encoding",
                                       "Strict-Transport-Security",
                                       "Content-Type"};
  for (const char* candidate : kNames) {
    if (equal_without_case(candidate, name)) return true;
  }
  return false;
}

void check_headers(const Answer& recorded, const Answer& simulated) {
  for (const auto& [name, value] : recorded.headers) {
    if (of_no_interest(name)) continue;
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(shape(simulated.header(name)) == shape(value));
    }
  }
  BOOST_TEST(simulated.status == recorded.status);
}

std::vector<std::string> cookie_shapes(const Answer& answer) {
  std::vector<std::string> shapes;
  for (const std::string& line : answer.all("Set-Cookie")) shapes.push_back(shape(line));
  return shapes;
}

void check_cookies(const Answer& recorded, const Answer& simulated) {
  const auto expected = cookie_shapes(recorded);
  const auto actual = cookie_shapes(simulated);
  BOOST_TEST(actual == expected, boost::test_tools::per_element());
}

json::object body_of(const Answer& answer) {
  auto body = parse_json_object(answer.body);
  if (!body) throw std::runtime_error("the body is not a JSON object");
  return std::move(*body);
}

/// Each member of the recorded object is in the simulated one, with a value of the same kind.
void check_members(const json::object& recorded, const json::object& simulated) {
  for (const auto& member : recorded) {
    const std::string name(member.key().data(), member.key().size());
    const json::value* own = simulated.if_contains(member.key());
    BOOST_TEST_REQUIRE(own != nullptr, "no member " << name);
    BOOST_TEST(json::to_string(own->kind()) == json::to_string(member.value().kind()), name);
    if (member.value().is_object()) check_members(member.value().get_object(), own->get_object());
  }
}

Answer crowd_request(const Simulator& simulator, const std::string& method,
                     const std::string& resource, const std::string& body = {}) {
  // confluence:application-password
  const HeaderLines headers = {
      {"Authorization", "Basic Y29uZmx1ZW5jZTphcHBsaWNhdGlvbi1wYXNzd29yZA=="},
      {"Content-Type", "application/json"}};
  return Client(simulator.crowd_port())
      .request(method, "/crowd/rest/usermanagement/1" + resource, headers, body);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recordings)

BOOST_DATA_TEST_CASE(login_redirect,
                     boost::unit_test::data::make({"confluence-302-anonymous-denied-chunked-head",
                                                   "confluence-302-anonymous-denied-relative-"
                                                   "location",
                                                   "confluence-302-anonymous-denied-x-asen-1",
                                                   "confluence-302-anonymous-denied-nmap-1"}),
                     name) {
  const Answer recorded = recording(name);
  SimulatorOptions options;
  const bool absolute = recorded.header("Location").rfind("http", 0) == 0;
  options.confluence.absolute_locations = absolute;
  if (absolute) options.confluence.base_url = "http://localhost:8090";
  const Simulator simulator(options);
  const Answer simulated = Client(simulator.confluence_port()).get("/");

  check_headers(recorded, simulated);
  check_cookies(recorded, simulated);
  BOOST_TEST(shape(simulated.header("Location")) == shape(recorded.header("Location")));
  BOOST_TEST(simulated.header("Content-Type") == recorded.header("Content-Type"));
  BOOST_TEST(simulated.header("X-Seraph-LoginReason") == "");
  BOOST_TEST(simulated.header("X-AUSERNAME") == "");
}

BOOST_AUTO_TEST_CASE(login_redirect_has_tomcats_status_line_and_order) {
  const Answer recorded = recording("confluence-302-anonymous-denied-relative-location");
  const Simulator simulator;
  const Answer simulated = Client(simulator.confluence_port()).get("/");
  BOOST_TEST(simulated.status_line == recorded.status_line);
  BOOST_TEST_REQUIRE(simulated.headers.size() == recorded.headers.size());
  for (std::size_t i = 0; i < recorded.headers.size(); ++i) {
    BOOST_TEST(simulated.headers[i].first == recorded.headers[i].first);
  }
}

BOOST_AUTO_TEST_CASE(zero_quota) {
  SimulatorOptions options = trusting();
  options.confluence.rate_limit = RateLimit{0, 0};
  Simulator simulator(options);
  const std::string token = simulator.log_in("alice", "127.0.0.2");
  const Answer simulated =
      Client(simulator.confluence_port()).get(kProbe, visitor(token, "127.0.0.2"));
  check_headers(recording("confluence-429-zero-quota-headers"), simulated);
}

BOOST_AUTO_TEST_CASE(rest_200) {
  Simulator simulator(trusting());
  simulator.configure_crowd([](CrowdOptions& crowd) {
    crowd.users.push_back({"admin", "admin", "The Administrator", "admin@corp.example"});
  });
  simulator.configure_confluence(
      [](ConfluenceOptions& confluence) { confluence.repeat_crowd_cookie = false; });
  const std::string token = simulator.log_in("admin", "127.0.0.2");
  const Answer simulated =
      Client(simulator.confluence_port()).get("/rest/api/space", visitor(token, "127.0.0.2"));
  const Answer recorded = recording("confluence-rest-200-authenticated-pat");
  check_headers(recorded, simulated);
  check_cookies(recorded, simulated);
  BOOST_TEST(simulated.header("Content-Type") == recorded.header("Content-Type"));
  // The recorded body is cut off; what there is of a space has these members in this order.
  const json::object space = body_of(simulated).at("results").at(0).as_object();
  std::size_t at = 0;
  for (const char* member : {"id", "key", "name", "type", "_links", "_expandable"}) {
    const auto found = recorded.body.find('"' + std::string(member) + '"', at);
    BOOST_TEST(found != std::string::npos, member);
    BOOST_TEST(space.contains(member), member);
    at = found;
  }
}

BOOST_AUTO_TEST_CASE(captcha_is_denied) {
  Simulator simulator(trusting());
  simulator.configure_crowd(
      [](CrowdOptions& crowd) { crowd.users.front().captcha_required = true; });
  // alice:alice
  const HeaderLines password = {{"Authorization", "Basic YWxpY2U6YWxpY2U="}};
  const Answer simulated = Client(simulator.confluence_port()).get(kProbe, password);
  const Answer recorded = recording("confluence-rest-401-authentication-denied");
  check_headers(recorded, simulated);
  BOOST_TEST(simulated.header("Content-Type") == recorded.header("Content-Type"));
  BOOST_TEST(simulated.header("X-AUSERNAME") == "alice");

  SimulatorOptions options;
  options.confluence.flavour = Flavour::kJira;
  options.confluence.context_path = "/jira";
  options.confluence.session_cookie_secure = true;
  options.confluence.sticky_cookie = "__VCAP_ID__";
  options.crowd.users.front().captcha_required = true;
  const Simulator jira(options);
  const Answer jira_answer =
      Client(jira.confluence_port()).get("/jira/rest/api/2/myself", password);
  check_headers(recording("jira-403-captcha-challenge"), jira_answer);
  BOOST_TEST(jira_answer.set_cookie("__VCAP_ID__").has_value());
}

BOOST_AUTO_TEST_CASE(basic_auth_failed) {
  const Simulator simulator;
  // alice:wrong
  const Answer simulated =
      Client(simulator.confluence_port())
          .get("/rest/api/space", {{"Authorization", "Basic YWxpY2U6d3Jvbmc="}});
  const Answer recorded = recording("confluence-rest-401-basic-auth-failed-body");
  check_headers(recorded, simulated);
  BOOST_TEST(simulated.header("Content-Type") == recorded.header("Content-Type"));
  // Files end with a newline, Tomcat's page does not.
  BOOST_TEST(simulated.body + '\n' == recorded.body);
}

BOOST_AUTO_TEST_CASE(user_current) {
  Simulator simulator(trusting());
  const std::string token = simulator.log_in("alice", "127.0.0.2");
  const Answer known = Client(simulator.confluence_port()).get(kProbe, visitor(token, "127.0.0.2"));
  const Answer recorded = recording("confluence-rest-user-current-known-body");
  check_members(body_of(recorded), body_of(known));
  BOOST_TEST(text_member(body_of(known), "type") == text_member(body_of(recorded), "type"));
  BOOST_TEST(known.status_line == recorded.status_line);

  const Answer anonymous = Client(simulator.confluence_port()).get(kProbe);
  const Answer recorded_anonymous =
      recording("confluence-rest-user-current-anonymous-body-handwritten");
  check_members(body_of(recorded_anonymous), body_of(anonymous));
  BOOST_TEST(text_member(body_of(anonymous), "type") == "anonymous");
}

BOOST_AUTO_TEST_CASE(crowd_session) {
  Simulator simulator;
  const std::string token = simulator.log_in("alice", "127.0.0.2");
  const Answer simulated = crowd_request(simulator, "GET", "/session/" + token);
  const Answer recorded = recording("crowd-session-validate-200-json");
  check_headers(recorded, simulated);
  check_members(body_of(recorded), body_of(simulated));

  simulator.configure_crowd([](CrowdOptions& crowd) { crowd.invalid_token_status = 404; });
  const Answer unknown = crowd_request(simulator, "GET", "/session/nobody");
  const Answer recorded_unknown = recording("crowd-session-404-invalid-sso-token-stub");
  check_headers(recorded_unknown, unknown);
  BOOST_TEST((body_of(unknown) == body_of(recorded_unknown)));
}

BOOST_AUTO_TEST_CASE(crowd_config_cookie) {
  const Simulator simulator;
  const Answer simulated = crowd_request(simulator, "GET", "/config/cookie");
  const Answer recorded = recording("crowd-config-cookie-json");
  check_headers(recorded, simulated);
  BOOST_TEST((body_of(simulated) == body_of(recorded)));
}

BOOST_AUTO_TEST_CASE(crowd_user_not_found) {
  const Simulator simulator;
  const Answer simulated =
      crowd_request(simulator, "POST", "/authentication?username=nobody", R"({"value":"x"})");
  const Answer recorded = recording("crowd-400-user-not-found-json");
  check_headers(recorded, simulated);
  BOOST_TEST((body_of(simulated) == body_of(recorded)));
}

BOOST_AUTO_TEST_CASE(crowd_client_forbidden) {
  SimulatorOptions options;
  options.crowd.application_name = "builder_auth";
  options.crowd.allowed_clients = {"10.0.0.0/8"};
  const Simulator simulator(options);
  // builder_auth:application-password
  const Answer simulated =
      Client(simulator.crowd_port())
          .get("/crowd/rest/usermanagement/1/config/cookie",
               {{"Authorization", "Basic YnVpbGRlcl9hdXRoOmFwcGxpY2F0aW9uLXBhc3N3b3Jk"}});
  const Answer recorded = recording("crowd-403-client-forbidden-tomcat7-html");
  BOOST_TEST(simulated.status_line == recorded.status_line);
  BOOST_TEST(split(simulated.header("Content-Type"), ';').front() ==
             recorded.header("Content-Type"));
  const auto message_of = [](const Answer& answer) {
    const auto at = answer.body.find("<u>Client with");
    const auto text = answer.body.substr(at, answer.body.find("</u>", at) - at);
    return std::regex_replace(text, std::regex("&quot;[^&]*&quot;"), "&quot;ADDRESS&quot;");
  };
  BOOST_TEST(message_of(simulated) == message_of(recorded));
  BOOST_TEST(simulated.body.find("&quot;127.0.0.1&quot;") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(jira_anonymous) {
  SimulatorOptions options;
  options.confluence.flavour = Flavour::kJira;
  options.confluence.context_path = "/jira";
  options.confluence.anonymous_access = true;
  const Simulator simulator(options);
  const Answer simulated = Client(simulator.confluence_port()).get("/jira/");
  const Answer recorded = recording("jira-200-soap-xsrf-lout-anonymous");
  check_headers(recorded, simulated);
  const auto xsrf = [](const Answer& answer) {
    for (const std::string& line : answer.all("Set-Cookie")) {
      if (line.rfind("atlassian.xsrf.token", 0) == 0) return shape(line);
    }
    return std::string();
  };
  BOOST_TEST(xsrf(simulated) == xsrf(recorded));
}

BOOST_AUTO_TEST_CASE(jira_with_underscores) {
  SimulatorOptions options = trusting();
  options.confluence.flavour = Flavour::kJira;
  options.confluence.xsrf_token_with_underscores = true;
  options.confluence.repeat_crowd_cookie = false;
  Simulator simulator(options);
  const std::string token = simulator.log_in("alice", "127.0.0.2");
  const Answer simulated =
      Client(simulator.confluence_port()).get("/rest/api/2/myself", visitor(token, "127.0.0.2"));
  const Answer recorded = recording("jira-200-xsrf-underscore-form");
  check_headers(recorded, simulated);
  check_cookies(recorded, simulated);
}

BOOST_AUTO_TEST_CASE(jira_crowd_sso) {
  SimulatorOptions options = trusting();
  options.crowd.cookie_name = "studio.crowd.tokenkey";
  options.crowd.cookie_domain = ".acme.example.net";
  options.crowd.cookie_secure = true;
  options.confluence.flavour = Flavour::kJira;
  options.confluence.login_reason_style = LoginReasonStyle::kFolded;
  options.confluence.set_cookie_style = SetCookieStyle::kRemovedThenSet;
  options.confluence.session_cookie_secure = true;
  Simulator simulator(options);
  const std::string token = simulator.log_in("alice", "127.0.0.2");
  const Answer simulated =
      Client(simulator.confluence_port())
          .get("/rest/api/2/myself",
               {{"Cookie", "studio.crowd.tokenkey=" + token}, {"X-Forwarded-For", "127.0.0.2"}});
  const Answer recorded = recording("jira-crowdsso-204-transitionjiraissue");
  const auto expected = cookie_shapes(recorded);
  const auto actual = cookie_shapes(simulated);
  // Here every cookie is removed first, there the Crowd cookie only.
  BOOST_TEST_REQUIRE(actual.size() >= 4U);
  BOOST_TEST(actual[0] == expected[0]);
  BOOST_TEST(actual[1] == expected[1]);
  BOOST_TEST(actual[3] == expected[2]);
  BOOST_TEST(simulated.header("X-Seraph-LoginReason") == recorded.header("X-Seraph-LoginReason"));
  BOOST_TEST(simulated.header("X-AUSERNAME") == recorded.header("X-AUSERNAME"));
  BOOST_TEST(simulated.header("Cache-Control") == recorded.header("Cache-Control"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace atlassian
