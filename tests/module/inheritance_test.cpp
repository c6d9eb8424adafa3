// The inner section wins, setting by setting.

#include <boost/test/unit_test.hpp>
#include <functional>

#include "stage.h"

using namespace module_tests;

namespace {

/// What a request showed, as far as one setting can be told from it.
struct Observation {
  Response response;
  AppRequest at_app;                         // the last one, if there was any
  atlassian::ReceivedRequest at_confluence;  // the same
};

struct Setting {
  std::string name;
  std::string of_server;
  std::string of_virtual_host;
  std::string of_location;
  std::function<std::string(const Observation&)> observe;
  std::string seen_in_server;
  std::string seen_in_virtual_host;
  std::string seen_in_location;
};

std::string count(std::size_t n) {
  return std::to_string(n);
}

std::string where_passed(const Observation& seen) {
  for (const auto& [name, value] : seen.at_app.headers.lines) {
    const std::size_t at = value.find("JSESSIONID=");
    if (at == std::string::npos) continue;
    const std::size_t begin = value.rfind(' ', at);
    return name + " " +
           value.substr(begin == std::string::npos ? 0 : begin + 1,
                        at - (begin == std::string::npos ? 0 : begin + 1));
  }
  return "nowhere";
}

/// A section in which the module has to merge its settings, and none of those that are looked at.
constexpr const char* kUnrelated =
    "<Location /inner/most/>\nCrowdConfluenceWhen unavailable pass\n</Location>\n";

const std::vector<Setting> kSettings = {
    {"on and off", "CrowdConfluence On", "CrowdConfluence Off", "CrowdConfluence On",
     [](const Observation& seen) { return seen.response.result(); }, "session", "(null)",
     "session"},
    {"off and on", "CrowdConfluence Off", "CrowdConfluence On", "CrowdConfluence Off",
     [](const Observation& seen) { return seen.response.result(); }, "(null)", "session", "(null)"},
    {"URL", "CrowdConfluenceURL ${CONFLUENCE}", "CrowdConfluenceURL ${CONFLUENCE}/a",
     "CrowdConfluenceURL ${CONFLUENCE}/b",
     [](const Observation& seen) { return seen.at_confluence.target; }, "/rest/api/user/current",
     "/a/rest/api/user/current", "/b/rest/api/user/current"},
    {"probe", "CrowdConfluenceProbe /rest/api/user/current?1 type=known user=username",
     "CrowdConfluenceProbe /rest/api/user/current?2 type=known",
     "CrowdConfluenceProbe /rest/api/user/current?3 user=username",
     [](const Observation& seen) { return seen.at_confluence.target; }, "/rest/api/user/current?1",
     "/rest/api/user/current?2", "/rest/api/user/current?3"},
    {"token cookie", "CrowdConfluenceTokenCookie crowd.token_key",
     "CrowdConfluenceTokenCookie another", "CrowdConfluenceTokenCookie crowd.token_key",
     [](const Observation& seen) { return seen.response.result(); }, "session", "missing",
     "session"},
    {"session cookies", "CrowdConfluenceSessionCookies JSESSIONID",
     "CrowdConfluenceSessionCookies JSESSIONID AWSALB",
     "CrowdConfluenceSessionCookies JSESSIONID AWSALB*",
     [](const Observation& seen) {
       return count(seen.at_app.cookie("AWSALB").size()) +
              count(seen.at_app.cookie("AWSALBCORS").size());
     },
     "00", "10", "11"},
    {"pass as", "CrowdConfluencePassAs header", "CrowdConfluencePassAs cookie",
     "CrowdConfluencePassAs cookie wiki_", where_passed, "X-Confluence-Cookie ", "Cookie ",
     "Cookie wiki_"},
    {"forwarded for", "CrowdConfluenceForwardedFor Off", "CrowdConfluenceForwardedFor On",
     "CrowdConfluenceForwardedFor Off",
     [](const Observation& seen) {
       return count(seen.at_confluence.header("X-Forwarded-For").size());
     },
     "0", "1", "0"},
    {"when missing", "CrowdConfluenceTokenCookie none\nCrowdConfluenceWhen missing 401",
     "CrowdConfluenceWhen missing pass", "CrowdConfluenceWhen missing 451",
     [](const Observation& seen) { return count(static_cast<std::size_t>(seen.response.status)); },
     "401", "200", "451"},
    {"protect cookie", "CrowdConfluenceProtectCookie Off", "CrowdConfluenceProtectCookie On",
     "CrowdConfluenceProtectCookie Off",
     [](const Observation& seen) { return seen.response.header("Set-Cookie"); },
     "crowd.token_key=from-app", "crowd.token_key=from-app; HttpOnly", "crowd.token_key=from-app"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(inheritance)

BOOST_AUTO_TEST_CASE(from_server_to_virtual_host_to_location) {
  for (const Setting& setting : kSettings) {
    atlassian::SimulatorOptions options = trusting_loopback();
    options.crowd.consistent_ip = false;
    options.confluence.sticky_cookie = "AWSALB";
    Stage stage({}, options);
    stage.httpd.log().allow("CCF0010: ");  // where the URL leads nowhere
    stage.app.respond_with(AppResponse{200, {"Set-Cookie: crowd.token_key=from-app"}, ""});
    stage.start("CrowdConfluence On\nCrowdConfluenceURL ${CONFLUENCE}\nProxyPass / ${APP}/\n" +
                setting.of_server + "\n<VirtualHost *:${PORT}>\nServerName server.test\n" +
                kUnrelated +
                "</VirtualHost>\n"
                "<VirtualHost *:${PORT}>\nServerName host.test\n" +
                setting.of_virtual_host + "\n<Location /inner/>\n" + setting.of_location +
                "\n</Location>\n" + kUnrelated + "</VirtualHost>\n");

    const auto observe = [&](const std::string& host, const std::string& path) {
      Observation seen;
      stage.app.forget();
      stage.simulator.forget_requests();
      seen.response = stage.get(path, {"Host: " + host, stage.cookie_line("alice")});
      const auto at_app = stage.app.requests();
      const auto at_confluence = stage.simulator.requests(atlassian::Server::kConfluence);
      if (!at_app.empty()) seen.at_app = at_app.back();
      if (!at_confluence.empty()) seen.at_confluence = at_confluence.back();
      return setting.observe(seen);
    };
    BOOST_TEST_CONTEXT(setting.name) {
      for (const std::string path : {"/inner/", "/inner/most/"})
        BOOST_TEST(observe("server.test", path) == setting.seen_in_server);
      BOOST_TEST(observe("host.test", "/") == setting.seen_in_virtual_host);
      for (const std::string path : {"/inner/", "/inner/most/"})
        BOOST_TEST(observe("host.test", path) == setting.seen_in_location);
    }
  }
}

BOOST_AUTO_TEST_CASE(one_setting_leaves_the_others_inherited) {
  Stage stage;
  stage.start(
      "CrowdConfluence On\nCrowdConfluenceURL ${CONFLUENCE}\nProxyPass / ${APP}/\n"
      "CrowdConfluencePassAs header Outer\nCrowdConfluenceWhen missing 401\n"
      "<Location /inner>\nCrowdConfluenceWhen rejected 403\n</Location>\n"
      "<Location /inner/most>\nCrowdConfluencePassAs cookie\n</Location>\n");
  const std::string nobody = "Cookie: crowd.token_key=nobodys-token-000000000000";

  BOOST_TEST(stage.get("/").status == 401);
  BOOST_TEST(stage.get("/", {nobody}).status == 200);
  BOOST_TEST(stage.get("/inner").status == 401);
  BOOST_TEST(stage.get("/inner", {nobody}).status == 403);
  BOOST_TEST(stage.get("/inner/most").status == 401);
  BOOST_TEST(stage.get("/inner/most", {nobody}).status == 403);
  stage.app.forget();

  BOOST_TEST(stage.get("/inner", {stage.cookie_line("alice")}).status == 200);
  BOOST_TEST(stage.seen_by_app().headers.values("Outer").size() == 1U);
  BOOST_TEST(stage.get("/inner/most", {stage.cookie_line("alice")}).status == 200);
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.headers.values("Outer").empty());
  BOOST_TEST(request.cookie("JSESSIONID").size() == 1U);
}

BOOST_AUTO_TEST_CASE(directories_files_and_conditions_are_sections_too) {
  Stage stage;
  stage.httpd.write("htdocs/plain/file.txt", "file");
  stage.httpd.write("htdocs/plain/secret.txt", "file");
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\n"
      "<Directory \"${ROOT}/htdocs/plain\">\nCrowdConfluence On\n"
      "<Files secret.txt>\nCrowdConfluenceWhen missing 401\n</Files>\n</Directory>\n"
      "<If \"%{QUERY_STRING} == 'strict'\">\nCrowdConfluenceWhen missing 451\n</If>\n");
  BOOST_TEST(stage.get("/plain/file.txt").result() == "missing");
  BOOST_TEST(stage.get("/plain/file.txt").status == 200);
  BOOST_TEST(stage.get("/plain/secret.txt").status == 401);
  BOOST_TEST(stage.get("/plain/file.txt?strict").status == 451);
  BOOST_TEST(stage.get("/plain/file.txt", {stage.cookie_line("alice")}).user() == "alice");
}

BOOST_AUTO_TEST_SUITE_END()
