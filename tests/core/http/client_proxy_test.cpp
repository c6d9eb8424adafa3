// The outgoing proxy, and those that the environment tells.

#include <boost/test/unit_test.hpp>
#include <string>

#include "crowd_confluence/http/client.h"
#include "harness/http_testing.h"
#include "harness/printing.h"
#include "support/raw_server.h"

using namespace crowd_confluence;
using namespace http_testing;
using test_support::RawConnection;
using test_support::RawServer;
using test_support::RefusingPort;

BOOST_AUTO_TEST_SUITE(http_client_proxy)

BOOST_AUTO_TEST_CASE(the_environments_proxy_plays_no_part) {
  RefusingPort refusing;
  RawServer proxy(once("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy"));
  RawServer server(answer_all);
  const Environment http("http_proxy", proxy.url());
  const Environment https("https_proxy", proxy.url());
  const Environment all("all_proxy", proxy.url());
  const Environment upper("ALL_PROXY", proxy.url());
  const Environment none("no_proxy", "");
  const auto result = get(server.url());
  BOOST_TEST_REQUIRE(result.has_value());
  BOOST_TEST(result.value().body == "ok");
  BOOST_TEST(proxy.connections() == 0);
}

BOOST_AUTO_TEST_CASE(the_outgoing_proxy_is_asked_whatever_the_environment_says) {
  Requests requests;
  RawServer proxy([&](RawConnection& connection) {
    while (const auto head = connection.read_request()) {
      requests.add(*head);
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy");
    }
  });
  RawServer server(answer_all);
  const Environment exceptions("no_proxy", "127.0.0.1,localhost,*");
  const Environment upper("NO_PROXY", "*");
  HttpSettings settings;
  settings.outgoing_proxy = proxy.url();
  HttpClient client(settings);
  for (const std::string& url : {server.url() + "/x", std::string("http://wiki.invalid:81/x")}) {
    const auto result = client.get(url, {});
    BOOST_TEST_REQUIRE(result.has_value());
    BOOST_TEST(result.value().body == "proxy");
  }
  BOOST_TEST(server.connections() == 0);
  BOOST_TEST_REQUIRE(requests.all().size() == 2U);
  BOOST_TEST(requests.all()[0].starts_with("GET " + server.url() + "/x HTTP/1.1\r\n"));
  BOOST_TEST(requests.all()[1].starts_with("GET http://wiki.invalid:81/x HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(the_proxy_is_told_its_password_and_an_error_does_not_tell_it) {
  Requests requests;
  RawServer proxy(once("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", requests));
  HttpSettings settings;
  settings.outgoing_proxy = "http://alice:p%40ss@127.0.0.1:" + std::to_string(proxy.port());
  HttpClient client(settings);
  const auto answer = client.get("http://wiki.invalid/x", {"Cookie: t=s3cret"});
  BOOST_TEST_REQUIRE(answer.has_value());
  BOOST_TEST(answer.value().status == 407);
  const auto refused = client.get("https://wiki.invalid/x", {"Cookie: t=s3cret"});
  check_error(refused, HttpFailure::proxy);
  BOOST_TEST(refused.error().text.find("p%40ss") == std::string::npos);
  BOOST_TEST(refused.error().text.find("p@ss") == std::string::npos);
  BOOST_TEST_REQUIRE(requests.all().size() == 2U);
  for (const std::string& head : requests.all())
    BOOST_TEST(
        head.find("\r\nProxy-Authorization: Basic YWxpY2U6cEBzcw==\r\n") != std::string::npos,
        head);
}

BOOST_AUTO_TEST_CASE(the_servers_connection_is_told_no_password) {
  Requests requests;
  RawServer server(once(kOk, requests));
  BOOST_TEST(get(server.url()).has_value());
  BOOST_TEST_REQUIRE(requests.all().size() == 1U);
  BOOST_TEST(requests.all()[0].find("Proxy-") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_https_server_is_asked_through_a_tunnel_and_sees_no_secret) {
  Requests requests;
  RawServer proxy(once("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", requests));
  HttpSettings settings;
  settings.outgoing_proxy = proxy.url();
  HttpClient client(settings);
  check_error(
      client.get("https://wiki.invalid/x", {"Cookie: t=s3cret", "X-Forwarded-For: 1.2.3.4"}),
      HttpFailure::proxy);
  BOOST_TEST_REQUIRE(requests.all().size() == 1U);
  BOOST_TEST(requests.all()[0].starts_with("CONNECT wiki.invalid:443 HTTP/1.1\r\n"));
  BOOST_TEST(requests.all()[0].find("s3cret") == std::string::npos);
  BOOST_TEST(requests.all()[0].find("1.2.3.4") == std::string::npos);
  BOOST_TEST(requests.all()[0].find("/x") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_proxy_that_cannot_be_asked_is_told) {
  RefusingPort refusing;
  RawServer server(answer_all);
  HttpSettings settings;
  settings.outgoing_proxy = "http://127.0.0.1:" + std::to_string(refusing.port());
  const auto refused = get(server.url(), settings);
  check_error(refused, HttpFailure::proxy);

  settings.outgoing_proxy = "http://" + std::string(70, 'a') + ".invalid:3128";
  check_error(get(server.url(), settings), HttpFailure::proxy);
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
