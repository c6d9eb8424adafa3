// How a session reaches the app: as cookies, under names of their own, or in a header.

#include <boost/test/unit_test.hpp>
#include <set>

#include "stage.h"

using namespace module_tests;

namespace {

atlassian::SimulatorOptions with_sticky_cookie() {
  atlassian::SimulatorOptions options = trusting_loopback();
  options.confluence.sticky_cookie = "AWSALB";
  options.confluence.nodes = 2;
  return options;
}

std::string only(const std::vector<std::string>& values) {
  return values.size() == 1 ? values.front() : std::to_string(values.size()) + " values";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pass_as)

BOOST_AUTO_TEST_CASE(cookies_join_those_of_the_browser) {
  Stage stage({}, with_sticky_cookie());
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");

  const Response response = stage.get("/page", {alice + "; theme=dark", "X-Other: stays"});

  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.result() == "session");
  BOOST_TEST(response.source() == "exchange");
  BOOST_TEST(response.user() == "alice");
  BOOST_TEST(response.reason() == "known");
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.headers.values("Cookie").size() == 1U);
  BOOST_TEST(stage.owner_of(only(request.cookie("JSESSIONID"))) == "alice");
  BOOST_TEST(request.cookie("AWSALB").size() == 1U);
  BOOST_TEST(only(request.cookie("theme")) == "dark");
  BOOST_CHECK(request.headers.values("Cookie").front().find(alice.substr(8)) != std::string::npos);
  BOOST_TEST(only(request.headers.values("X-Other")) == "stays");
  BOOST_TEST(request.headers.values("X-Confluence-Cookie").empty());
}

BOOST_AUTO_TEST_CASE(a_prefix_leaves_the_apps_own_session_alone) {
  Stage stage({}, with_sticky_cookie());
  stage.start_with("CrowdConfluencePassAs cookie wiki_");

  BOOST_TEST(stage.get("/", {stage.cookie_line("alice") + "; JSESSIONID=the-apps-own"}).status ==
             200);

  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(only(request.cookie("JSESSIONID")) == "the-apps-own");
  BOOST_TEST(stage.owner_of(only(request.cookie("wiki_JSESSIONID"))) == "alice");
  BOOST_TEST(request.cookie("wiki_AWSALB").size() == 1U);
  BOOST_TEST(request.cookie("AWSALB").empty());
}

BOOST_AUTO_TEST_CASE(a_header_is_ready_to_be_sent_to_confluence) {
  Stage stage({}, with_sticky_cookie());
  stage.start_with("CrowdConfluencePassAs header");
  const std::string alice = stage.cookie_line("alice", "127.0.0.4");
  const std::string cookies = alice + "; JSESSIONID=the-apps-own; theme=\"dark\"";

  BOOST_TEST(stage.client("127.0.0.4").get("/", {cookies}).result() == "session");

  const AppRequest request = stage.seen_by_app();
  BOOST_CHECK(("Cookie: " + only(request.headers.values("Cookie"))) == cookies);
  const std::string value = only(request.headers.values("X-Confluence-Cookie"));
  const Cookies passed_on = parse_cookies(value);
  BOOST_CHECK(("Cookie: crowd.token_key=" + only(cookie_values(passed_on, "crowd.token_key"))) ==
              alice);
  for (const auto& cookie : passed_on) stage.keep_secret(cookie.second);

  // As the app would use it. (Confluence need not ask Crowd again, so any address will do.)
  const Response answer =
      Client(stage.simulator.confluence_port())
          .get("/rest/api/user/current", {"Cookie: " + value, "X-Forwarded-For: 127.0.0.4"});
  BOOST_TEST(answer.body.find("\"alice\"") != std::string::npos);
  BOOST_TEST(stage.simulator.counters().sessions_created == 1U);
}

BOOST_AUTO_TEST_CASE(the_headers_name_can_be_chosen) {
  Stage stage;
  stage.start_with("CrowdConfluencePassAs header Wiki-Session");
  BOOST_TEST(stage.get("/", {stage.cookie_line("bob")}).user() == "bob");
  const AppRequest request = stage.seen_by_app();
  const Cookies passed_on = parse_cookies(only(request.headers.values("Wiki-Session")));
  const std::string session = only(cookie_values(passed_on, "JSESSIONID"));
  stage.keep_secret(session);
  BOOST_TEST(stage.owner_of(session) == "bob");
  BOOST_TEST(request.headers.values("X-Confluence-Cookie").empty());
}

BOOST_AUTO_TEST_CASE(the_list_of_session_cookies_decides_what_is_passed_on) {
  Stage stage({}, with_sticky_cookie());
  stage.simulator.configure_confluence(
      [](auto& confluence) { confluence.session_cookie_name = "WIKISESSION"; });
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" +
              location("/own/", "CrowdConfluenceSessionCookies WIKISESSION") +
              location("/pattern/", "CrowdConfluenceSessionCookies WIKI* AWS*") +
              location("/default/"));
  BOOST_TEST(stage.get("/own/", {stage.cookie_line("alice")}).result() == "session");
  AppRequest request = stage.seen_by_app();
  BOOST_TEST(stage.owner_of(only(request.cookie("WIKISESSION"))) == "alice");
  BOOST_TEST(request.cookie("AWSALB").empty());

  BOOST_TEST(stage.get("/pattern/", {stage.cookie_line("alice")}).result() == "session");
  request = stage.seen_by_app();
  BOOST_TEST(stage.owner_of(only(request.cookie("WIKISESSION"))) == "alice");
  BOOST_TEST(request.cookie("AWSALB").size() == 1U);

  // The default's first name is JSESSIONID, without which there is no session.
  stage.httpd.log().expect("CCF0010: .*no-session-cookie|CCF0010: .*no usable session cookie");
  const Response response = stage.get("/default/", {stage.cookie_line("alice")});
  BOOST_TEST(response.result() == "unavailable");
  BOOST_TEST(response.reason() == "no-session-cookie");
  BOOST_TEST(stage.seen_by_app().cookie("AWSALB").empty());
}

BOOST_AUTO_TEST_CASE(jira_answers_another_probe_and_gives_another_cookie) {
  atlassian::SimulatorOptions options = trusting_loopback();
  options.confluence.flavour = atlassian::Flavour::kJira;
  Stage stage({}, options);
  stage.start_with("CrowdConfluenceProbe /rest/api/2/myself user=name");

  const Response response = stage.get("/", {stage.cookie_line("carol")});

  BOOST_TEST(response.result() == "session");
  BOOST_TEST(response.user() == "carol");
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(stage.owner_of(only(request.cookie("JSESSIONID"))) == "carol");
  BOOST_TEST(request.cookie("atlassian.xsrf.token").size() == 1U);

  const Response nobody = stage.get("/", {"Cookie: crowd.token_key=nobodys-token-000000000000"});
  BOOST_TEST(nobody.result() == "rejected");
}

BOOST_AUTO_TEST_CASE(a_context_path_is_part_of_the_base_url) {
  atlassian::SimulatorOptions options = trusting_loopback();
  options.confluence.context_path = "/confluence";
  Stage stage({}, options);
  stage.start_with();
  BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).user() == "alice");
  BOOST_TEST(stage.simulator.requests(atlassian::Server::kConfluence).back().target ==
             "/confluence/rest/api/user/current");
}

BOOST_AUTO_TEST_CASE(set_cookie_is_understood_as_servers_write_it) {
  using Style = atlassian::SetCookieStyle;
  Stage stage;
  stage.start_with();
  for (const Style style : {Style::kPlain, Style::kLowerCaseAttributes, Style::kFolded,
                            Style::kQuotedVersion1, Style::kRemovedThenSet, Style::kSameSiteNone}) {
    BOOST_TEST_CONTEXT("style " << static_cast<int>(style)) {
      stage.simulator.configure_confluence(
          [&](auto& confluence) { confluence.set_cookie_style = style; });
      BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).result() == "session");
      std::string session = only(stage.seen_by_app().cookie("JSESSIONID"));
      if (session.front() == '"') session = session.substr(1, session.size() - 2);
      BOOST_TEST(stage.owner_of(session) == "alice");
    }
  }

  stage.simulator.configure_confluence(
      [](auto& confluence) { confluence.set_cookie_style = Style::kSetThenRemoved; });
  stage.httpd.log().expect("CCF0010: ");
  BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).reason() == "no-session-cookie");
  BOOST_TEST(stage.seen_by_app().cookie("JSESSIONID").empty());
}

BOOST_AUTO_TEST_CASE(headers_prove_a_login_where_the_probe_is_missing) {
  atlassian::SimulatorOptions options = trusting_loopback();
  options.confluence.flavour = atlassian::Flavour::kConfluence5;
  Stage stage({}, options);
  stage.start_with();
  for (const auto style : {atlassian::LoginReasonStyle::kOnce, atlassian::LoginReasonStyle::kFolded,
                           atlassian::LoginReasonStyle::kTwoLines}) {
    stage.simulator.configure_confluence(
        [&](auto& confluence) { confluence.login_reason_style = style; });
    const Response response = stage.get("/", {stage.cookie_line("alice")});
    BOOST_TEST(response.result() == "session");
    BOOST_TEST(response.reason() == "seraph");
    BOOST_TEST(response.user() == "alice");
  }
}

BOOST_AUTO_TEST_CASE(a_header_that_grows_too_long_is_told_once) {
  for (const std::string pass_as : {"cookie", "header"}) {
    Stage stage;
    stage.start_with("CrowdConfluencePassAs " + pass_as);
    const std::string alice = stage.cookie_line("alice");
    const std::string full = alice + "; filler=";
    const std::string own(8190 - full.size(), 'x');
    stage.get("/", {alice + "; a=b"});
    BOOST_TEST(stage.httpd.log().count("CCF0021: ") == 0U);
    if (pass_as == "cookie") stage.httpd.log().expect("warn.*CCF0021: .*Cookie.*bytes");
    for (int i = 0; i < 3; ++i) BOOST_TEST(stage.get("/", {full + own}).user() == "alice");
    if (pass_as == "cookie") BOOST_TEST(stage.httpd.log().wait_for("CCF0021: "));
    BOOST_TEST(stage.httpd.log().count("CCF0021: ") == (pass_as == "cookie" ? 1U : 0U));
  }
}

BOOST_AUTO_TEST_CASE(switched_off_nothing_happens) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\nProxyPass / ${APP}/");
  stage.httpd.log().expect("CCF0031: ");
  const std::string cookies = stage.cookie_line("alice") + "; JSESSIONID=the-apps-own";
  const Response response =
      stage.get("/", {cookies, "X-Confluence-Cookie: whatever", "X-Forwarded-For: 10.9.9.9"});
  BOOST_TEST(response.result() == "(null)");
  BOOST_TEST(stage.exchanges() == 0U);
  const AppRequest request = stage.seen_by_app();
  BOOST_CHECK(("Cookie: " + only(request.headers.values("Cookie"))) == cookies);
  BOOST_TEST(only(request.headers.values("X-Confluence-Cookie")) == "whatever");
  BOOST_TEST(only(request.headers.values("X-Forwarded-For")) == "10.9.9.9, 127.0.0.1");
}

BOOST_AUTO_TEST_SUITE_END()
