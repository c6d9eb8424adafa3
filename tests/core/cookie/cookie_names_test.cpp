#include "crowd_confluence/cookie/cookie_names.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace crowd_confluence;

namespace {

CookieNames names(const std::vector<std::string>& patterns) {
  CookieNames result;
  for (const std::string& pattern : patterns) BOOST_TEST_REQUIRE(result.add(pattern).has_value());
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cookie_names)

BOOST_AUTO_TEST_CASE(the_defaults_are_those_of_the_usual_servers_and_balancers) {
  const std::vector<std::string> expected{"JSESSIONID",
                                          "atlassian.xsrf.token",
                                          "ATLROUTE*",
                                          "AWSALB*",
                                          "AWSELB",
                                          "AWSELBCORS",
                                          "ApplicationGatewayAffinity*",
                                          "ARRAffinity*",
                                          "GCLB",
                                          "GCILB",
                                          "X-Oracle-BMC-LBS-Route",
                                          "BIGipServer*",
                                          "INGRESSCOOKIE",
                                          "route",
                                          "ROUTEID",
                                          "SERVERID",
                                          "__VCAP_ID__"};
  BOOST_TEST(CookieNames::defaults().patterns() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(contains_what_the_patterns_say) {
  const CookieNames& defaults = CookieNames::defaults();
  for (const char* name : {"JSESSIONID", "atlassian.xsrf.token", "AWSALB", "AWSALBCORS", "ROUTEID",
                           "BIGipServer", "BIGipServerpool_wiki_8090", "__VCAP_ID__",
                           "INGRESSCOOKIE", "GCLB", "ApplicationGatewayAffinity",
                           "ApplicationGatewayAffinityCORS", "SERVERID", "ATLROUTE_CONFLUENCE"}) {
    BOOST_TEST(defaults.contains(name), name);
  }
  for (const char* name :
       {"", "J", "JSESSIONI", "JSESSIONID2", "XJSESSIONID", "jsessionid", "awsalb", "AWSAL", "*",
        "routeid", "crowd.token_key", "seraph.confluence", "JSESSIONID ", " JSESSIONID"}) {
    BOOST_TEST(!defaults.contains(name), name);
  }
}

BOOST_AUTO_TEST_CASE(a_dot_is_a_dot) {
  BOOST_TEST(!CookieNames::defaults().contains("atlassianXxsrf.token"));
  BOOST_TEST(!names({"a.*"}).contains("ab"));
  BOOST_TEST(names({"a.*"}).contains("a.b"));
}

BOOST_AUTO_TEST_CASE(only_the_first_pattern_is_required) {
  const CookieNames& defaults = CookieNames::defaults();
  BOOST_TEST(defaults.is_required("JSESSIONID"));
  BOOST_TEST(!defaults.is_required("jsessionid"));
  BOOST_TEST(!defaults.is_required("ROUTEID"));
  BOOST_TEST(!defaults.is_required("AWSALB"));
  BOOST_TEST(!defaults.is_required(""));

  const CookieNames by_prefix = names({"SESS*", "JSESSIONID"});
  BOOST_TEST(by_prefix.is_required("SESS"));
  BOOST_TEST(by_prefix.is_required("SESSION"));
  BOOST_TEST(!by_prefix.is_required("JSESSIONID"));
}

BOOST_AUTO_TEST_CASE(tells_a_balancers_cookie_by_its_name) {
  const CookieNames& defaults = CookieNames::defaults();
  for (const char* name :
       {"ROUTEID", "AWSALB", "AWSALBCORS", "BIGipServerpool_wiki", "__VCAP_ID__", "INGRESSCOOKIE",
        "GCLB", "ApplicationGatewayAffinityCORS", "SERVERID", "ATLROUTE_CONFLUENCE", "route",
        // of none of the usual names
        "wiki-sticky", "WIKI_ROUTE", "confluence.lb", "lb", "NSC_wiki", "__cflb", "serverId",
        "session_affinity", "app_server_id", "_1f3a9", "0123456789abcdef0123456789abcdef"}) {
    BOOST_TEST(defaults.is_balancer(name), name);
  }
  for (const char* name :
       {"", "JSESSIONID", "atlassian.xsrf.token", "crowd.token_key", "seraph.confluence",
        "confluence.browse.space.cookie", "mywork.tab.tasks", "AWSELBAuthSessionCookie-0", "album",
        "_ga", "_gat_x", "PHPSESSID", "0123456789abcdef", "router_seen"}) {
    BOOST_TEST(!defaults.is_balancer(name), name);
  }
}

BOOST_AUTO_TEST_CASE(the_required_cookie_is_no_balancers) {
  const CookieNames list = names({"WIKI_ROUTE", "ROUTEID"});
  BOOST_TEST(!list.is_balancer("WIKI_ROUTE"));
  BOOST_TEST(list.is_balancer("ROUTEID"));
}

BOOST_AUTO_TEST_CASE(without_patterns_nothing_is_contained_or_required) {
  const CookieNames none;
  BOOST_TEST(none.patterns().empty());
  for (const char* name : {"", "JSESSIONID", "*"}) {
    BOOST_TEST(!none.contains(name));
    BOOST_TEST(!none.is_required(name));
    BOOST_TEST(!none.may_be_taken_for(name));
  }
}

BOOST_AUTO_TEST_CASE(keeps_the_order_in_which_patterns_were_added) {
  const std::vector<std::string> order{"Z", "a", "M*"};
  BOOST_TEST(names(order).patterns() == order, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(refuses_what_no_cookie_can_be_called) {
  CookieNames list = names({"JSESSIONID"});
  const std::string bad[] = {"",
                             "*",
                             "**",
                             "a**",
                             "*a",
                             "a*b",
                             "a*b*",
                             "a b",
                             " a",
                             "a ",
                             "a;b",
                             "a,b",
                             "a=b",
                             "a=",
                             "\"a\"",
                             "a/b",
                             "a\\b",
                             "a(b)",
                             "a:b",
                             "a@b",
                             "[a]",
                             "{a}",
                             "a?",
                             "<a>",
                             "a\r\n",
                             "a\tb",
                             "a\x7f",
                             "\xc3\xa4",
                             "a\r\nB: c",
                             " *",
                             "a *",
                             std::string("a\0b", 3),
                             std::string("a\0*", 3)};
  for (const std::string& pattern : bad) {
    const auto added = list.add(pattern);
    BOOST_TEST(!added.has_value(), pattern);
    if (!added.has_value()) {
      BOOST_TEST(added.error().text.size() > 10U);
      BOOST_TEST(!added.error().text.ends_with('.'));
    }
  }
  BOOST_TEST(list.patterns().size() == 1U);
  BOOST_TEST(list.add("a.b").has_value());
  BOOST_TEST(list.contains("a.b"));
}

BOOST_AUTO_TEST_CASE(some_application_may_fold_the_case) {
  const CookieNames& defaults = CookieNames::defaults();
  for (const char* name : {"JSESSIONID", "jsessionid", "JSessionId", "ROUTEID", "routeid", "awsalb",
                           "AwsAlbCors", "bigipserverX", "__vcap_id__", "Atlassian.XSRF.Token",
                           "atlassian_xsrf_token", "__VCAP.ID__", "..vcap id  "}) {
    BOOST_TEST(defaults.may_be_taken_for(name), name);
  }
  for (const char* name : {"", "JSESSIONID2", "SESSIONID", "AWSAL", "crowd.token_key"}) {
    BOOST_TEST(!defaults.may_be_taken_for(name), name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
