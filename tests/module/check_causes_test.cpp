// Each cause for which single sign-on fails, set up and then named by the check page.

#include <algorithm>
#include <boost/json.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "causes.h"
#include "stage.h"

using namespace module_tests;
namespace data = boost::unit_test::data;

namespace {

/// How a cause comes up to the page, besides what the servers do.
struct Case {
  std::string word;
  std::string form = {};  // what a person has seen
  std::vector<std::string> headers = {};
  std::string logged_in_from = "127.0.0.2";
};

std::ostream& operator<<(std::ostream& out, const Case& each) {
  return out << each.word;
}

const Case kCases[] = {
    {"untrusted-proxy"},
    {"token-bound-to-proxy", "candidates=127.0.0.9"},
    {"mixed-binding", "works-after-other-log-in=1"},
    {"forwarded-for-chain", "", {"X-Forwarded-For: 127.0.0.5, 10.0.0.7"}, "127.0.0.5"},
    {"remoteip-valve", "works-from-other-server=1"},
    {"address-form"},
    {"address-changed"},
    {"token-expired"},
    {"cookie-name"},
    {"cookie-name-override"},
    {"cookie-domain"},
    {"cookie-secure"},
    {"cookie-duplicate"},
    {"two-crowds", "just-logged-in=1"},
    {"sso2-only", "nobody-has-a-cookie=1"},
    {"sso-off"},
    {"crowd-properties-incomplete"},
    {"crowd-link"},
    {"crowd-slow", "varies=1"},
    {"crowd-access-denied"},
    {"user-not-in-confluence"},
    {"not-permitted"},
    {"name-differs"},
    {"base-url"},
    {"foreign-gate"},
    {"cached-answer"},
    {"cluster-node"},
    {"session-cookie-clash", "app-sets-session-cookie=1", {"Cookie: JSESSIONID=of-the-app"}},
    {"authorization-sent", "session-ends-early=1", {"Authorization: Basic YWxpY2U6eA=="}},
    {"captcha"},
    {"xsrf", "app-write-fails-xsrf=1"},
    {"rate-limited"},
    {"maintenance"},
    {"header-too-large"},
    {"crowd-address-forbidden"},
    {"crowd-application-closed"},
    {"crowd-password"},
    {"wrong-application"},
    {"not-a-crowd"},
    {"unreachable"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(check_causes)

BOOST_DATA_TEST_CASE(is_named, data::make(kCases), each) {
  Stage stage;
  atlassian::Scene scene;
  scene.client = each.logged_in_from;
  atlassian::CauseSetUp set_up = atlassian::set_up(stage.simulator, each.word, scene);
  if (each.word == "cookie-name-override") set_up.cookies = "wiki.token_key=" + set_up.token;
  // A Crowd that could set its cookie for the app.
  if (each.word == "sso2-only" || each.word == "cookie-name-override")
    stage.simulator.configure_crowd([](auto& crowd) { crowd.cookie_domain = "example.com"; });
  stage.keep_secret(set_up.token);
  stage.keep_secret(set_up.application_password);
  stage.httpd.write("crowd.password", set_up.application_password + "\n");
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluenceCrowdURL ${CROWD}\n"
      "CrowdConfluenceCrowdApplication " +
      set_up.application +
      " file:crowd.password\n<Location /why>\nSetHandler crowd-confluence-check\n</Location>\n");
  std::vector<std::string> headers = each.headers;
  headers.insert(headers.end(),
                 {"X-Crowd-Confluence-Check: run", "Accept: application/json",
                  "Content-Type: application/x-www-form-urlencoded", "Host: app.example.com"});
  if (!set_up.cookies.empty()) headers.push_back("Cookie: " + set_up.cookies);
  const Response response = stage.client("127.0.0.2").send({"POST", "/why", headers, each.form});
  BOOST_TEST_REQUIRE(response.status == 200);
  BOOST_TEST(response.body.find(set_up.token) == std::string::npos);
  const boost::json::object finding = boost::json::parse(response.body).as_object();
  const auto& candidates = finding.at("candidates").as_array();
  const bool is_cause = finding.at("cause") == boost::json::value(each.word);
  const bool is_candidate = std::find(candidates.begin(), candidates.end(),
                                      boost::json::value(each.word)) != candidates.end();
  BOOST_TEST((is_cause || is_candidate), response.body);
  BOOST_TEST(!finding.at("remedy").as_string().empty());
}

BOOST_AUTO_TEST_SUITE_END()
