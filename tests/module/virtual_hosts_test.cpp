// Two Confluences behind one httpd.

#include <boost/test/unit_test.hpp>

#include "stage.h"

using namespace module_tests;

BOOST_AUTO_TEST_SUITE(virtual_hosts)

BOOST_AUTO_TEST_CASE(each_asks_its_own_confluence) {
  atlassian::Simulator other(trusting_loopback());
  HttpdOptions options;
  options.defines["OTHER"] = other.confluence_url();
  Stage stage(options);
  stage.start(
      "ProxyPass / ${APP}/\n"
      "<VirtualHost *:${PORT}>\nServerName one.test\nCrowdConfluence On\nCrowdConfluenceURL "
      "${CONFLUENCE}\n</VirtualHost>\n"
      "<VirtualHost *:${PORT}>\nServerName two.test\nCrowdConfluence On\nCrowdConfluenceURL "
      "${OTHER}\n</VirtualHost>\n");
  for (int round = 0; round < 2; ++round) {
    // One token that is somebody else at each.
    const std::string token = "one-token-for-two-servers-" + std::to_string(round) + "00";
    stage.keep_secret(token);
    stage.simulator.log_in_as("alice", "127.0.0.1", token);
    other.log_in_as("bob", "127.0.0.1", token);
    const std::string cookie = "Cookie: crowd.token_key=" + token;

    BOOST_TEST(stage.get("/", {"Host: one.test", cookie}).user() == "alice");
    AppRequest request = stage.seen_by_app();
    BOOST_REQUIRE_EQUAL(request.cookie("JSESSIONID").size(), 1U);
    BOOST_TEST(stage.owner_of(request.cookie("JSESSIONID").front()) == "alice");

    BOOST_TEST(stage.get("/", {"Host: two.test", cookie}).user() == "bob");
    request = stage.seen_by_app();
    BOOST_REQUIRE_EQUAL(request.cookie("JSESSIONID").size(), 1U);
    BOOST_TEST(other.session_user(request.cookie("JSESSIONID").front()).value_or("") == "bob");
  }
  BOOST_TEST(stage.simulator.counters().exchanges == 2U);
  BOOST_TEST(other.counters().exchanges == 2U);
}

BOOST_AUTO_TEST_CASE(each_may_complete_what_the_main_server_switches_on) {
  Stage stage;
  stage.start(location("/app/") +
              "Listen 127.0.0.1:${PORT2}\n"
              "<VirtualHost *:${PORT}>\nServerName one.test\nCrowdConfluenceURL ${CONFLUENCE}\n"
              "</VirtualHost>\n"
              "<VirtualHost *:${PORT}>\nServerName two.test\n</VirtualHost>\n");
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/app/", {"Host: one.test", alice}).user() == "alice");

  // Neither the main server nor the other one knows whom to ask.
  stage.app.forget();
  stage.httpd.log().expect("CCF0011: ");
  for (const std::uint16_t port : {stage.httpd.port(), stage.httpd.port2()}) {
    const Response response = Client(port).get("/app/", {"Host: two.test", alice});
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.result() == "unavailable");
    BOOST_TEST(response.reason() == "internal");
    BOOST_TEST(stage.seen_by_app().cookie("JSESSIONID").empty());
  }
  BOOST_TEST(stage.httpd.log().count("CCF0011: ") == 2U);
}

BOOST_AUTO_TEST_CASE(but_somebody_must) {
  const std::string on = "<Location /app/>\nCrowdConfluence On\n</Location>\n";
  const std::string url = "CrowdConfluenceURL http://127.0.0.1/\n";
  const auto host = [](const std::string& directives) {
    return "<VirtualHost *:${PORT}>\n" + directives + "</VirtualHost>\n";
  };
  HttpdServer httpd;
  for (const std::string& configuration : {on + host(""), on + host("") + host(""), host(on),
                                           // Another host's is none of this one's.
                                           host(on) + host(url), on + host(url) + host(on)}) {
    const auto message = httpd.start_refused(configuration);
    BOOST_TEST(message.has_value(), configuration);
    if (message) BOOST_TEST(message->find("CCF0002: ") != std::string::npos, *message);
  }
}

BOOST_AUTO_TEST_CASE(one_that_is_down_does_not_harm_the_other) {
  atlassian::Simulator other(trusting_loopback());
  HttpdOptions options;
  options.defines["OTHER"] = other.confluence_url();
  Stage stage(options);
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/one/") +
              location("/two/", "CrowdConfluenceURL ${OTHER}"));
  const std::string alice = stage.cookie_line("alice");
  other.log_in_as("alice", "127.0.0.1", alice.substr(alice.find('=') + 1));
  other.stop_listening(atlassian::Server::kConfluence);
  stage.httpd.log().expect("CCF0010: ");
  const Response down = stage.get("/two/", {alice});
  BOOST_TEST(down.result() == "unavailable");
  BOOST_TEST(down.reason() == "refused");
  BOOST_TEST(stage.get("/one/", {alice}).user() == "alice");
  other.start_listening(atlassian::Server::kConfluence);
  BOOST_TEST(stage.get("/two/", {alice}).user() == "alice");
}

BOOST_AUTO_TEST_SUITE_END()
