// Crowd's client against the simulator, against servers that answer as a test tells them, and
// against recordings.

#include "crowd_confluence/crowd/client.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ostream>
#include <string>
#include <string_view>

#include "crowd/answer.h"
#include "harness/http_testing.h"
#include "harness/recording.h"
#include "simulator.h"
#include "support/raw_server.h"

namespace crowd_confluence {
std::ostream& operator<<(std::ostream& out, CrowdFailure failure) {
  return out << to_string(failure);
}
}  // namespace crowd_confluence

using namespace crowd_confluence;
using atlassian::Server;
using test_support::RawServer;
namespace data = boost::unit_test::data;

namespace {

constexpr std::string_view kPassword = "application-password";
constexpr std::string_view kAddress = "127.0.0.2";

CrowdSettings settings_of(const std::string& url) {
  CrowdSettings settings;
  settings.base_url = parse_base_url(url).value();
  settings.application = "confluence";
  settings.password = SecretText(kPassword);
  return settings;
}

CrowdClient::Deadline in_good_time() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(5);
}

struct Stage {
  static atlassian::SimulatorOptions options() {
    atlassian::SimulatorOptions options;
    options.crowd.trusted_proxies = {"127.0.0.1"};
    return options;
  }

  std::vector<atlassian::ReceivedRequest> requests() const {
    return simulator.requests(Server::kCrowd);
  }

  atlassian::Simulator simulator{options()};
  std::string token = simulator.log_in("alice", kAddress);
  CrowdClient client{settings_of(simulator.crowd_url())};
};

template <typename T>
void check_failure(const Expected<T, CrowdError>& result, CrowdFailure failure) {
  BOOST_TEST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().failure == failure,
             result.error().failure << ": " << result.error().text);
  BOOST_TEST(!result.error().text.empty());
  BOOST_TEST(result.error().text.find(kPassword) == std::string::npos);
}

struct Answered {
  const char* bytes;
  CrowdFailure failure;
};
std::ostream& operator<<(std::ostream& out, const Answered& answered) {
  return out << answered.failure;
}

const Answered kAnswers[] = {
    {"HTTP/1.1 401 \r\nWWW-Authenticate: Basic realm=\"Crowd REST Service\"\r\n"
     "Content-Length: 0\r\n\r\n",
     CrowdFailure::bad_credentials},
    {"HTTP/1.1 401 \r\nWWW-Authenticate: Basic realm=\"gate\"\r\nContent-Length: 0\r\n\r\n",
     CrowdFailure::not_a_crowd},
    {"HTTP/1.1 403 \r\nX-Embedded-Crowd-Version: Crowd/5.1.0\r\nContent-Type: text/html\r\n"
     "Content-Length: 6\r\n\r\n<html>",
     CrowdFailure::application_closed},
    {"HTTP/1.1 403 \r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
     CrowdFailure::not_a_crowd},
    {"HTTP/1.1 403 \r\nContent-Type: application/json\r\nContent-Length: 38\r\n\r\n"
     "{\"reason\":\"APPLICATION_ACCESS_DENIED\"}",
     CrowdFailure::access_denied},
    {"HTTP/1.1 302 \r\nLocation: /console\r\nContent-Length: 0\r\n\r\n", CrowdFailure::not_a_crowd},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", CrowdFailure::not_a_crowd},
    {"HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n", CrowdFailure::not_a_crowd},
    {"HTTP/1.1 200 OK\r\nX-Embedded-Crowd-Version: Crowd/5.1.0\r\nContent-Length: 2\r\n\r\n{}",
     CrowdFailure::unexpected_answer},
    {"HTTP/1.1 429 \r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", CrowdFailure::rate_limited},
    {"HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n", CrowdFailure::server_error},
    {"nonsense\r\n\r\n", CrowdFailure::protocol},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", CrowdFailure::too_large},
    {"", CrowdFailure::network},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(crowd_client)

BOOST_FIXTURE_TEST_CASE(tells_the_cookie, Stage) {
  simulator.configure_crowd([](auto& crowd) {
    crowd.cookie_name = "studio.crowd.tokenkey";
    crowd.cookie_domain = ".example.com";
    crowd.cookie_secure = true;
  });
  const auto cookie = client.cookie_config(in_good_time());
  BOOST_TEST_REQUIRE(cookie.has_value());
  BOOST_TEST(cookie.value().name == "studio.crowd.tokenkey");
  BOOST_TEST(cookie.value().domain == ".example.com");
  BOOST_TEST(cookie.value().secure);
}

BOOST_FIXTURE_TEST_CASE(asks_in_its_own_name_and_forwards_nothing, Stage) {
  BOOST_TEST(client.cookie_config(in_good_time()).has_value());
  BOOST_TEST_REQUIRE(requests().size() == 1U);
  BOOST_TEST(requests()[0].target == "/crowd/rest/usermanagement/1/config/cookie");
  BOOST_TEST(requests()[0].header("Authorization").size() == 1U);
  BOOST_TEST(requests()[0].header("X-Forwarded-For").empty());
  BOOST_TEST(requests()[0].header("Cookie").empty());
}

BOOST_FIXTURE_TEST_CASE(looks_a_token_up_whatever_the_address, Stage) {
  const auto session = client.session(token, in_good_time());
  BOOST_TEST_REQUIRE(session.has_value());
  BOOST_TEST(session.value().user == "alice");
  BOOST_TEST_REQUIRE(session.value().created.has_value());
  BOOST_TEST((session.value().expires > session.value().created));
}

BOOST_FIXTURE_TEST_CASE(validates_with_factors, Stage) {
  const auto with = [&](std::string remote, std::string forwarded) {
    return client.validate(token, {std::move(remote), std::move(forwarded)}, in_good_time());
  };
  BOOST_TEST(with("127.0.0.2", "").has_value());
  BOOST_TEST(with("127.0.0.1", "127.0.0.2").has_value());
  check_failure(with("127.0.0.3", ""), CrowdFailure::invalid_token);
  check_failure(with("127.0.0.9", "127.0.0.2"), CrowdFailure::invalid_token);
  BOOST_TEST(requests().back().method == "POST");
  BOOST_TEST(requests().back().body ==
             R"({"validationFactors":[{"name":"remote_address","value":"127.0.0.9"},)"
             R"({"name":"X-Forwarded-For","value":"127.0.0.2"}]})");
}

BOOST_FIXTURE_TEST_CASE(encodes_the_token, Stage) {
  const std::string odd = "ab+c/d.e=~00";
  simulator.log_in_as("alice", kAddress, odd);
  BOOST_TEST(client.session('"' + odd + '"', in_good_time()).has_value());
  BOOST_TEST(requests().back().target ==
             "/crowd/rest/usermanagement/1/session/ab%2Bc%2Fd%2Ee%3D~00");
}

BOOST_FIXTURE_TEST_CASE(asks_for_no_token_that_is_none, Stage) {
  for (const std::string& bad : {std::string("a b"), std::string("a\r\nb"), std::string(),
                                 std::string("../x?y"), std::string(5000, 'a')}) {
    check_failure(client.session(bad, in_good_time()), CrowdFailure::internal);
    check_failure(client.validate(bad, {"127.0.0.2", {}}, in_good_time()), CrowdFailure::internal);
  }
  BOOST_TEST(requests().empty());
}

BOOST_FIXTURE_TEST_CASE(tells_refusals_apart, Stage) {
  simulator.expire_token(token);
  check_failure(client.session(token, in_good_time()), CrowdFailure::invalid_token);
  simulator.configure_crowd([](auto& crowd) { crowd.invalid_token_status = 404; });
  check_failure(client.session(token, in_good_time()), CrowdFailure::invalid_token);
  simulator.configure_crowd([](auto& crowd) { crowd.allowed_clients = {"10.0.0.0/8"}; });
  const auto forbidden = client.cookie_config(in_good_time());
  check_failure(forbidden, CrowdFailure::address_forbidden);
  BOOST_TEST(forbidden.error().address == "127.0.0.1");
  simulator.configure_crowd([](auto& crowd) {
    crowd.allowed_clients = {};
    crowd.application_password = "another";
  });
  check_failure(client.cookie_config(in_good_time()), CrowdFailure::bad_credentials);
}

BOOST_DATA_TEST_CASE(knows_other_answers, data::make(kAnswers), answered) {
  RawServer server(http_testing::once(answered.bytes));
  CrowdClient client(settings_of(server.url()));
  check_failure(client.cookie_config(in_good_time()), answered.failure);
}

BOOST_AUTO_TEST_CASE(tells_that_nobody_answers) {
  const test_support::RefusingPort refusing;
  CrowdClient nobody(settings_of("http://127.0.0.1:" + std::to_string(refusing.port())));
  const auto refused = nobody.cookie_config(in_good_time());
  check_failure(refused, CrowdFailure::refused);
  BOOST_TEST(refused.error().is_unconnected);

  RawServer silent([](auto& connection) { connection.wait_for_close(); });
  CrowdClient late(settings_of(silent.url()));
  const auto timed_out =
      late.cookie_config(std::chrono::steady_clock::now() + std::chrono::milliseconds(50));
  check_failure(timed_out, CrowdFailure::timeout);
  BOOST_TEST(!timed_out.error().is_unconnected);
}

BOOST_AUTO_TEST_CASE(reads_what_was_recorded) {
  const auto recorded = [](const char* name) { return parse_response(read_recording(name)); };
  const auto forbidden = refusal_in(recorded("crowd-403-client-forbidden-tomcat7-html"), false);
  BOOST_TEST_REQUIRE(forbidden.has_value());
  BOOST_TEST(forbidden->failure == CrowdFailure::address_forbidden);
  BOOST_TEST(forbidden->address == "0:0:0:0:0:0:0:1");
  const auto unknown = refusal_in(recorded("crowd-session-404-invalid-sso-token-stub"), true);
  BOOST_TEST_REQUIRE(unknown.has_value());
  BOOST_TEST(unknown->failure == CrowdFailure::invalid_token);

  // Of these the body was recorded, and the headers were not.
  const HttpHeader version{"X-Embedded-Crowd-Version", "Crowd/5.1.0"};
  HttpResponse config = recorded("crowd-config-cookie-json");
  BOOST_TEST(cookie_in(config).error().failure == CrowdFailure::not_a_crowd);
  config.headers.push_back(version);
  BOOST_TEST_REQUIRE(cookie_in(config).has_value());
  BOOST_TEST(cookie_in(config).value().name == "crowd.token_key");
  HttpResponse session = recorded("crowd-session-validate-200-json");
  session.headers.push_back(version);
  BOOST_TEST_REQUIRE(session_in(session).has_value());
  BOOST_TEST(session_in(session).value().user == "foobar");
  HttpResponse no_user = recorded("crowd-400-user-not-found-json");
  no_user.headers.push_back(version);
  BOOST_TEST(refusal_in(no_user, true)->failure == CrowdFailure::unexpected_answer);
}

BOOST_AUTO_TEST_SUITE_END()
