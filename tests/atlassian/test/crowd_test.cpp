// Crowd: tokens, validation factors, the application's access, the log-in page.
#include <boost/test/unit_test.hpp>

#include "client.h"
#include "json_text.h"
#include "text.h"

namespace atlassian {
namespace {

// confluence:application-password
const HeaderLines kApplication = {
    {"Authorization", "Basic Y29uZmx1ZW5jZTphcHBsaWNhdGlvbi1wYXNzd29yZA=="},
    {"Content-Type", "application/json"}};
const std::string kSession = "/crowd/rest/usermanagement/1/session";

std::string factors(const std::string& remote, const std::string& forwarded = {}) {
  std::string list = R"({"name":"remote_address","value":")" + remote + "\"}";
  if (!forwarded.empty()) {
    list += R"(,{"name":"X-Forwarded-For","value":")" + forwarded + "\"}";
  }
  return "{\"validationFactors\":[" + list + "]}";
}

unsigned validate(const Simulator& simulator, const std::string& token, const std::string& remote,
                  const std::string& forwarded = {}) {
  return Client(simulator.crowd_port())
      .request("POST", kSession + '/' + token, kApplication, factors(remote, forwarded))
      .status;
}

json::object body_of(const Answer& answer) {
  return parse_json_object(answer.body).value_or(json::object());
}

HeaderLines form() {
  return {{"Content-Type", "application/x-www-form-urlencoded"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(crowd)

BOOST_AUTO_TEST_CASE(token_is_bound_to_the_address) {
  Simulator simulator;
  const std::string token = simulator.log_in("alice", "127.0.0.2");
  BOOST_TEST(validate(simulator, token, "127.0.0.2") == 200U);
  BOOST_TEST(validate(simulator, token, "127.0.0.3") == 400U);
  BOOST_TEST(validate(simulator, "unknown", "127.0.0.2") == 400U);
  // The GET does not look at factors.
  const Answer get = Client(simulator.crowd_port()).get(kSession + '/' + token, kApplication);
  BOOST_TEST(get.status == 200U);
  BOOST_TEST(get.header("X-Embedded-Crowd-Version") == "Crowd/5.1.0");
}

BOOST_AUTO_TEST_CASE(forwarded_address_counts_from_trusted_proxies_only) {
  Simulator simulator;
  const std::string token = simulator.log_in("alice", "10.1.1.1");
  BOOST_TEST(validate(simulator, token, "127.0.0.1", "10.1.1.1") == 400U);
  simulator.configure_crowd([](CrowdOptions& crowd) { crowd.trusted_proxies = {"127.0.0.0/8"}; });
  BOOST_TEST(validate(simulator, token, "127.0.0.1", "10.1.1.1") == 200U);
  BOOST_TEST(validate(simulator, token, "127.0.0.1", "10.1.1.2") == 400U);
}

BOOST_AUTO_TEST_CASE(two_readings_of_a_chain) {
  Simulator simulator;
  simulator.configure_crowd([](CrowdOptions& crowd) { crowd.trusted_proxies = {"127.0.0.1"}; });
  const std::string spoofed = "9.9.9.9, 10.1.1.1";
  const std::string by_peer = simulator.log_in("alice", "127.0.0.1");
  const std::string by_client = simulator.log_in("alice", "10.1.1.1");
  BOOST_TEST(validate(simulator, by_peer, "127.0.0.1", spoofed) == 200U);
  BOOST_TEST(validate(simulator, by_client, "127.0.0.1", spoofed) == 400U);
  BOOST_TEST(validate(simulator, by_client, "127.0.0.1", "10.1.1.1, 127.0.0.1") == 200U);
  simulator.configure_crowd([](CrowdOptions& crowd) {
    crowd.forwarded_for_reading = ForwardedForReading::kDocumentation;
  });
  BOOST_TEST(validate(simulator, by_client, "127.0.0.1", spoofed) == 200U);
  BOOST_TEST(validate(simulator, by_peer, "127.0.0.1", spoofed) == 400U);
  BOOST_TEST(validate(simulator, by_client, "127.0.0.1", "10.1.1.1, 127.0.0.1") == 200U);
}

BOOST_AUTO_TEST_CASE(ipv6_text_forms_differ_unless_normalised) {
  Simulator simulator;
  const std::string token = simulator.log_in("alice", "0:0:0:0:0:0:0:1");
  BOOST_TEST(validate(simulator, token, "::1") == 400U);
  simulator.configure_crowd([](CrowdOptions& crowd) { crowd.normalise_addresses = true; });
  BOOST_TEST(validate(simulator, token, "::1") == 200U);
  const std::string v4 = simulator.log_in("alice", "10.1.1.1");
  BOOST_TEST(validate(simulator, v4, "::ffff:10.1.1.1") == 200U);
}

BOOST_AUTO_TEST_CASE(inconsistent_ip_looks_at_no_address_and_ends_sessions) {
  Simulator simulator;
  const std::string before = simulator.log_in("alice", "10.1.1.1");
  simulator.configure_crowd([](CrowdOptions& crowd) { crowd.consistent_ip = false; });
  BOOST_TEST(!simulator.token_valid(before));
  const std::string after = simulator.log_in("alice", "10.1.1.1");
  BOOST_TEST(validate(simulator, after, "10.2.2.2") == 200U);
}

BOOST_AUTO_TEST_CASE(tokens_end) {
  Simulator simulator;
  const std::string expired = simulator.log_in("alice", "10.1.1.1");
  BOOST_TEST(simulator.expire_token(expired));
  BOOST_TEST(validate(simulator, expired, "10.1.1.1") == 400U);

  const std::string aged = simulator.log_in("alice", "10.1.1.1");
  simulator.advance_clock(std::chrono::minutes(29));
  BOOST_TEST(validate(simulator, aged, "10.1.1.1") == 200U);  // and lives on
  simulator.advance_clock(std::chrono::minutes(29));
  BOOST_TEST(simulator.token_valid(aged));
  simulator.advance_clock(std::chrono::minutes(1));
  BOOST_TEST(!simulator.token_valid(aged));

  const std::string left = simulator.log_in("bob", "10.1.1.1");
  const Answer deleted =
      Client(simulator.crowd_port()).request("DELETE", kSession + '/' + left, kApplication);
  BOOST_TEST(deleted.status == 204U);
  BOOST_TEST(!simulator.log_out(left));
}

BOOST_AUTO_TEST_CASE(log_in_over_rest) {
  Simulator simulator;
  const std::string who = R"({"username":"alice","password":"alice","validation-factors":)";
  const Answer made = Client(simulator.crowd_port())
                          .request("POST", kSession + "?expand=user", kApplication,
                                   who + factors("10.1.1.1") + "}");
  BOOST_TEST(made.status == 201U);
  const std::string token = text_member(body_of(made), "token");
  BOOST_TEST(validate(simulator, token, "10.1.1.1") == 200U);
  BOOST_TEST(text_member(body_of(made).at("user").as_object(), "display-name") == "Alice Archer");

  const Answer wrong =
      Client(simulator.crowd_port())
          .request("POST", kSession, kApplication, R"({"username":"alice","password":"bob"})");
  BOOST_TEST(wrong.status == 400U);
  BOOST_TEST(text_member(body_of(wrong), "reason") == "INVALID_USER_AUTHENTICATION");
  const Answer junk =
      Client(simulator.crowd_port()).request("POST", kSession, kApplication, "alice");
  BOOST_TEST(junk.status == 400U);
}

BOOST_AUTO_TEST_CASE(applications_password_and_address) {
  Simulator simulator;
  const std::string resource = "/crowd/rest/usermanagement/1/config/cookie";
  BOOST_TEST(Client(simulator.crowd_port()).get(resource).status == 401U);
  // confluence:wrong
  const HeaderLines wrong = {{"Authorization", "Basic Y29uZmx1ZW5jZTp3cm9uZw=="}};
  BOOST_TEST(Client(simulator.crowd_port()).get(resource, wrong).status == 401U);
  simulator.configure_crowd([](CrowdOptions& crowd) { crowd.allowed_clients = {"127.0.0.2"}; });
  BOOST_TEST(Client(simulator.crowd_port()).get(resource, kApplication).status == 403U);
  BOOST_TEST(Client(simulator.crowd_port(), "127.0.0.2").get(resource, kApplication).status ==
             200U);
}

BOOST_AUTO_TEST_CASE(forms_of_tokens) {
  Simulator simulator;
  const std::string shorter = simulator.log_in("alice", "10.1.1.1");
  BOOST_TEST(shorter.size() == 24U);
  BOOST_TEST(shorter.substr(22) == "00");
  simulator.configure_crowd([](CrowdOptions& crowd) { crowd.token_style = TokenStyle::kLong; });
  const std::string longer = simulator.log_in("alice", "10.1.1.1");
  BOOST_TEST(longer.size() > 80U);
  BOOST_TEST(longer.back() == '=');
  BOOST_TEST(longer.find('-') != std::string::npos);
  BOOST_TEST(longer.find('_') != std::string::npos);
  BOOST_TEST(validate(simulator, longer, "10.1.1.1") == 200U);
  simulator.log_in_as("bob", "10.1.1.1", "of-my-choice");
  BOOST_TEST(validate(simulator, "of-my-choice", "10.1.1.1") == 200U);
  BOOST_CHECK_THROW(simulator.log_in("nobody", "10.1.1.1"), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(login_page) {
  Simulator simulator;
  const std::string page = "/crowd/console/login";
  const Answer shown = Client(simulator.crowd_port(), "127.0.0.5").get(page);
  BOOST_TEST(shown.status == 200U);
  BOOST_TEST(shown.body.find("Alice Archer") != std::string::npos);
  BOOST_TEST(shown.body.find("127.0.0.5") != std::string::npos);
  // Without it, browsers ask for /favicon.ico, which is not there.
  BOOST_TEST(shown.body.find("rel=\"icon\"") != std::string::npos);

  const Answer chosen = Client(simulator.crowd_port(), "127.0.0.5")
                            .request("POST", page + "?dest=/app/", form(), "username=bob");
  BOOST_TEST(chosen.status == 303U);
  BOOST_TEST(chosen.header("Location") == "/app/");
  const std::string token = chosen.set_cookie("crowd.token_key").value_or("");
  BOOST_TEST(validate(simulator, token, "127.0.0.5") == 200U);

  const HeaderLines cookie = {{"Cookie", "crowd.token_key=" + token}};
  const Answer again = Client(simulator.crowd_port(), "127.0.0.5").get(page, cookie);
  BOOST_TEST(again.body.find("You are logged in as <b>bob</b>") != std::string::npos);
  BOOST_TEST(again.body.find(token) == std::string::npos);
  const Answer off = Client(simulator.crowd_port()).get("/crowd/console/logoff", cookie);
  BOOST_TEST(off.set_cookie("crowd.token_key").value_or("") == "\"\"");
  BOOST_TEST(!simulator.token_valid(token));
}

BOOST_AUTO_TEST_CASE(login_page_with_passwords) {
  Simulator simulator;
  const std::string page = "/crowd/console/login";
  const auto status = [&](const std::string& fields) {
    return Client(simulator.crowd_port()).request("POST", page, form(), fields).status;
  };
  BOOST_TEST(status("username=bob&password=wrong") == 401U);
  BOOST_TEST(status("username=nobody") == 401U);
  simulator.configure_crowd([](auto& crowd) { crowd.login_page_without_password = false; });
  BOOST_TEST(status("username=bob") == 401U);
  BOOST_TEST(status("username=bob&password=bob") == 303U);
}

BOOST_AUTO_TEST_CASE(login_page_sends_nobody_to_another_host) {
  Simulator simulator;
  const auto location = [&](const std::string& destination, const HeaderLines& more = {}) {
    HeaderLines headers = form();
    headers.insert(headers.end(), more.begin(), more.end());
    return Client(simulator.crowd_port())
        .request("POST", "/crowd/console/login", headers,
                 "username=bob&dest=" + url_encode(destination))
        .header("Location");
  };
  BOOST_TEST(location("/app?a=b") == "/app?a=b");
  BOOST_TEST(location("http://127.0.0.1:8080/app") == "http://127.0.0.1:8080/app");
  for (const char* elsewhere :
       {"http://evil.example/", "//evil.example/", "/\\evil.example", "http://127.0.0.1@evil/",
        "javascript:alert(1)", "app", "http://127.0.0.1.evil.example/", "/a\r\nX-Evil: 1"}) {
    BOOST_TEST(location(elsewhere) == "login", elsewhere);
  }
  const HeaderLines forwarded = {{"X-Forwarded-Host", "intranet.example"}};
  BOOST_TEST(location("http://intranet.example/app", forwarded) == "login");
  simulator.configure_crowd([](CrowdOptions& crowd) { crowd.trusted_proxies = {"127.0.0.1"}; });
  BOOST_TEST(location("http://intranet.example/app", forwarded) == "http://intranet.example/app");
}

BOOST_AUTO_TEST_CASE(login_page_behind_a_trusted_proxy) {
  Simulator simulator(trusting());
  HeaderLines headers = form();
  headers.emplace_back("X-Forwarded-For", "10.1.1.1");
  const Answer chosen = Client(simulator.crowd_port())
                            .request("POST", "/crowd/console/login", headers, "username=bob");
  const std::string token = chosen.set_cookie("crowd.token_key").value_or("");
  BOOST_TEST(validate(simulator, token, "10.1.1.1") == 200U);
  BOOST_TEST(validate(simulator, token, "127.0.0.1") == 400U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace atlassian
