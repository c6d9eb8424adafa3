// What a request's variables tell other modules, and that a browser cannot.

#include <boost/test/unit_test.hpp>

#include "read_file.h"
#include "stage.h"
#include "wait.h"

using namespace module_tests;

namespace {

constexpr const char* kHeaders =
    "RequestHeader set X-Remote-User \"expr=%{reqenv:CROWD_CONFLUENCE_USER}\"\n"
    "RequestHeader set X-Result \"expr=%{reqenv:CROWD_CONFLUENCE_RESULT}\"\n"
    "RequestHeader set X-Source \"expr=%{reqenv:CROWD_CONFLUENCE_SOURCE}\"\n"
    "RequestHeader set X-Reason \"expr=%{reqenv:CROWD_CONFLUENCE_REASON}\"\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(environment)

BOOST_AUTO_TEST_CASE(mod_headers_hands_the_user_to_the_app) {
  Stage stage;
  stage.start_with(kHeaders);
  BOOST_TEST(stage.get("/", {stage.cookie_line("alice"), "X-Remote-User: mallory"}).status == 200);
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.headers.values("X-Remote-User") == std::vector<std::string>{"alice"},
             boost::test_tools::per_element());
  BOOST_TEST(request.headers.value("X-Result").value_or("") == "session");
  BOOST_TEST(request.headers.value("X-Source").value_or("") == "exchange");
  BOOST_TEST(request.headers.value("X-Reason").value_or("") == "known");
}

// As docs/directives.md recommends it: to apps that read headers as CGI does, a name with "-" has a
// second spelling, which mod_headers does not replace.
BOOST_AUTO_TEST_CASE(a_header_named_in_letters_only_is_the_modules_alone) {
  Stage stage;
  stage.start_with("RequestHeader set Confluenceuser \"expr=%{reqenv:CROWD_CONFLUENCE_USER}\"");
  const std::string alice = stage.cookie_line("alice");
  for (const std::vector<std::string>& login : {std::vector{alice}, std::vector<std::string>{}}) {
    std::vector<std::string> headers = login;
    for (const char* name : {"Confluenceuser", "confluenceuser", "CONFLUENCEUSER"})
      headers.push_back(name + std::string(": mallory"));
    stage.get("/", headers);
    const AppRequest request = stage.seen_by_app();
    BOOST_TEST(request.headers.value("Confluenceuser").value_or("") ==
               (login.empty() ? "" : "alice"));
    for (const auto& [name, value] : request.headers.lines)
      BOOST_TEST(value.find("mallory") == std::string::npos, name);
  }
}

BOOST_AUTO_TEST_CASE(without_a_session_there_is_no_user_whatever_the_browser_sends) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/on/", kHeaders) +
              "<Location /off/>\n" + kHeaders + "ProxyPass ${APP}/off/\n</Location>\n");
  const std::vector<std::vector<std::string>> claims = {
      {"CROWD_CONFLUENCE_USER: mallory", "CROWD_CONFLUENCE_RESULT: session"},
      {"Crowd-Confluence-User: mallory", "Crowd-Confluence-Result: session"},
      {"REDIRECT_CROWD_CONFLUENCE_USER: mallory"},
      {"Cookie: CROWD_CONFLUENCE_USER=mallory; crowd.token_key=nobodys-token-000000000000"},
  };
  for (const auto& headers : claims) {
    for (const std::string path : {"/on/", "/off/"}) {
      BOOST_TEST_CONTEXT(path << ", " << headers.front()) {
        stage.get(path, headers);
        const AppRequest request = stage.seen_by_app();
        BOOST_TEST(request.headers.value("X-Remote-User").value_or("") == "");
        BOOST_TEST(request.headers.value("X-Result").value_or("") != "session");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(logs_can_tell) {
  Stage stage;
  stage.start(
      "LogFormat \"%U %{CROWD_CONFLUENCE_RESULT}e %{CROWD_CONFLUENCE_SOURCE}e "
      "%{CROWD_CONFLUENCE_USER}e %{CROWD_CONFLUENCE_REASON}e\" variables\n"
      "CustomLog \"${ROOT}/logs/variables.log\" variables\n"
      "CrowdConfluenceURL ${CONFLUENCE}\nProxyPass /off/ ${APP}/off/\n" +
      location("/on/"));
  stage.get("/on/1", {stage.cookie_line("bob")});
  stage.get("/on/2", {"Cookie: crowd.token_key=nobodys-token-000000000000"});
  stage.get("/on/3");
  stage.get("/off/4", {stage.cookie_line("bob")});
  const auto log = [&] { return read_file(stage.httpd.root() / "logs/variables.log"); };
  BOOST_TEST(wait_until([&] { return log().find("/off/4") != std::string::npos; }));
  BOOST_TEST(log().find("/on/1 session exchange bob known\n") != std::string::npos);
  BOOST_TEST(log().find("/on/2 rejected exchange - anonymous\n") != std::string::npos);
  BOOST_TEST(log().find("/on/3 missing - - no-cookie\n") != std::string::npos);
  BOOST_TEST(log().find("/off/4 - - - -\n") != std::string::npos, log());
}

BOOST_AUTO_TEST_CASE(a_connection_carries_nothing_from_one_request_to_the_next) {
  Stage stage;
  stage.start_with(kHeaders);
  Client client = stage.client();
  BOOST_TEST(client.get("/", {stage.cookie_line("alice")}).user() == "alice");
  stage.app.forget();
  const Response response = client.get("/");
  BOOST_TEST(response.result() == "missing");
  BOOST_TEST(response.user() == "(null)");
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.cookies().empty());
  BOOST_TEST(request.headers.value("X-Remote-User").value_or("") == "");
}

BOOST_AUTO_TEST_SUITE_END()
