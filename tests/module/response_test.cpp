// What comes back: nothing of Confluence's to the browser, and the SSO cookie protected.

#include <boost/test/unit_test.hpp>

#include "stage.h"
#include "support/certificates.h"

using namespace module_tests;

namespace {

bool mentions(const Response& response, const std::string& text) {
  for (const auto& [name, value] : response.headers.lines)
    if (value.find(text) != std::string::npos) return true;
  return response.body.find(text) != std::string::npos;
}

std::vector<std::string> session_values(const AppRequest& request) {
  std::vector<std::string> result;
  for (const auto& [header, text] : request.headers.lines)
    for (const auto& [name, value] : parse_cookies(text))
      if (name.find("JSESSIONID") != std::string::npos) result.push_back(value);
  return result;
}

/// An app that hands back, in its headers, all that it received.
AppResponse echo_everything(const AppRequest& request) {
  AppResponse response{200, {"Set-Cookie: theme=dark; Path=/"}, "echo"};
  for (const auto& [name, value] : request.cookies())
    response.headers.push_back("Set-Cookie: " + name + "=" + value + "; Path=/");
  for (const std::string name : {"X-Confluence-Cookie", "Wiki-Session"}) {
    for (const std::string& header : request.headers.values(name)) {
      response.headers.push_back(name + ": " + header);
      for (const auto& [cookie, value] : parse_cookies(header))
        response.headers.push_back("Set-Cookie: " + cookie + "=" + value);
    }
  }
  // Under another name, too.
  for (const std::string& value : session_values(request))
    response.headers.push_back("Set-Cookie: remembered=" + value);
  return response;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(response)

BOOST_AUTO_TEST_CASE(what_confluence_gave_does_not_reach_the_browser) {
  for (const std::string pass_as : {"cookie", "cookie wiki_", "header", "header Wiki-Session"}) {
    for (const unsigned status : {200U, 302U, 404U, 500U}) {
      BOOST_TEST_CONTEXT(pass_as << ", " << status) {
        Stage stage;
        stage.httpd.log().allow("CCF0020: ");
        stage.app.respond_with([status](const AppRequest& request) {
          AppResponse answer = echo_everything(request);
          answer.status = status;
          return answer;
        });
        stage.start_with("CrowdConfluencePassAs " + pass_as);
        const Response answer = stage.get("/", {stage.cookie_line("alice")});
        BOOST_TEST(answer.status == status);
        const std::vector<std::string> given = session_values(stage.seen_by_app());
        BOOST_TEST(given.size() == 1U);
        for (const std::string& value : given) {
          stage.keep_secret(value);
          BOOST_CHECK(!mentions(answer, value));
        }
        BOOST_TEST(answer.headers.values("X-Confluence-Cookie").empty());
        BOOST_TEST(answer.headers.values("Wiki-Session").empty());
        // The rest does.
        BOOST_TEST(mentions(answer, "theme=dark; Path=/"));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(nor_in_a_header_spelt_as_cgi_may_spell_it) {
  const std::vector<std::string> spellings = {"X_Confluence_Cookie", "X-Confluence_Cookie",
                                              "x-confluence-cookie", "X_Confluence_Cookie",
                                              "X_CONFLUENCE_COOKIE"};
  const std::vector<std::string> ours = {"X_Crowd_Confluence", "X-Crowd_Confluence"};
  Stage stage;
  stage.app.respond_with([&](const AppRequest& request) {
    AppResponse response;
    const std::string session = request.headers.value("X-Confluence-Cookie").value();
    response.headers = {"X-Before: 1"};
    for (const std::string& name : spellings) response.headers.push_back(name + ": " + session);
    for (const std::string& name : ours) response.headers.push_back(name + ": fine");
    response.headers.push_back("X-Behind: 1");
    return response;
  });
  stage.start_with("CrowdConfluencePassAs header");
  const Response answer = stage.get("/", {stage.cookie_line("alice")});
  const std::vector<std::string> given = session_values(stage.seen_by_app());
  BOOST_REQUIRE_EQUAL(given.size(), 1U);
  BOOST_CHECK(!mentions(answer, given.front()));
  for (const std::string& name : spellings) BOOST_TEST(answer.headers.values(name).empty(), name);
  for (const std::string& name : ours) BOOST_TEST(answer.headers.values(name).empty(), name);
  BOOST_TEST(answer.headers.values("X-Before").size() == 1U);
  BOOST_TEST(answer.headers.values("X-Behind").size() == 1U);
}

BOOST_AUTO_TEST_CASE(nor_in_a_cookie_that_is_none_by_the_rules) {
  const std::vector<std::pair<std::string, std::string>> around = {
      {"JSESSIONID=", " x; Path=/"},
      {"=", ""},
      {"", ""},
      {"", "; Path=/"},
      {"remembered=was-", "-then"},
      {"a b=", "; Path=/"},
      {"theme=\"", ""},
      {"theme=dark; Comment=", ""},
      {"\"JSESSIONID\"=", ""},
      {"theme=dark; Path=/, =", ""},
      {"theme=dark, JSESSIONID=", " x"},
      {"crowd.token_key=", "; Path=/"},
  };
  for (const std::string pass_as : {"cookie", "header"}) {
    Stage stage;
    stage.httpd.log().allow("CCF0020: ");
    std::string session;
    std::size_t next = 0;
    stage.app.respond_with([&](const AppRequest& request) {
      session = session_values(request).at(0);
      const auto& [before, behind] = around.at(next++);
      return AppResponse{200,
                         {"Set-Cookie: before=1", "Set-Cookie: " + before + session + behind,
                          "Set-Cookie: behind=a b; Path=/"},
                         ""};
    });
    stage.start_with("CrowdConfluencePassAs " + pass_as);
    const std::string alice = stage.cookie_line("alice");
    for (const auto& [before, behind] : around) {
      BOOST_TEST_CONTEXT(pass_as << ", " << before << "SESSION" << behind) {
        const Response answer = stage.get("/", {alice});
        BOOST_REQUIRE(!session.empty());
        BOOST_CHECK(!mentions(answer, session));
        // What is malformed and nobody's secret is left as it is.
        BOOST_TEST(mentions(answer, "before=1"));
        BOOST_TEST(mentions(answer, "behind=a b; Path=/"));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_browsers_own_token_is_no_secret_to_it) {
  Stage stage;
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\n"
      "CrowdConfluenceTokenCookie another\n"
      "CrowdConfluenceSessionCookies JSESSIONID crowd.token_key\n" +
      location("/", "CrowdConfluenceTokenCookie crowd.token_key"));
  const std::string alice = stage.cookie_line("alice");
  const std::string token = alice.substr(alice.find('=') + 1);
  stage.app.respond_with(
      AppResponse{200, {"Set-Cookie: crowd.token_key=" + token + "; Path=/"}, ""});
  BOOST_CHECK(stage.get("/", {alice}).header("Set-Cookie") ==
              "crowd.token_key=" + token + "; Path=/; HttpOnly");
}

BOOST_AUTO_TEST_CASE(the_cookie_clash_is_told_once_with_its_remedy) {
  Stage stage;
  stage.app.respond_with(AppResponse{
      200,
      {"Set-Cookie: JSESSIONID=a-session-of-the-apps-own; Path=/", "Set-Cookie: other=1"},
      ""});
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/clash/") +
              location("/apart/", "CrowdConfluencePassAs cookie wiki_") +
              location("/header/", "CrowdConfluencePassAs header"));
  stage.httpd.log().expect("warn.*CCF0020: .*JSESSIONID.*CrowdConfluencePassAs");
  const std::string alice = stage.cookie_line("alice");
  stage.keep_secret("a-session-of-the-apps-own");

  for (const std::string path : {"/apart/", "/header/"})
    BOOST_TEST(stage.get(path, {alice}).headers.values("Set-Cookie").size() == 2U);
  BOOST_TEST(stage.httpd.log().count("CCF0020: ") == 0U);

  for (int i = 0; i < 5; ++i) stage.get("/clash/", {alice});
  BOOST_TEST(stage.httpd.log().wait_for("CCF0020: "));
  BOOST_TEST(stage.httpd.log().count("CCF0020: ") == 1U);
}

BOOST_AUTO_TEST_CASE(the_sso_cookie_is_protected) {
  Stage stage;
  stage.app.respond_with(AppResponse{
      200,
      {"Set-Cookie: crowd.token_key=new-token; Path=/",
       "Set-Cookie: crowd.token_key=new-token; HttpOnly; Path=/", "Set-Cookie: other=1; Path=/"},
      ""});
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/on/") +
              location("/off/", "CrowdConfluenceProtectCookie Off"));
  const std::vector<std::string> on = {"crowd.token_key=new-token; Path=/; HttpOnly",
                                       "crowd.token_key=new-token; HttpOnly; Path=/",
                                       "other=1; Path=/"};
  const std::vector<std::string> off = {"crowd.token_key=new-token; Path=/",
                                        "crowd.token_key=new-token; HttpOnly; Path=/",
                                        "other=1; Path=/"};
  BOOST_TEST(stage.get("/on/").headers.values("Set-Cookie") == on,
             boost::test_tools::per_element());
  BOOST_TEST(stage.get("/off/").headers.values("Set-Cookie") == off,
             boost::test_tools::per_element());
}

// For a browser, which knows no folded lines, what stands behind a comma belongs to the attribute.
BOOST_AUTO_TEST_CASE(a_comma_takes_no_protection_away) {
  Stage stage;
  stage.start_with();
  for (const std::string line :
       {"crowd.token_key=t1; Path=/, b=c", "crowd.token_key=t1, b=c",
        "crowd.token_key=t1; HttpOnly, b=c",
        "crowd.token_key=t1; Path=/; Expires=Thu, 01 Jan 2099 00:00:00 GMT, b=c"}) {
    BOOST_TEST_CONTEXT(line) {
      stage.app.respond_with(AppResponse{200, {"Set-Cookie: " + line}, ""});
      const std::string seen = stage.get("/").header("Set-Cookie");
      BOOST_TEST(seen.starts_with("crowd.token_key=t1; HttpOnly;"), seen);
      BOOST_TEST(seen.find("b=c") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(over_https_it_is_secure_too) {
  const test_support::CertificateAuthority authority;
  const test_support::Certificate certificate = authority.issue({"test", {"localhost"}});
  HttpdOptions options;
  options.modules = {"socache_shmcb", "ssl"};
  Stage stage(options);
  stage.httpd.write("server.pem", certificate.certificate);
  stage.httpd.write("server.key", certificate.private_key);
  stage.app.respond_with(AppResponse{200, {"Set-Cookie: crowd.token_key=new-token; Path=/"}, ""});
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nSSLSessionCache shmcb:${ROOT}/run/ssl(512000)\nListen "
      "127.0.0.1:${PORT2} https\n"
      "<VirtualHost *:${PORT2}>\nServerName localhost\nSSLEngine On\n"
      "SSLCertificateFile \"${ROOT}/server.pem\"\nSSLCertificateKeyFile \"${ROOT}/server.key\"\n"
      "</VirtualHost>\n" +
      location("/on/") + location("/off/", "CrowdConfluenceProtectCookie Off"));
  Client client(stage.httpd.port2(), "127.0.0.1", Client::Protocol::https);
  BOOST_TEST(client.get("/on/").header("Set-Cookie") ==
             "crowd.token_key=new-token; Path=/; HttpOnly; Secure");
  BOOST_TEST(client.get("/off/").header("Set-Cookie") == "crowd.token_key=new-token; Path=/");
  BOOST_TEST(stage.get("/on/").header("Set-Cookie") ==
             "crowd.token_key=new-token; Path=/; HttpOnly");
}

BOOST_AUTO_TEST_CASE(cookies_of_error_pages_and_removals_are_treated_alike) {
  Stage stage;
  stage.start_with();
  stage.app.respond_with(AppResponse{404, {"Set-Cookie: crowd.token_key=new-token"}, ""});
  BOOST_TEST(stage.get("/").header("Set-Cookie") == "crowd.token_key=new-token; HttpOnly");
  const std::string removal = "crowd.token_key=\"\"; Max-Age=0; Path=/";
  stage.app.respond_with(AppResponse{200, {"Set-Cookie: " + removal}, ""});
  BOOST_TEST(stage.get("/").header("Set-Cookie") == removal);
}

BOOST_AUTO_TEST_SUITE_END()
