// An app behind this server's own load balancer: its node is found by the browser's cookies, and
// never by Confluence's.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "stage.h"

using namespace module_tests;

namespace {

/// An app on two nodes, n1 and n2. The second is `other`.
struct Nodes {
  static HttpdOptions options(const App& other) {
    HttpdOptions options;
    options.modules = {"slotmem_shm", "proxy_balancer", "lbmethod_byrequests"};
    options.defines["OTHER"] = other.url();
    options.defines["DEAD"] = "http://127.0.0.1:1";
    return options;
  }

  Nodes() : stage(options(other)) {}

  void start(const std::string& sticky, const std::string& directives = {}) {
    stage.start(
        "CrowdConfluenceURL ${CONFLUENCE}\n"
        "<Proxy balancer://nodes>\nBalancerMember ${APP} route=n1\nBalancerMember ${OTHER} "
        "route=n2\nProxySet stickysession=" +
        sticky +
        "\n</Proxy>\n"
        "<Location /app/>\nCrowdConfluence On\nProxyPass balancer://nodes/app/\n"
        "Header add Set-Cookie \"ROUTEID=.%{BALANCER_WORKER_ROUTE}e; path=/\" "
        "env=BALANCER_ROUTE_CHANGED\n" +
        directives + "</Location>\n");
  }

  /// Which node has answered since the last call, and what it saw.
  std::string seen_by(AppRequest& request) {
    const auto first = stage.app.requests();
    const auto second = other.requests();
    stage.app.forget();
    other.forget();
    BOOST_TEST_REQUIRE(first.size() + second.size() == 1U);
    request = first.empty() ? second.front() : first.front();
    return first.empty() ? "n2" : "n1";
  }

  App other;
  Stage stage;
};

std::string route_given_by(const Response& response) {
  for (const std::string& line : response.headers.values("Set-Cookie"))
    if (line.starts_with("ROUTEID=.")) return line.substr(9, 2);
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(balancer)

BOOST_AUTO_TEST_CASE(the_browser_stays_on_its_node) {
  for (const bool confluence_has_one : {false, true}) {
    Nodes nodes;
    nodes.start("ROUTEID");
    nodes.stage.simulator.configure_confluence([&](auto& it) {
      if (!confluence_has_one) return;
      it.nodes = 3;
      it.sticky_cookie = "ROUTEID";
    });
    if (confluence_has_one)
      nodes.stage.httpd.log().expect("warn.*CCF0020: .*'ROUTEID'.*CrowdConfluencePassAs");
    std::set<std::string> used;
    for (int i = 0; i < 4; ++i) {
      const std::string alice = nodes.stage.cookie_line("alice");
      AppRequest request;
      const Response first = nodes.stage.get("/app/", {alice});
      BOOST_TEST(first.result() == "session");
      const std::string node = nodes.seen_by(request);
      BOOST_TEST(route_given_by(first) == node);
      used.insert(node);
      for (int again = 0; again < 4; ++again) {
        BOOST_TEST(nodes.stage.get("/app/", {alice + "; ROUTEID=." + node}).user() == "alice");
        BOOST_TEST(nodes.seen_by(request) == node);
        // The app's part of it stays Confluence's.
        const auto routes = request.cookie("ROUTEID");
        BOOST_TEST(routes.size() == (confluence_has_one ? 1U : 0U));
        for (const std::string& route : routes) BOOST_TEST(route != "." + node);
        BOOST_TEST(nodes.stage.owner_of(request.cookie("JSESSIONID").at(0)) == "alice");
      }
    }
    BOOST_TEST(used.size() == 2U);
    BOOST_TEST(nodes.stage.httpd.log().count("CCF0020: ") == (confluence_has_one ? 1U : 0U));
  }
}

BOOST_AUTO_TEST_CASE(confluences_own_node_is_none_of_the_apps) {
  Nodes nodes;
  nodes.start("JSESSIONID");
  nodes.stage.simulator.configure_confluence([](auto& it) { it.session_id_suffix = ".n1"; });
  nodes.stage.httpd.log().expect("warn.*CCF0020: .*'JSESSIONID'.*CrowdConfluencePassAs");
  std::set<std::string> used;
  for (int i = 0; i < 6; ++i) {
    BOOST_TEST(nodes.stage.get("/app/", {nodes.stage.cookie_line("alice")}).user() == "alice");
    AppRequest request;
    used.insert(nodes.seen_by(request));
    BOOST_TEST(nodes.stage.owner_of(request.cookie("JSESSIONID").at(0)) == "alice");
  }
  BOOST_TEST(used.size() == 2U);
  // The browser's own finds its node, and goes no further.
  for (const std::string node : {"n2", "n1", "n2"}) {
    (void)nodes.stage.get("/app/",
                          {nodes.stage.cookie_line("alice") + "; JSESSIONID=browsers-own." + node});
    AppRequest request;
    BOOST_TEST(nodes.seen_by(request) == node);
    BOOST_TEST(request.cookie("JSESSIONID").size() == 1U);
    BOOST_TEST(nodes.stage.owner_of(request.cookie("JSESSIONID").at(0)) == "alice");
  }
  BOOST_TEST(nodes.stage.httpd.log().count("CCF0020: ") == 1U);
}

BOOST_AUTO_TEST_CASE(without_a_session_the_browser_stays_on_its_node_as_well) {
  Nodes nodes;
  nodes.start("ROUTEID");
  for (const std::string node : {"n2", "n2", "n1", "n2"}) {
    AppRequest request;
    BOOST_TEST(nodes.stage.get("/app/", {"Cookie: a=b; ROUTEID=." + node}).result() == "missing");
    BOOST_TEST(nodes.seen_by(request) == node);
    BOOST_TEST(request.cookie("a").size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_node_may_set_the_cookie_itself) {
  Nodes nodes;
  nodes.start("NODE_ROUTE", "CrowdConfluenceSessionCookies JSESSIONID NODE_ROUTE ROUTEID\n");
  const AppResponse answer{.headers = {"Set-Cookie: NODE_ROUTE=x.n1; Path=/",
                                       "Set-Cookie: JSESSIONID=apps-own; Path=/"}};
  nodes.stage.app.respond_with(answer);
  nodes.other.respond_with(answer);
  nodes.stage.httpd.log().expect("CCF0020: .*'JSESSIONID'");
  const Response response = nodes.stage.get("/app/", {nodes.stage.cookie_line("alice")});
  const auto set = response.headers.values("Set-Cookie");
  BOOST_TEST(std::count(set.begin(), set.end(), "NODE_ROUTE=x.n1; Path=/") == 1);
  BOOST_TEST(std::count(set.begin(), set.end(), "JSESSIONID=apps-own; Path=/") == 0);
}

BOOST_AUTO_TEST_CASE(with_a_prefix_or_a_header_nothing_clashes) {
  for (const std::string pass_as :
       {"CrowdConfluencePassAs cookie wiki_\n", "CrowdConfluencePassAs header\n"}) {
    Nodes nodes;
    nodes.start("JSESSIONID", pass_as);
    nodes.stage.simulator.configure_confluence([](auto& it) { it.session_id_suffix = ".n1"; });
    for (const std::string node : {"n2", "n1", "n2"}) {
      AppRequest request;
      (void)nodes.stage.get("/app/",
                            {nodes.stage.cookie_line("alice") + "; JSESSIONID=own." + node});
      BOOST_TEST(nodes.seen_by(request) == node);
      BOOST_TEST(request.cookie("JSESSIONID").at(0) == "own." + node);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_node_that_is_down_lets_nothing_of_the_browser_through) {
  Nodes nodes;
  nodes.stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\n"
      "<Proxy balancer://nodes>\nBalancerMember ${DEAD} route=n1\nBalancerMember ${OTHER} "
      "route=n2\nProxySet stickysession=JSESSIONID\n</Proxy>\n"
      "<Proxy balancer://dead>\nBalancerMember ${DEAD} route=n1\n"
      "ProxySet stickysession=JSESSIONID\n</Proxy>\n"
      "<Location />\nCrowdConfluence On\n</Location>\n"
      "ProxyPass /app/ balancer://nodes/app/\nProxyPass /dead/ balancer://dead/\n"
      "ProxyPass /error/ ${APP}/error/\nErrorDocument 503 /error/page\n");
  nodes.stage.httpd.log().allow("AH0|CCF0020: ");
  const std::string spoofed = "; JSESSIONID=spoofed.n1";
  for (const std::string path : {"/app/", "/dead/", "/dead/"}) {
    BOOST_TEST_CONTEXT(path) {
      AppRequest request;
      (void)nodes.stage.get(path, {nodes.stage.cookie_line("alice") + spoofed});
      BOOST_TEST(nodes.seen_by(request) == (path == "/app/" ? "n2" : "n1"));
      BOOST_TEST(request.cookie("JSESSIONID").size() == 1U);
      BOOST_TEST(request.headers.value("Cookie").value_or("").find("spoofed") == std::string::npos);
      BOOST_TEST(nodes.stage.owner_of(request.cookie("JSESSIONID").at(0)) == "alice");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
