// What browsers speak besides plain HTTP/1.1 requests.

#include <boost/test/unit_test.hpp>

#include "stage.h"
#include "support/certificates.h"

using namespace module_tests;

BOOST_AUTO_TEST_SUITE(protocols)

BOOST_AUTO_TEST_CASE(http2) {
  HttpdOptions options;
  options.modules = {"http2"};
  Stage stage(options);
  stage.start("Protocols h2c http/1.1\nCrowdConfluenceURL ${CONFLUENCE}\n" + location("/") +
              location("/header/", "CrowdConfluencePassAs header"));
  Client client = stage.client("127.0.0.2", Client::Protocol::http2);
  const std::string alice = stage.cookie_line("alice", "127.0.0.2");

  // Browsers send each cookie in a line of its own.
  Response response =
      client.get("/", {"Cookie: theme=dark", alice, "Cookie: JSESSIONID=spoofed-by-the-browser",
                       "X-Forwarded-For: 10.9.9.9"});
  BOOST_TEST(response.version == "2");
  BOOST_TEST(response.user() == "alice");
  AppRequest request = stage.seen_by_app();
  BOOST_REQUIRE_EQUAL(request.cookie("JSESSIONID").size(), 1U);
  BOOST_TEST(stage.owner_of(request.cookie("JSESSIONID").front()) == "alice");
  BOOST_TEST(request.cookie("theme").size() == 1U);
  BOOST_TEST(request.headers.values("X-Forwarded-For") == std::vector<std::string>{"127.0.0.2"},
             boost::test_tools::per_element());

  response =
      client.get("/header/", {"x-confluence-cookie: spoofed", "x_confluence_cookie: spoofed"});
  BOOST_TEST(response.result() == "missing");
  request = stage.seen_by_app();
  BOOST_TEST(request.headers.values("X-Confluence-Cookie").empty());
  BOOST_TEST(request.headers.values("X_Confluence_Cookie").empty());
}

BOOST_AUTO_TEST_CASE(https_with_http2) {
  const test_support::CertificateAuthority authority;
  const test_support::Certificate certificate = authority.issue({"test", {"localhost"}});
  HttpdOptions options;
  options.modules = {"http2", "socache_shmcb", "ssl"};
  Stage stage(options);
  stage.httpd.write("server.pem", certificate.certificate);
  stage.httpd.write("server.key", certificate.private_key);
  stage.start(
      "SSLSessionCache shmcb:${ROOT}/run/ssl(512000)\nListen 127.0.0.1:${PORT2} https\nProtocols "
      "h2 "
      "http/1.1\nCrowdConfluenceURL ${CONFLUENCE}\n"
      "<VirtualHost *:${PORT2}>\nServerName localhost\nSSLEngine On\n"
      "SSLCertificateFile \"${ROOT}/server.pem\"\nSSLCertificateKeyFile \"${ROOT}/server.key\"\n"
      "</VirtualHost>\n" +
      location("/"));
  Client client(stage.httpd.port2(), "127.0.0.2", Client::Protocol::https);
  const Response response = client.get("/", {stage.cookie_line("bob", "127.0.0.2")});
  BOOST_TEST(response.version == "2");
  BOOST_TEST(response.user() == "bob");
}

BOOST_AUTO_TEST_CASE(a_web_socket_gets_the_session_and_stays_open) {
  Stage stage;
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\n<Location /ws>\nCrowdConfluence On\n"
      "ProxyPass ${APP}/ws upgrade=websocket\n</Location>\n");
  const std::string alice = stage.cookie_line("alice");
  const std::string echo = exchange_web_socket_message(
      stage.httpd.port(), "/ws/room",
      {alice + "; JSESSIONID=spoofed-by-the-browser", "X-Forwarded-For: 10.9.9.9"},
      "hello through the socket");
  BOOST_TEST(echo == "hello through the socket");
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.target == "/ws/room");
  BOOST_REQUIRE_EQUAL(request.cookie("JSESSIONID").size(), 1U);
  BOOST_TEST(stage.owner_of(request.cookie("JSESSIONID").front()) == "alice");
  BOOST_TEST(request.headers.values("X-Forwarded-For") == std::vector<std::string>{"127.0.0.1"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_refused_web_socket_is_not_opened) {
  Stage stage;
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\n<Location /ws>\nCrowdConfluence On\n"
      "CrowdConfluenceWhen missing 401\nProxyPass ${APP}/ws upgrade=websocket\n</Location>\n");
  BOOST_CHECK_THROW(exchange_web_socket_message(stage.httpd.port(), "/ws", {}, "hello"),
                    std::exception);
  BOOST_TEST(stage.app.requests().empty());
}

BOOST_AUTO_TEST_CASE(http_1_0_without_a_host) {
  Stage stage;
  stage.start_with();
  const std::string answer = exchange_bytes(
      stage.httpd.port(), "GET / HTTP/1.0\r\n" + stage.cookie_line("alice") + "\r\n\r\n");
  BOOST_TEST(answer.find("Test-User: alice") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_folded_cookie_header_is_read_whole) {
  Stage stage;
  stage.start("HttpProtocolOptions Unsafe\nCrowdConfluenceURL ${CONFLUENCE}\n" + location("/"));
  const std::string answer =
      exchange_bytes(stage.httpd.port(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" +
                                             stage.cookie_line("alice") +
                                             ";\r\n  JSESSIONID=spoofed-by-the-browser\r\n\r\n");
  BOOST_TEST(answer.find("Test-User: alice") != std::string::npos);
  BOOST_TEST(stage.seen_by_app().cookie("JSESSIONID").size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
