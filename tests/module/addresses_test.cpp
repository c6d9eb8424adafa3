// The user's address: as httpd knows it, one, to Confluence and to the app.

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "stage.h"
#include "support/raw_server.h"

using namespace module_tests;

namespace {

std::vector<std::string> one(const std::string& address) {
  return {address};
}

/// The X-Forwarded-For lines that Confluence received last.
std::vector<std::string> seen_by_confluence(const Stage& stage) {
  return stage.simulator.requests(atlassian::Server::kConfluence).back().header("X-Forwarded-For");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(addresses)

BOOST_AUTO_TEST_CASE(a_token_is_good_from_its_users_address_only) {
  Stage stage;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice", "127.0.0.2");
  const Response at_home = stage.client("127.0.0.2").get("/", {alice});
  BOOST_TEST(at_home.user() == "alice");
  const Response elsewhere = stage.client("127.0.0.3").get("/", {alice});
  BOOST_TEST(elsewhere.result() == "rejected");
  BOOST_TEST(elsewhere.reason() == "anonymous");
  BOOST_TEST(stage.client("127.0.0.2").get("/", {alice}).user() == "alice");
}

BOOST_AUTO_TEST_CASE(confluence_and_the_app_get_one_clean_address) {
  Stage stage;
  stage.httpd.log().expect("CCF0033: ");
  stage.start_with();
  const std::string alice = stage.cookie_line("alice", "127.0.0.2");
  const std::vector<std::vector<std::string>> claims = {
      {},
      {"X-Forwarded-For: 10.9.9.9"},
      {"X-Forwarded-For: 10.9.9.9, 127.0.0.2"},
      {"X-Forwarded-For: 10.9.9.9", "x-forwarded-for: 10.8.8.8"},
      {"X_Forwarded_For: 10.9.9.9"},
      {"Forwarded: for=10.9.9.9", "X-Forwarded-For;"}};
  for (std::vector<std::string> headers : claims) {
    headers.push_back(alice);
    BOOST_TEST_CONTEXT(headers.front().substr(0, 30)) {
      BOOST_TEST(stage.client("127.0.0.2").get("/", headers).user() == "alice");
      BOOST_TEST(seen_by_confluence(stage) == one("127.0.0.2"), boost::test_tools::per_element());
      const AppRequest request = stage.seen_by_app();
      BOOST_TEST(request.headers.values("X-Forwarded-For") == one("127.0.0.2"),
                 boost::test_tools::per_element());
      BOOST_TEST(request.headers.values("X_Forwarded_For").empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(without_a_session_the_app_gets_one_address_too) {
  Stage stage;
  stage.start_with();
  for (const std::string line :
       {"Cookie: a=b", "Cookie: crowd.token_key=nobodys-token-000000000000"}) {
    BOOST_TEST(stage.client("127.0.0.2").get("/", {line, "X-Forwarded-For: 10.9.9.9"}).status ==
               200);
    BOOST_TEST(stage.seen_by_app().headers.values("X-Forwarded-For") == one("127.0.0.2"),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(mod_remoteip_decides_who_is_trusted) {
  Stage stage;
  stage.start(
      "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n"
      "CrowdConfluenceURL ${CONFLUENCE}\n" +
      location("/"));
  const std::string alice = stage.cookie_line("alice", "10.1.2.3");

  // Through the trusted proxy.
  BOOST_TEST(stage.get("/", {alice, "X-Forwarded-For: 10.1.2.3"}).user() == "alice");
  BOOST_TEST(seen_by_confluence(stage) == one("10.1.2.3"), boost::test_tools::per_element());
  BOOST_TEST(stage.seen_by_app().headers.values("X-Forwarded-For") == one("10.1.2.3"),
             boost::test_tools::per_element());

  // What stands before the last hop is the browser's claim.
  BOOST_TEST(stage.get("/", {alice, "X-Forwarded-For: 10.9.9.9, 10.1.2.3"}).user() == "alice");
  BOOST_TEST(seen_by_confluence(stage) == one("10.1.2.3"), boost::test_tools::per_element());
  BOOST_TEST(stage.seen_by_app().headers.values("X-Forwarded-For") == one("10.1.2.3"),
             boost::test_tools::per_element());

  // Somebody else's claim counts nothing.
  const Response response =
      stage.client("127.0.0.9").get("/", {alice, "X-Forwarded-For: 10.1.2.3"});
  BOOST_TEST(response.result() == "rejected");
  BOOST_TEST(seen_by_confluence(stage) == one("127.0.0.9"), boost::test_tools::per_element());
  BOOST_TEST(stage.seen_by_app().headers.values("X-Forwarded-For") == one("127.0.0.9"),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_ipv6_address_is_sent_in_one_form) {
  Stage stage;
  stage.start(
      "RemoteIPHeader X-Real-IP\nRemoteIPInternalProxy 127.0.0.1\n"
      "CrowdConfluenceURL ${CONFLUENCE}\n" +
      location("/"));
  const std::string alice = stage.cookie_line("alice", "2001:db8::1:2");
  BOOST_TEST(stage.get("/", {alice, "X-Real-IP: 2001:0DB8:0:0:0:0:1:2"}).user() == "alice");
  BOOST_TEST(seen_by_confluence(stage) == one("2001:db8::1:2"), boost::test_tools::per_element());
  BOOST_TEST(stage.seen_by_app().headers.values("X-Forwarded-For") == one("2001:db8::1:2"),
             boost::test_tools::per_element());
}

// mod_proxy adds the address by itself where it speaks HTTP to the app, however it was told to.
BOOST_AUTO_TEST_CASE(every_way_to_the_app_brings_one_address) {
  HttpdOptions options;
  options.modules = {"slotmem_shm", "proxy_balancer", "lbmethod_byrequests"};
  Stage stage(options);
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluence On\n"
      "<Proxy balancer://http>\nBalancerMember ${APP}\n</Proxy>\n"
      "<Location /url/>\nProxyPass ${APP}/url/\n</Location>\n"
      "<Location /handler/>\nSetHandler \"proxy:${APP}\"\n</Location>\n"
      "<Location /rewritten/>\nRewriteEngine On\nRewriteRule .* ${APP}/rewritten/ [P]\n"
      "</Location>\n"
      "<Location /flag/>\nRewriteEngine On\nRewriteRule .* - [H=proxy:${APP}]\n</Location>\n"
      "<Location /balancer/>\nProxyPass balancer://http/balancer/\n</Location>\n"
      "<Location /balanced-handler/>\nSetHandler proxy:balancer://http\n</Location>\n");
  const std::string alice = stage.cookie_line("alice");
  for (const std::string path :
       {"/url/", "/handler/", "/rewritten/", "/flag/", "/balancer/", "/balanced-handler/"}) {
    BOOST_TEST_CONTEXT(path) {
      BOOST_TEST(stage.get(path, {alice, "X-Forwarded-For: 10.9.9.9"}).user() == "alice");
      BOOST_TEST(stage.seen_by_app().headers.values("X-Forwarded-For") == one("127.0.0.1"),
                 boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(an_app_that_speaks_no_http_gets_the_address_from_the_module) {
  // SCGI: names and values, each ended by a NUL, and the request's body, which is an empty line.
  test_support::RawServer app([](test_support::RawConnection& connection) {
    std::string request = connection.read_request().value_or("");
    std::replace(request.begin(), request.end(), '\0', '\n');
    connection.write("Status: 200\r\nContent-Type: text/plain\r\n\r\n" + request);
  });
  HttpdOptions options;
  options.modules = {"slotmem_shm", "proxy_balancer", "lbmethod_byrequests", "proxy_scgi"};
  options.defines["SCGI"] = "scgi://127.0.0.1:" + std::to_string(app.port());
  Stage stage(options);
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluence On\n"
      "<Proxy balancer://scgi>\nBalancerMember ${SCGI}\n</Proxy>\n"
      "ProxyPass /direct/ ${SCGI}/\nProxyPass /balanced/ balancer://scgi/\n");
  const std::string alice = stage.cookie_line("alice");
  for (const std::string path : {"/direct/", "/balanced/"}) {
    BOOST_TEST_CONTEXT(path) {
      const Response response =
          stage.client().send({"POST", path, {alice, "X-Forwarded-For: 10.9.9.9"}, "\r\n\r\n"});
      BOOST_TEST(response.user() == "alice");
      BOOST_TEST(response.body.find("HTTP_X_FORWARDED_FOR\n127.0.0.1\n") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(switched_off_no_address_is_sent) {
  Stage stage;
  stage.simulator.configure_crowd([](auto& crowd) { crowd.consistent_ip = false; });
  stage.start_with("CrowdConfluenceForwardedFor Off");
  const std::string alice = stage.cookie_line("alice", "10.1.2.3");
  BOOST_TEST(stage.get("/", {alice, "X-Forwarded-For: 10.9.9.9"}).user() == "alice");
  BOOST_TEST(seen_by_confluence(stage).empty());
  // As mod_proxy does it by itself.
  BOOST_TEST(stage.seen_by_app().headers.values("X-Forwarded-For") == one("10.9.9.9, 127.0.0.1"),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
