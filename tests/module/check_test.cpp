// The page that says why single sign-on does not work: who may have it, and what it shows.

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <future>
#include <string>
#include <vector>

#include "stage.h"

using namespace module_tests;

namespace {

const std::string kByScript = "X-Crowd-Confluence-Check: run";
const std::string kJson = "Accept: application/json";
const std::string kForm = "Content-Type: application/x-www-form-urlencoded";

const std::string kConfiguration =
    "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluenceCrowdURL ${CROWD}\n"
    "CrowdConfluenceCrowdApplication confluence file:crowd.password\n"
    "<Location /why>\nSetHandler crowd-confluence-check\n</Location>\n";

/// Where the app and the page are.
class CheckStage : public Stage {
 public:
  explicit CheckStage(const std::string& more = "") {
    const std::string password = simulator.crowd_options().application_password;
    httpd.write("crowd.password", password + "\n");
    keep_secret(password);
    start(kConfiguration + more + location("/app"));
  }

  Response check(std::vector<std::string> headers, const std::string& body = "",
                 const std::string& from = "127.0.0.1") {
    headers.push_back(kForm);
    return client(from).send({"POST", "/why", std::move(headers), body});
  }
};

boost::json::object finding_in(const Response& response) {
  BOOST_TEST_REQUIRE(response.status == 200);
  BOOST_TEST(response.header("Content-Type") == "application/json");
  return boost::json::parse(response.body).as_object();
}

std::string text_of(const boost::json::object& object, const char* name) {
  const boost::json::value& value = object.at(name);
  return value.is_null() ? "null" : std::string(value.as_string());
}

/// The value of the form's hidden field.
std::string seal_in(const Response& page) {
  const std::string before = "name=\"seal\" value=\"";
  const std::size_t begin = page.body.find(before);
  BOOST_TEST_REQUIRE(begin != std::string::npos);
  const std::size_t value = begin + before.size();
  return page.body.substr(value, page.body.find('"', value) - value);
}

bool has(const Response& page, const std::string& text) {
  return page.body.find(text) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check)

BOOST_AUTO_TEST_CASE(tells_what_is_known_without_asking) {
  CheckStage stage;
  const std::string alice = stage.cookie_line("alice");
  const Response page = stage.get("/why", {alice, "Cookie: theme=dark"});
  BOOST_TEST(page.status == 200);
  BOOST_TEST(page.header("Content-Type") == "text/html; charset=utf-8");
  BOOST_TEST(page.header("Cache-Control") == "no-store");
  BOOST_TEST(page.header("Content-Security-Policy").starts_with("default-src 'none'; "));
  BOOST_TEST(page.header("X-Content-Type-Options") == "nosniff");
  for (const std::string shown :
       {"Not checked yet", "127.0.0.1", "crowd.token_key", "theme", "<form method=\"post\">"})
    BOOST_TEST(has(page, shown), shown);
  BOOST_TEST(!has(page, "<script"));
  BOOST_TEST(!has(page, alice.substr(alice.find('=') + 1)));
  BOOST_TEST(stage.simulator.counters().confluence_requests == 0U);
  BOOST_TEST(finding_in(stage.get("/why", {kJson})).at("cause").is_null() == false);
}

BOOST_AUTO_TEST_CASE(shows_no_placeholder_of_a_text) {
  CheckStage stage;
  stage.simulator.configure_confluence([](auto& confluence) { confluence.sso_enabled = false; });
  const std::string alice = stage.cookie_line("alice");
  for (const Response& page : {stage.get("/why"), stage.get("/why", {alice}),
                               stage.check({kByScript}), stage.check({kByScript, alice})}) {
    BOOST_TEST(page.status == 200);
    const std::string text = page.body.substr(page.body.find("</style>"));
    BOOST_TEST(text.find('{') == std::string::npos, text);
  }
}

BOOST_AUTO_TEST_CASE(finds_a_session) {
  CheckStage stage;
  const std::string alice = stage.cookie_line("alice");
  const Response page = stage.get("/why", {alice});
  const Response checked = stage.check({alice}, "seal=" + seal_in(page));
  BOOST_TEST(checked.status == 200);
  BOOST_TEST(has(checked, "SSO works"));
  BOOST_TEST(has(checked, "alice"));
  BOOST_TEST(!has(checked, alice.substr(alice.find('=') + 1)));
  const auto finding = finding_in(stage.check({alice, kByScript, kJson}));
  BOOST_TEST(text_of(finding, "result") == "session");
  BOOST_TEST(text_of(finding, "user") == "alice");
  BOOST_TEST(text_of(finding, "cause") == "null");
  BOOST_TEST(text_of(finding, "address") == "127.0.0.1");
  BOOST_TEST(!finding.at("steps").as_array().empty());
}

BOOST_AUTO_TEST_CASE(the_request_is_as_the_browser_sent_it_where_the_module_is_on) {
  CheckStage stage("CrowdConfluence On\nCrowdConfluenceWhen missing 403\n");
  const std::string alice = stage.cookie_line("alice");
  const auto finding = finding_in(stage.check({alice, kByScript, kJson}));
  BOOST_TEST(text_of(finding, "result") == "session");
  // Nobody who has no cookie is kept from asking why.
  BOOST_TEST(stage.get("/why").status == 200);
  BOOST_TEST(stage.get("/app").status == 403);
}

BOOST_AUTO_TEST_CASE(the_inner_sections_crowd_counts) {
  Stage stage;
  stage.httpd.write("crowd.password", stage.simulator.crowd_options().application_password);
  stage.httpd.write("other.password", "of another application");
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluenceCrowdURL http://127.0.0.1:9/crowd\n"
      "CrowdConfluenceCrowdApplication other file:other.password\n"
      "<Location /outer>\nSetHandler crowd-confluence-check\n</Location>\n"
      "<Location /inner>\nSetHandler crowd-confluence-check\nCrowdConfluenceCrowdURL ${CROWD}\n"
      "CrowdConfluenceCrowdApplication confluence file:crowd.password\n</Location>\n");
  const std::string alice = stage.cookie_line("alice");
  const auto finding = [&](const std::string& path) {
    return finding_in(stage.client().send({"POST", path, {alice, kByScript, kJson, kForm}, ""}));
  };
  BOOST_TEST(text_of(finding("/outer"), "crowd") == "http://127.0.0.1:9/crowd");
  BOOST_TEST(text_of(finding("/outer"), "cause") == "unreachable");
  BOOST_TEST(text_of(finding("/inner"), "crowd") == stage.simulator.crowd_url());
  BOOST_TEST(text_of(finding("/inner"), "cause") == "null");
}

BOOST_AUTO_TEST_CASE(a_password_stands_in_no_configuration) {
  HttpdServer httpd;
  const std::string said =
      httpd.start_refused("CrowdConfluenceCrowdApplication confluence correct-horse\n")
          .value_or("");
  BOOST_TEST(said.find("file:PATH") != std::string::npos, said);
  BOOST_TEST(said.find("correct-horse") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_so_many_checks_run_at_once) {
  HttpdOptions one_child;
  one_child.children = 1;
  Stage stage(one_child);
  stage.httpd.write("crowd.password", stage.simulator.crowd_options().application_password);
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluenceCrowdURL ${CROWD} max=1\n"
      "CrowdConfluenceCrowdApplication confluence file:crowd.password\n"
      "<Location /why>\nSetHandler crowd-confluence-check\n</Location>\n");
  const std::string alice = stage.cookie_line("alice");
  const auto check = [&] {
    return stage.client().send({"POST", "/why", {alice, kByScript, kJson, kForm}, ""});
  };
  stage.simulator.misbehave(atlassian::Server::kConfluence, atlassian::Fault::hang());
  auto first = std::async(std::launch::async, check);
  BOOST_TEST(stage.simulator.wait_for_hanging(1));
  const Response second = check();
  BOOST_TEST(second.status == 503);
  BOOST_TEST(!second.header("Retry-After").empty());
  stage.simulator.clear_faults();
  BOOST_TEST(first.get().status == 200);
  BOOST_TEST(check().status == 200);
}

BOOST_AUTO_TEST_CASE(no_other_site_has_checks_made) {
  CheckStage stage;
  const std::string alice = stage.cookie_line("alice");
  const std::string seal = "seal=" + seal_in(stage.get("/why", {alice}));
  const std::string host = "Host: localhost";
  const auto status = [&](std::vector<std::string> headers, const std::string& body) {
    headers.push_back(alice);
    return stage.check(std::move(headers), body).status;
  };
  BOOST_TEST(status({}, "") == 403);
  BOOST_TEST(status({}, "seal=") == 403);
  BOOST_TEST(status({}, "seal=0123456789abcdef") == 403);
  // Another client's.
  BOOST_TEST(stage.check({alice}, seal, "127.0.0.2").status == 403);
  for (const std::string elsewhere :
       {"Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site", "Origin: http://localhost.evil.example"})
    BOOST_TEST(status({elsewhere, host}, seal) == 403, elsewhere);
  BOOST_TEST(stage.simulator.counters().confluence_requests == 0U);
  BOOST_TEST(status({"Origin: https://LOCALHOST", host}, seal) == 200);
  BOOST_TEST(status({"Sec-Fetch-Site: same-origin", host}, seal) == 200);
}

BOOST_AUTO_TEST_CASE(a_client_may_have_a_few_checks_at_once) {
  CheckStage stage;
  const std::string alice = stage.cookie_line("alice");
  Response last;
  int made = 0;
  for (; made < 20; ++made) {
    last = stage.check({alice, kByScript, kJson});
    if (last.status != 200) break;
  }
  BOOST_TEST(made >= 3);
  BOOST_TEST(made <= 7);
  BOOST_TEST(last.status == 429);
  const int seconds = std::stoi("0" + last.header("Retry-After"));
  BOOST_TEST(seconds >= 1);
  BOOST_TEST(seconds <= 6);
  // Others are not concerned.
  BOOST_TEST(stage.check({alice, kByScript, kJson}, "", "127.0.0.3").status == 200);
}

BOOST_AUTO_TEST_CASE(other_methods_and_odd_forms_are_refused) {
  CheckStage stage;
  BOOST_TEST(stage.client().send({"PUT", "/why", {kByScript}, "x"}).status == 405);
  BOOST_TEST(stage.client().send({"DELETE", "/why", {kByScript}, ""}).status == 405);
  BOOST_TEST(stage.check({kByScript}, std::string(10'000, 'x')).status == 413);
  // What is unknown, or no address, is left out; what is shown is no HTML.
  const Response page =
      stage.check({kByScript, "Cookie: <b>=1; a<script>=2"},
                  "candidates=%3Cscript%3E+10.0.0.9%2C+%27x&just-logged-in=1&nothing=%00&=");
  BOOST_TEST(page.status == 200);
  BOOST_TEST(has(page, "10.0.0.9"));
  BOOST_TEST(!has(page, "<script"));
  BOOST_TEST(!has(page, "<b>"));
}

BOOST_AUTO_TEST_CASE(without_a_confluence_there_is_nothing_to_check) {
  Stage stage;
  stage.start("<Location /why>\nSetHandler crowd-confluence-check\n</Location>\n");
  stage.httpd.log().expect("CCF0011: ");
  BOOST_TEST(stage.get("/why").status == 500);
}

BOOST_AUTO_TEST_CASE(a_hanging_confluence_ends_the_check_in_time) {
  CheckStage stage;
  const std::string alice = stage.cookie_line("alice");
  stage.simulator.misbehave(atlassian::Server::kConfluence, atlassian::Fault::hang());
  stage.simulator.misbehave(atlassian::Server::kCrowd, atlassian::Fault::hang());
  const auto began = std::chrono::steady_clock::now();
  const auto finding = finding_in(stage.check({alice, kByScript, kJson}));
  BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(6)));
  BOOST_TEST(text_of(finding, "result") == "unavailable");
  BOOST_TEST(text_of(finding, "reason") == "timeout");
}

BOOST_AUTO_TEST_SUITE_END()
