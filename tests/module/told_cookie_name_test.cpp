// CrowdConfluenceTokenCookie auto: Crowd tells the SSO cookie's name.

#include <boost/test/unit_test.hpp>
#include <string>

#include "stage.h"
#include "wait.h"

using namespace module_tests;

namespace {

const std::string kConfiguration =
    "LogLevel crowd_confluence:info\nCrowdConfluenceURL ${CONFLUENCE}\n"
    "CrowdConfluenceCrowdURL ${CROWD} timeout=2\n"
    "CrowdConfluenceCrowdApplication confluence file:crowd.password\n"
    "CrowdConfluenceTokenCookie auto\n";

void write_password(Stage& stage, const std::string& password) {
  stage.httpd.write("crowd.password", password + "\n");
  stage.keep_secret(password);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(told_cookie_name)

BOOST_AUTO_TEST_CASE(all_children_use_the_name_that_crowd_tells) {
  HttpdOptions several;
  several.mpm = Mpm::prefork;
  several.children = 4;
  atlassian::SimulatorOptions options = trusting_loopback();
  options.crowd.cookie_name = "crowd.p.token_key";
  Stage stage(several, options);
  stage.httpd.log().expect("CCF0038: ");
  write_password(stage, stage.simulator.crowd_options().application_password);
  stage.start(kConfiguration + location("/"));
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(alice.starts_with("Cookie: crowd.p.token_key="));
  BOOST_TEST(wait_until([&] { return stage.get("/", {alice}).user() == "alice"; }));
  for (int i = 0; i < 12; ++i) BOOST_TEST(stage.get("/", {alice}).user() == "alice");
  // The name that was the default is just a cookie of the app's own now.
  stage.app.forget();
  BOOST_TEST(stage.get("/", {alice, "Cookie: other.token_key=mine"}).user() == "alice");
  BOOST_TEST(stage.httpd.log().count("CCF0038: .*'crowd.p.token_key'") == 1U);
}

BOOST_AUTO_TEST_CASE(until_crowd_tells_it_is_the_usual_name) {
  Stage stage;
  write_password(stage, "a wrong password");
  stage.start(kConfiguration + location("/"));
  stage.httpd.log().expect("CCF0037: .*bad-credentials.*'crowd.token_key'");
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
  BOOST_TEST(wait_until([&] { return stage.httpd.log().count("CCF0037: ") == 1U; }));
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
}

BOOST_AUTO_TEST_CASE(a_hanging_crowd_delays_nobody) {
  Stage stage;
  write_password(stage, stage.simulator.crowd_options().application_password);
  stage.simulator.misbehave(atlassian::Server::kCrowd, atlassian::Fault::hang());
  stage.start(kConfiguration + location("/"));
  stage.httpd.log().expect("CCF0037: .*timeout");
  BOOST_TEST(stage.get("/").result() == "missing");
  BOOST_TEST(wait_until([&] { return stage.httpd.log().count("CCF0037: ") == 1U; }));
}

BOOST_AUTO_TEST_CASE(how_to_ask_must_be_said) {
  HttpdServer httpd;
  for (const std::string lacking :
       {"", "CrowdConfluenceCrowdURL http://127.0.0.1:1/crowd",
        "CrowdConfluenceCrowdApplication confluence exec:/bin/hostname"}) {
    const std::string said = httpd
                                 .start_refused(
                                     "CrowdConfluenceURL http://127.0.0.1:1\n"
                                     "CrowdConfluenceTokenCookie auto\n" +
                                     lacking + "\n")
                                 .value_or("");
    BOOST_TEST(said.find("CCF0009: 'CrowdConfluenceTokenCookie auto' in ") != std::string::npos,
               said);
  }
}

BOOST_AUTO_TEST_SUITE_END()
