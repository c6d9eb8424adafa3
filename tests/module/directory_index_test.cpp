// What mod_dir puts into the place of a directory: what holds for that counts, not what holds for
// the directory.

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "stage.h"

using namespace module_tests;

namespace {

HttpdOptions with_cgi() {
  HttpdOptions options;
  options.modules = {"cgi"};
  return options;
}

/// It answers with what it received, and sends its cookies back.
void write_script(const Stage& stage, const std::string& name) {
  const std::filesystem::path script =
      stage.httpd.write(name,
                        "#!/bin/sh\n"
                        "printf 'Content-Type: text/plain\\n'\n"
                        "case $HTTP_COOKIE in JSESSIONID*)"
                        " printf 'Set-Cookie: %s\\n' \"${HTTP_COOKIE%%;*}\";; esac\n"
                        "printf '\\ncookie: %s\\naddress: %s\\n' \"$HTTP_COOKIE\""
                        " \"$HTTP_X_FORWARDED_FOR\"\n");
  std::filesystem::permissions(script, std::filesystem::perms(0755));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(directory_index)

// The directory's settings held when the request passed the fixup.
BOOST_AUTO_TEST_CASE(an_index_follows_its_own_settings) {
  Stage stage(with_cgi());
  write_script(stage, "htdocs/on/index.cgi");
  write_script(stage, "htdocs/off/index.cgi");
  stage.httpd.write("htdocs/proxied/keep", "");
  stage.httpd.write("htdocs/fallback/keep", "");
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nAddHandler cgi-script .cgi\n"
      "<Directory \"${ROOT}/htdocs\">\nOptions +ExecCGI\nDirectoryIndex index.cgi\n</Directory>\n"
      "<Directory \"${ROOT}/htdocs/on\">\n<Files index.cgi>\nCrowdConfluence On\n"
      "CrowdConfluenceWhen missing 401\n</Files>\n</Directory>\n"
      "<Directory \"${ROOT}/htdocs/off\">\nCrowdConfluence On\n<Files index.cgi>\n"
      "CrowdConfluence Off\n</Files>\n</Directory>\n"
      "<Directory \"${ROOT}/htdocs/proxied\">\nDirectoryIndex /app/index\n</Directory>\n"
      "<Directory \"${ROOT}/htdocs/fallback\">\nFallbackResource /on/index.cgi\n</Directory>\n" +
      location("/app/", "CrowdConfluenceWhen missing 401"));
  const std::string alice = stage.cookie_line("alice");
  const std::vector<std::string> spoofed = {"Cookie: JSESSIONID=spoofed-by-the-browser; a=b",
                                            "X-Forwarded-For: 10.9.9.9"};

  for (const std::string path : {"/on/index.cgi", "/on/", "/fallback/page", "/proxied/"}) {
    BOOST_TEST_CONTEXT(path) {
      const Response refused = stage.get(path, spoofed);
      BOOST_TEST(refused.status == 401);
      BOOST_TEST(refused.result() == "missing");
      BOOST_TEST(refused.body.find("spoofed") == std::string::npos);
      BOOST_TEST(stage.app.requests().empty());
    }
  }
  for (const std::string path : {"/on/index.cgi", "/on/", "/fallback/page"}) {
    BOOST_TEST_CONTEXT(path) {
      const Response response = stage.get(path, {alice, spoofed[0], spoofed[1]});
      BOOST_TEST(response.status == 200);
      BOOST_TEST(response.user() == "alice");
      BOOST_TEST(response.body.find("cookie: crowd.token_key=") == std::string::npos);
      BOOST_TEST(response.body.find("cookie: JSESSIONID=") != std::string::npos);
      BOOST_TEST(response.body.find("spoofed") == std::string::npos);
      BOOST_TEST(response.body.find("address: 127.0.0.1\n") != std::string::npos);
      // The script repeats what it was given.
      BOOST_TEST(response.headers.values("Set-Cookie").empty());
    }
  }
  BOOST_TEST(stage.get("/proxied/", {alice}).user() == "alice");
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.target == "/app/index");
  BOOST_TEST(request.cookie("JSESSIONID").size() == 1U);
  BOOST_TEST(request.headers.values("X-Forwarded-For") == std::vector<std::string>{"127.0.0.1"},
             boost::test_tools::per_element());

  // Where the module is switched off, the browser still claims nothing.
  const Response off = stage.get("/off/", {alice, spoofed[0], spoofed[1]});
  BOOST_CHECK(off.body.find("cookie: " + alice.substr(8) + "; a=b\n") != std::string::npos);
  BOOST_TEST(off.body.find("address: 127.0.0.1\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_answer_is_scrubbed_by_the_settings_of_the_index) {
  Stage stage;
  stage.httpd.write("htdocs/dir/keep", "");
  stage.app.respond_with([](const AppRequest& request) {
    const std::string header = request.headers.value("X-Confluence-Cookie").value_or("");
    const std::size_t at = header.find("JSESSIONID=");
    const std::string session = at == std::string::npos ? "none" : header.substr(at);
    return AppResponse{200,
                       {"Set-Cookie: " + session.substr(0, session.find(';')),
                        "X-Confluence-Cookie: " + header, "X-Crowd-Confluence: expired"},
                       "x"};
  });
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluence On\n"
      "<Directory \"${ROOT}/htdocs/dir\">\nDirectoryIndex /app/index\n</Directory>\n" +
      location("/app/", "CrowdConfluencePassAs header"));
  const std::string alice = stage.cookie_line("alice");
  const Response response = stage.get("/dir/", {alice});
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.headers.values("Set-Cookie").empty());
  BOOST_TEST(response.headers.values("X-Confluence-Cookie").empty());
  BOOST_TEST(response.headers.values("X-Crowd-Confluence").empty());
  BOOST_TEST(stage.exchanges() == 1U);
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.cookie("JSESSIONID").empty());
  BOOST_TEST(request.headers.values("X-Confluence-Cookie").size() == 1U);
  // The app has said that the session is over.
  BOOST_TEST(stage.get("/dir/", {alice}).source() == "exchange");
}

BOOST_AUTO_TEST_SUITE_END()
