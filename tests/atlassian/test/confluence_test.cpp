// What Confluence answers to whom: content, forgery rule, limits, maintenance, cluster, flavours.
#include <boost/test/unit_test.hpp>
#include <set>

#include "client.h"
#include "json_text.h"

namespace atlassian {
namespace {

struct Fixture {
  Simulator simulator{trusting()};
  std::string token = simulator.log_in("alice", "10.1.1.1");
  HeaderLines alice = visitor(token, "10.1.1.1");

  Answer get(const std::string& target, const HeaderLines& headers) {
    return Client(simulator.confluence_port()).get(target, headers);
  }
  Answer write(const std::string& method, const std::string& target, const std::string& type,
               const std::string& body, const HeaderLines& more = {}) {
    HeaderLines headers = alice;
    if (!type.empty()) headers.emplace_back("Content-Type", type);
    headers.insert(headers.end(), more.begin(), more.end());
    return Client(simulator.confluence_port()).request(method, target, headers, body);
  }
  HeaderLines as(const std::string& user) {
    return visitor(simulator.log_in(user, "10.1.1.1"), "10.1.1.1");
  }
  void configure(const std::function<void(ConfluenceOptions&)>& change) {
    simulator.configure_confluence(change);
  }
};

std::set<std::string> keys(const Answer& answer) {
  std::set<std::string> result;
  const auto body = parse_json_object(answer.body);
  BOOST_TEST_REQUIRE(body.has_value());
  for (const json::value& space : body->at("results").as_array()) {
    result.insert(text_member(space.as_object(), "key"));
  }
  return result;
}

std::vector<std::string> ids(const Answer& answer) {
  std::vector<std::string> result;
  const auto body = parse_json_object(answer.body);
  BOOST_TEST_REQUIRE(body.has_value());
  for (const json::value& page : body->at("results").as_array()) {
    result.push_back(text_member(page.as_object(), "id"));
  }
  return result;
}

using Keys = std::set<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(confluence, Fixture)

BOOST_AUTO_TEST_CASE(spaces_by_user) {
  BOOST_TEST((keys(get("/rest/api/space", alice)) == Keys{"DOCS", "TEAM", "LAB", "~alice"}));
  BOOST_TEST((keys(get("/rest/api/space", as("bob"))) == Keys{"DOCS", "TEAM", "HR", "~bob"}));
  BOOST_TEST((keys(get("/rest/api/space?type=global", as("carol"))) == Keys{"DOCS", "TEAM"}));
  BOOST_TEST(get("/rest/api/space", as("dave")).status == 403U);
  BOOST_TEST(get("/rest/api/space/HR", alice).status == 404U);
  BOOST_TEST(get("/rest/api/space/~alice", alice).status == 200U);
}

BOOST_AUTO_TEST_CASE(anonymous_access_on_and_off) {
  BOOST_TEST(get("/rest/api/space", {}).status == 403U);
  BOOST_TEST(get("/", {}).status == 302U);
  configure([](ConfluenceOptions& options) { options.anonymous_access = true; });
  BOOST_TEST((keys(get("/rest/api/space", {})) == Keys{"DOCS"}));
  BOOST_TEST(get("/", {}).status == 200U);
  configure([](auto& options) { options.anonymous_probe = AnonymousProbe::kForbidden; });
  BOOST_TEST(get(kProbe, {}).status == 403U);
}

BOOST_AUTO_TEST_CASE(pages_by_user_and_space) {
  const auto lab = ids(get("/rest/api/content?spaceKey=LAB", alice));
  BOOST_TEST_REQUIRE(lab.size() == 2U);
  BOOST_TEST(ids(get("/rest/api/content?spaceKey=LAB", as("bob"))).empty());
  const Answer part = get("/rest/api/content?type=page&start=1&limit=2", alice);
  BOOST_TEST(ids(part).size() == 2U);
  BOOST_TEST(part.body.find(R"("next":"/rest/api/content?type=page&limit=2&start=3")") !=
             std::string::npos);
  BOOST_TEST(get("/rest/api/content?spaceKey=LAB&limit=2", alice).body.find("\"next\"") ==
             std::string::npos);
  const std::string page = "/rest/api/content/" + lab[0];
  BOOST_TEST(get(page, alice).body.find("blue probe") == std::string::npos);
  BOOST_TEST(get(page + "?expand=body.storage", alice).body.find("blue probe") !=
             std::string::npos);
  BOOST_TEST(get(page, as("bob")).status == 404U);
  BOOST_TEST(get("/rest/api/content/1", alice).status == 404U);
  BOOST_TEST(get("/pages/viewpage.action?pageId=" + lab[0], alice).status == 200U);
  BOOST_TEST(get("/pages/viewpage.action?pageId=" + lab[0], as("bob")).status == 404U);
}

BOOST_AUTO_TEST_CASE(writing) {
  const std::string page = ids(get("/rest/api/content?spaceKey=TEAM", alice)).at(0);
  const std::string comment =
      R"({"type":"comment","container":{"id":")" + page +
      R"(","type":"page"},"body":{"storage":{"value":"<p>Good.</p>","representation":"storage"}}})";
  const Answer made = write("POST", "/rest/api/content", "application/json", comment);
  BOOST_TEST(made.status == 200U);
  const Answer comments = get("/rest/api/content/" + page + "/child/comment", as("bob"));
  BOOST_TEST(comments.body.find("<p>Good.</p>") != std::string::npos);

  const std::string title = R"({"type":"page","title":"New","version":{"number":)";
  BOOST_TEST(write("PUT", "/rest/api/content/" + page, "application/json", title + "2}}").status ==
             200U);
  BOOST_TEST(write("PUT", "/rest/api/content/" + page, "application/json", title + "2}}").status ==
             409U);
  BOOST_TEST(get("/rest/api/content/" + page, alice).body.find("\"New\"") != std::string::npos);
  const std::string elsewhere = R"({"type":"page","title":"Mine","space":{"key":"HR"}})";
  BOOST_TEST(write("POST", "/rest/api/content", "application/json", elsewhere).status == 403U);
  BOOST_TEST(write("POST", "/rest/api/content", "application/json", "[]").status == 400U);
}

BOOST_AUTO_TEST_CASE(forms_need_no_check) {
  const std::string form = "type=page&title=By+form&spaceKey=TEAM&body=x";
  const std::string target = "/rest/api/content";
  const HeaderLines unchecked = {{"X-Atlassian-Token", "no-check"}};
  for (const char* type : {"application/x-www-form-urlencoded", "text/plain;charset=utf-8",
                           "multipart/form-data; boundary=x", ""}) {
    const Answer refused = write("POST", target, type, form);
    BOOST_TEST(refused.status == 403U, type);
    BOOST_TEST(refused.body == "XSRF check failed");
  }
  BOOST_TEST(write("POST", target, "application/x-www-form-urlencoded", form, unchecked).status ==
             200U);
  const std::string page = ids(get("/rest/api/content?spaceKey=TEAM", alice)).at(0);
  const std::string attachment = target + '/' + page + "/child/attachment";
  const std::string type = "multipart/form-data; boundary=x";
  BOOST_TEST(write("POST", attachment, type, "--x--").status == 403U);
  BOOST_TEST(write("POST", attachment, type, "--x--", unchecked).status == 200U);
}

BOOST_AUTO_TEST_CASE(browsers_writes_need_the_same_origin) {
  const std::string body = R"({"type":"page","title":"By browser","space":{"key":"TEAM"}})";
  const auto status = [&](const HeaderLines& more) {
    HeaderLines headers = {{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"}};
    headers.insert(headers.end(), more.begin(), more.end());
    return write("POST", "/rest/api/content", "application/json", body, headers).status;
  };
  const std::string own = simulator.confluence_url();
  BOOST_TEST(status({}) == 403U);
  BOOST_TEST(status({{"Origin", "http://app.corp.example"}}) == 403U);
  BOOST_TEST(status({{"Origin", "null"}}) == 403U);
  BOOST_TEST(status({{"Origin", own}}) == 200U);
  BOOST_TEST(status({{"Referer", own + "/some/page"}}) == 200U);
  BOOST_TEST(status({{"Referer", own + ".evil.example/"}}) == 403U);
  BOOST_TEST(status({{"X-Atlassian-Token", "no-check"}}) == 403U);
}

BOOST_AUTO_TEST_CASE(rate_limit) {
  configure([](ConfluenceOptions& options) {
    options.rate_limit = RateLimit{2, 1, std::chrono::seconds(5)};
  });
  const Answer first = get(kProbe, alice);
  BOOST_TEST(first.status == 200U);
  BOOST_TEST(first.header("X-RateLimit-Limit") == "2");
  BOOST_TEST(first.header("X-RateLimit-Remaining") == "1");
  BOOST_TEST(first.header("X-RateLimit-Interval-Seconds") == "5");
  BOOST_TEST(first.header("Retry-After") == "0");
  BOOST_TEST(get(kProbe, alice).status == 200U);
  const Answer limited = get(kProbe, alice);
  BOOST_TEST(limited.status == 429U);
  BOOST_TEST(limited.header("Retry-After") == "5");
  BOOST_TEST(get(kProbe, as("bob")).status == 200U);
  simulator.advance_clock(std::chrono::seconds(5));
  BOOST_TEST(get(kProbe, alice).status == 200U);
  BOOST_TEST(get(kProbe, alice).status == 429U);
  configure([](ConfluenceOptions& options) {
    options.rate_limit->retry_after = "Wed, 21 Oct 2065 07:28:00 GMT";
  });
  BOOST_TEST(get(kProbe, alice).header("Retry-After") == "Wed, 21 Oct 2065 07:28:00 GMT");
}

BOOST_AUTO_TEST_CASE(maintenance) {
  configure([](auto& options) { options.maintenance = Maintenance::kUnavailable; });
  const Answer unavailable = get(kProbe, alice);
  BOOST_TEST(unavailable.status == 503U);
  BOOST_TEST(unavailable.header("Retry-After") == "30");
  configure([](ConfluenceOptions& options) { options.maintenance_retry_after.clear(); });
  BOOST_TEST(get(kProbe, alice).all("Retry-After").empty());
  configure([](auto& options) { options.maintenance = Maintenance::kErrorPage; });
  const Answer moved = get(kProbe, alice);
  BOOST_TEST(moved.status == 302U);
  BOOST_TEST(moved.header("Location") == "/errors.action");
  BOOST_TEST(moved.all("Set-Cookie").empty());
  BOOST_TEST(get("/errors.action", {}).status == 503U);
}

BOOST_AUTO_TEST_CASE(cluster_without_a_sticky_cookie_forgets) {
  configure([](ConfluenceOptions& options) { options.nodes = 2; });
  const Answer first = get(kProbe, alice);
  const std::string session = first.set_cookie("JSESSIONID").value_or("");
  const Answer second = get(kProbe, visitor(token, "10.1.1.1", session));
  BOOST_TEST(first.header("X-Confluence-Cluster-Node") !=
             second.header("X-Confluence-Cluster-Node"));
  BOOST_TEST(second.set_cookie("JSESSIONID").has_value());
}

BOOST_AUTO_TEST_CASE(sticky_cookie_leads_to_the_same_node) {
  for (const std::string name : {"AWSALB", "ROUTEID", "BIGipServerwiki", "__VCAP_ID__"}) {
    configure([&](ConfluenceOptions& options) {
      options.nodes = 3;
      options.sticky_cookie = name;
    });
    const Answer first = get(kProbe, alice);
    const std::string session = first.set_cookie("JSESSIONID").value_or("");
    const std::string sticky = first.set_cookie(name).value_or("");
    BOOST_TEST(first.set_cookie("AWSALBCORS").has_value() == (name == "AWSALB"));
    for (int i = 0; i < 4; ++i) {
      const Answer next =
          get(kProbe, visitor(token, "10.1.1.1", session + "; " + name + "=" + sticky));
      BOOST_TEST(next.header("X-Confluence-Cluster-Node") ==
                 first.header("X-Confluence-Cluster-Node"));
      BOOST_TEST(!next.set_cookie("JSESSIONID").has_value());
      BOOST_TEST(next.set_cookie(name).has_value() == (name == "AWSALB"));
    }
  }
}

BOOST_AUTO_TEST_CASE(old_confluence_has_no_user_current) {
  configure([](auto& options) { options.flavour = Flavour::kConfluence5; });
  const Answer answer = get(kProbe, alice);
  BOOST_TEST(answer.status == 404U);
  BOOST_TEST(answer.header("X-Seraph-LoginReason") == "OK");
  BOOST_TEST(answer.header("X-AUSERNAME") == "alice");
}

BOOST_AUTO_TEST_CASE(jira) {
  configure([](auto& options) { options.flavour = Flavour::kJira; });
  const Answer known = get("/rest/api/2/myself", alice);
  BOOST_TEST(known.status == 200U);
  const auto body = parse_json_object(known.body);
  BOOST_TEST_REQUIRE(body.has_value());
  BOOST_TEST(text_member(*body, "name") == "alice");
  const std::string xsrf = known.set_cookie("atlassian.xsrf.token").value_or("");
  BOOST_TEST((xsrf.substr(xsrf.size() - 4) == "|lin"));
  const Answer nobody = get("/rest/api/2/myself", {});
  BOOST_TEST(nobody.status == 401U);
  const std::string out = nobody.set_cookie("atlassian.xsrf.token").value_or("");
  BOOST_TEST((out.substr(out.size() - 5) == "|lout"));
  BOOST_TEST(simulator.counters().exchanges == 2U);
}

BOOST_AUTO_TEST_CASE(login_pages) {
  BOOST_TEST(get("/display/TEAM?a=b&c", {}).header("Location") ==
             "/login.action?os_destination=%2Fdisplay%2FTEAM%3Fa%3Db%26c&permissionViolation=true");
  const Answer form = get("/login.action?os_destination=%2Fdisplay%2FTEAM", {});
  BOOST_TEST(form.status == 200U);
  BOOST_TEST(form.body.find("os_username") != std::string::npos);
  const Answer in =
      Client(simulator.confluence_port())
          .request("POST", "/dologin.action",
                   {{"Content-Type", "application/x-www-form-urlencoded"},
                    {"X-Forwarded-For", "10.1.1.1"}},
                   "os_username=bob&os_password=bob&os_destination=%2Fdisplay%2FTEAM");
  BOOST_TEST(in.header("Location") == "/display/TEAM");
  const std::string bobs = in.set_cookie("crowd.token_key").value_or("");
  BOOST_TEST(get("/display/TEAM", visitor(bobs, "10.1.1.1")).status == 200U);
}

BOOST_AUTO_TEST_CASE(locations_name_the_base_url) {
  configure([](ConfluenceOptions& options) {
    options.context_path = "/wiki";
    options.base_url = "https://wiki.corp.example/wiki";
    options.absolute_locations = true;
  });
  BOOST_TEST(get("/wiki/", {}).header("Location") ==
             "https://wiki.corp.example/wiki/login.action?os_destination=%2Findex.action"
             "&permissionViolation=true");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace atlassian
