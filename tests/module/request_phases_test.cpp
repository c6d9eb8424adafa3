// When in a request's life Confluence is asked: once, after authentication, and for the user's own
// request only.

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "stage.h"

using namespace module_tests;

namespace {

// alice:correct-horse, of `htpasswd -s`.
constexpr const char* kPasswords = "alice:{SHA}NstYn3QVe0WBGmkMWLQ0CV9I6fo=\n";

/// The app's two requests of one request of the browser.
std::pair<AppRequest, AppRequest> both(Stage& stage) {
  const std::vector<AppRequest> requests = stage.app.requests();
  BOOST_REQUIRE_EQUAL(requests.size(), 2U);
  return {requests[0], requests[1]};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(request_phases)

BOOST_AUTO_TEST_CASE(authentication_comes_first) {
  Stage stage;
  stage.httpd.write("passwords", kPasswords);
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" +
              location("/basic/",
                       "AuthType Basic\nAuthName test\nAuthUserFile \"${ROOT}/passwords\"\n"
                       "Require valid-user") +
              location("/closed/", "Require ip 10.1.1.1") +
              location("/denied/", "Require all denied"));
  stage.httpd.log().expect("AH01630: client denied");
  const std::string alice = stage.cookie_line("alice");

  BOOST_TEST(stage.get("/basic/", {alice}).status == 401);
  BOOST_TEST(stage.get("/closed/", {alice}).status == 403);
  BOOST_TEST(stage.get("/denied/", {alice}).status == 403);
  BOOST_TEST(stage.exchanges() == 0U);
  BOOST_TEST(stage.app.requests().empty());

  const std::string password = "YWxpY2U6Y29ycmVjdC1ob3JzZQ==";
  stage.keep_secret(password);
  stage.keep_secret("correct-horse");
  const Response response = stage.get("/basic/", {alice, "Authorization: Basic " + password});
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.user() == "alice");
  BOOST_TEST(stage.exchanges() == 1U);
}

BOOST_AUTO_TEST_CASE(an_error_document_is_the_same_request) {
  Stage stage;
  stage.app.respond_with([](const AppRequest& request) {
    return AppResponse{request.target == "/app/broken" ? 500U : 200U, {}, request.target};
  });
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nErrorDocument 500 /error/page\nProxyErrorOverride On\n" +
      location("/app/") + location("/error/"));

  const Response response = stage.get("/app/broken", {stage.cookie_line("alice")});

  BOOST_TEST(response.status == 500);
  BOOST_TEST(response.body == "/error/page");
  BOOST_TEST(stage.exchanges() == 1U);
  const auto [first, second] = both(stage);
  BOOST_REQUIRE_EQUAL(first.cookie("JSESSIONID").size(), 1U);
  BOOST_CHECK(first.cookies() == second.cookies());
  BOOST_TEST(second.headers.values("X-Forwarded-For") == std::vector<std::string>{"127.0.0.1"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_goes_along_to_where_the_module_is_off) {
  const std::string error_page =
      "<Location /error/>\nCrowdConfluence Off\nProxyPass ${APP}/error/\n</Location>\n";
  for (const std::string pass_as : {"cookie", "cookie wiki_", "header", "header Wiki-Session"}) {
    BOOST_TEST_CONTEXT(pass_as) {
      Stage stage;
      stage.app.respond_with([](const AppRequest& request) {
        return AppResponse{request.target == "/app/broken" ? 500U : 200U, {}, request.target};
      });
      stage.start(
          "CrowdConfluenceURL ${CONFLUENCE}\nErrorDocument 500 /error/page\nProxyErrorOverride On\n"
          "CrowdConfluencePassAs " +
          pass_as + "\n" + location("/app/") + error_page);

      const std::string alice = stage.cookie_line("alice");
      const std::string cookies = alice + "; theme=dark";
      BOOST_TEST(stage.get("/app/broken", {cookies}).body == "/error/page");

      const auto [first, second] = both(stage);
      bool passed_on = false;
      for (const auto& [name, value] : first.headers.lines)
        passed_on = passed_on || value.find("JSESSIONID=") != std::string::npos;
      BOOST_TEST(passed_on);
      for (const auto& [name, value] : second.headers.lines)
        BOOST_TEST(value.find("JSESSIONID") == std::string::npos,
                   "a session went along in " << name);
      BOOST_CHECK(("Cookie: " + second.headers.value("Cookie").value_or("")) == cookies);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_goes_where_another_configuration_holds_follows_that) {
  Stage stage;
  stage.app.respond_with([](const AppRequest& request) {
    return AppResponse{request.target == "/app/broken" ? 500U : 200U, {}, request.target};
  });
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nErrorDocument 500 /error/page\nProxyErrorOverride On\n" +
      location("/app/") + location("/error/", "CrowdConfluencePassAs header"));
  BOOST_TEST(stage.get("/app/broken", {stage.cookie_line("alice")}).body == "/error/page");
  const auto [first, second] = both(stage);
  BOOST_TEST(first.cookie("JSESSIONID").size() == 1U);
  BOOST_TEST(second.cookie("JSESSIONID").empty());
  BOOST_REQUIRE_EQUAL(second.headers.values("X-Confluence-Cookie").size(), 1U);
  BOOST_TEST(second.headers.value("X-Confluence-Cookie")->find("JSESSIONID=") != std::string::npos);
}

// What a script is told must not come from two requests: whoever believes the variables would take
// the browser's cookies for the session of that user.
BOOST_AUTO_TEST_CASE(variables_of_a_session_go_no_further_than_the_session) {
  HttpdOptions options;
  options.modules = {"cgi", "actions"};
  Stage stage(options);
  const auto write_script = [&](const std::string& name) {
    std::filesystem::permissions(
        stage.httpd.write(name, "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nenv\n"),
        std::filesystem::perms(0755));
  };
  write_script("cgi/handler");
  write_script("htdocs/index/index.cgi");
  write_script("htdocs/within/handler.cgi");
  for (const std::string name : {"action", "within", "index", "fallback", "rewritten"})
    stage.httpd.write("htdocs/" + name + "/page.acted", "");
  stage.app.respond_with(AppResponse{500, {}, ""});
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nScriptAlias /cgi/ \"${ROOT}/cgi/\"\n"
      "<Directory \"${ROOT}/cgi\">\nRequire all granted\n</Directory>\n"
      "AddHandler cgi-script .cgi\nAddHandler acted .acted\n"
      "<Directory \"${ROOT}/htdocs\">\nOptions +ExecCGI +FollowSymLinks\n</Directory>\n"
      "<Directory \"${ROOT}/htdocs/action\">\nCrowdConfluence On\nAction acted /cgi/handler\n"
      "</Directory>\n"
      "<Directory \"${ROOT}/htdocs/index\">\nCrowdConfluence On\nDirectoryIndex index.cgi\n"
      "<Files index.cgi>\nCrowdConfluence Off\n</Files>\n</Directory>\n"
      "<Directory \"${ROOT}/htdocs/fallback\">\nCrowdConfluence On\n"
      "FallbackResource /cgi/handler\n</Directory>\n"
      "<Directory \"${ROOT}/htdocs/rewritten\">\nCrowdConfluence On\nRewriteEngine On\n"
      "RewriteRule . /cgi/handler\n</Directory>\n"
      "<Directory \"${ROOT}/htdocs/within\">\nCrowdConfluence On\n"
      "Action acted /within/handler.cgi\n</Directory>\n"
      "ProxyErrorOverride On\nErrorDocument 500 /cgi/handler\n" +
      location("/app/"));
  const std::string cookies = stage.cookie_line("alice") + "; JSESSIONID=the-browsers";

  for (const std::string path : {"/action/page.acted", "/index/", "/fallback/none",
                                 "/rewritten/page.acted", "/app/broken"}) {
    BOOST_TEST_CONTEXT(path) {
      const Response response = stage.get(path, {cookies});
      BOOST_TEST(response.body.find("HTTP_COOKIE=") != std::string::npos);
      BOOST_TEST(response.body.find("alice") == std::string::npos);
      BOOST_TEST(response.body.find("CROWD_CONFLUENCE_") == std::string::npos);
    }
  }
  // Where the session goes along, so do they; and a refusal claims nothing.
  const Response within = stage.get("/within/page.acted", {cookies});
  BOOST_TEST(within.body.find("\nCROWD_CONFLUENCE_USER=alice\n") != std::string::npos);
  BOOST_TEST(within.body.find("REDIRECT_CROWD_CONFLUENCE_USER=alice\n") != std::string::npos);
  BOOST_TEST(within.body.find("the-browsers") == std::string::npos);
  const Response missing = stage.get("/action/page.acted");
  BOOST_TEST(missing.body.find("REDIRECT_CROWD_CONFLUENCE_RESULT=missing\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_directory_index_is_the_same_request) {
  Stage stage;
  stage.httpd.write("htdocs/static/index.html", "static");
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluence On\nProxyPass /app/ ${APP}/app/\n"
      "<Directory \"${ROOT}/htdocs/static\">\nDirectoryIndex missing.html "
      "index.html\n</Directory>\n"
      "<Directory \"${ROOT}/htdocs/proxied\">\nDirectoryIndex /app/index\n</Directory>\n");
  stage.httpd.write("htdocs/proxied/keep", "");

  const Response index = stage.get("/static/", {stage.cookie_line("alice")});
  BOOST_TEST(index.body == "static");
  BOOST_TEST(index.user() == "alice");
  BOOST_TEST(stage.exchanges() == 1U);

  BOOST_TEST(stage.get("/proxied/", {stage.cookie_line("alice")}).status == 200);
  BOOST_TEST(stage.exchanges() == 1U);
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.target == "/app/index");
  BOOST_TEST(request.cookie("JSESSIONID").size() == 1U);
  BOOST_TEST(request.headers.values("X-Forwarded-For") == std::vector<std::string>{"127.0.0.1"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_rewritten_request_is_the_same_request) {
  Stage stage;
  stage.httpd.write("htdocs/keep", "");
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluence On\nProxyPass /app/ ${APP}/app/\n"
      "<Directory \"${ROOT}/htdocs\">\nRewriteEngine On\n"
      "RewriteRule ^within$ /app/within\n"
      "RewriteRule ^twice$ once\nRewriteRule ^once$ /app/twice [END]\n"
      "RewriteRule ^direct/(.*)$ ${APP}/direct/$1 [P]\n</Directory>\n");
  for (const auto& [path, target] : {std::pair("/within", "/app/within"),
                                     {"/twice", "/app/twice"},
                                     {"/direct/x", "/direct/x"}}) {
    BOOST_TEST_CONTEXT(path) {
      BOOST_TEST(stage.get(path, {stage.cookie_line("alice")}).status == 200);
      BOOST_TEST(stage.exchanges() == 1U);
      const AppRequest request = stage.seen_by_app();
      BOOST_TEST(request.target == target);
      BOOST_REQUIRE_EQUAL(request.cookie("JSESSIONID").size(), 1U);
      BOOST_TEST(stage.owner_of(request.cookie("JSESSIONID").front()) == "alice");
      BOOST_TEST(request.headers.values("X-Forwarded-For").size() == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(sub_requests_ask_nothing) {
  Stage stage;
  stage.httpd.write("htdocs/ssi/page.shtml",
                    "<!--#include virtual=\"a.html\" --><!--#include virtual=\"b.html\" -->"
                    "<!--#include virtual=\"/app/part\" -->"
                    "<!--#echo var=\"CROWD_CONFLUENCE_USER\" -->");
  stage.httpd.write("htdocs/ssi/a.html", "A");
  stage.httpd.write("htdocs/ssi/b.html", "B");
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluence On\nProxyPass /app/ ${APP}/app/\n"
      "AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml\n"
      "<Directory \"${ROOT}/htdocs/ssi\">\nOptions +Includes\n</Directory>\n");
  stage.app.respond_with(AppResponse{200, {}, "C"});
  const Response response = stage.get("/ssi/page.shtml", {stage.cookie_line("alice")});
  BOOST_TEST(response.body == "ABCalice");
  BOOST_TEST(stage.exchanges() == 1U);
  const AppRequest part = stage.seen_by_app();
  BOOST_TEST(part.cookie("JSESSIONID").size() <= 1U);
}

// What cannot be told is not remembered: were it asked for again, Confluence would see it.
BOOST_AUTO_TEST_CASE(a_failure_is_not_asked_about_again) {
  Stage stage;
  stage.httpd.log().expect("CCF0010: ");
  stage.app.respond_with([](const AppRequest& request) {
    return AppResponse{request.target == "/app/broken" ? 500U : 200U, {}, request.target};
  });
  stage.httpd.write("htdocs/ssi/page.shtml",
                    "<!--#include virtual=\"a.html\" --><!--#include virtual=\"a.html\" -->");
  stage.httpd.write("htdocs/ssi/a.html", "A");
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluence On\nProxyPass /app/ ${APP}/app/\n"
      "ErrorDocument 500 /app/error\nProxyErrorOverride On\n"
      "AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml\nRewriteEngine On\n"
      "<Directory \"${ROOT}/htdocs\">\nOptions +Includes\nDirectoryIndex page.shtml\n"
      "RewriteEngine On\nRewriteRule ^old$ /app/new\n</Directory>\n");
  stage.simulator.configure_confluence(
      [](auto& it) { it.maintenance = atlassian::Maintenance::kErrorPage; });
  for (const std::string path : {"/ssi/page.shtml", "/ssi/", "/app/broken", "/old"}) {
    BOOST_TEST_CONTEXT(path) {
      stage.simulator.reset_counters();
      const Response response = stage.get(path, {stage.cookie_line("alice")});
      BOOST_TEST(response.result() == "unavailable");
      BOOST_TEST(stage.simulator.counters().confluence_requests == 1U);
      BOOST_TEST(stage.httpd.log().count("CCF0010: .*redirect") > 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(static_files_and_other_handlers_get_variables_too) {
  Stage stage;
  stage.httpd.write("htdocs/file.txt", "file");
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluence On\n");
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/file.txt", {alice}).user() == "alice");
  BOOST_TEST(stage.get("/none.txt", {alice}).status == 404);
  BOOST_TEST(stage.client().send({"HEAD", "/file.txt", {alice}, {}}).user() == "alice");
}

BOOST_AUTO_TEST_SUITE_END()
