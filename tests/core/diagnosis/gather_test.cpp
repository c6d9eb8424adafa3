// Evidence from the simulated Crowd and Confluence, and from servers that do what a test tells
// them.

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/diagnosis/diagnosis.h"
#include "harness/http_testing.h"
#include "harness/printing.h"
#include "simulator.h"
#include "support/raw_server.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using atlassian::Server;
using test_support::RawServer;

namespace {

constexpr std::string_view kAddress = "127.0.0.2";

struct Stage {
  static atlassian::SimulatorOptions options() {
    atlassian::SimulatorOptions options;
    options.crowd.trusted_proxies = {"127.0.0.1"};
    options.confluence.context_path = "/confluence";
    return options;
  }

  Stage() {
    confluence_at.base_url = parse_base_url(simulator.confluence_url()).value();
    crowd_at.base_url = parse_base_url(simulator.crowd_url()).value();
    crowd_at.application = "confluence";
    crowd_at.password = SecretText("application-password");
    request.client_address = kAddress;
    token = simulator.log_in("alice", kAddress);
  }

  Finding found(bool asks_crowd = true) {
    ConfluenceClient confluence_client(confluence_at);
    CrowdClient crowd_client(crowd_at);
    Evidence known;
    known.setup = setup_of(confluence_at, asks_crowd ? &crowd_at : nullptr);
    known.setup.candidates = candidates;
    known.request = request;
    known.observed = observed;
    if (!token.empty())
      note_cookies(confluence_at.token_cookie + "=" + token, confluence_at, known.request);
    asked.clear();
    simulator.forget_requests();
    evidence =
        gather(std::move(known), token, confluence_client, asks_crowd ? &crowd_client : nullptr,
               limits, [&](std::string_view words) { asked.emplace_back(words); });
    check_questions();
    return diagnose(evidence);
  }

  void check_questions() const {
    const auto of_confluence = simulator.requests(Server::kConfluence);
    const auto of_crowd = simulator.requests(Server::kCrowd);
    BOOST_TEST(asked.size() <= 8U);
    const std::size_t lost = evidence.probe && evidence.probe->is_unconnected ? 1 : 0;
    BOOST_TEST(of_confluence.size() + of_crowd.size() + lost == asked.size());
    for (const auto& received : of_confluence)
      BOOST_TEST(!received.cookie("JSESSIONID").has_value());
    for (const auto& received : of_crowd) BOOST_TEST(received.header("X-Forwarded-For").empty());
  }

  void check(Cause cause, Certainty certainty, bool asks_crowd = true) {
    const Finding finding = found(asks_crowd);
    BOOST_TEST_REQUIRE(finding.cause.has_value());
    BOOST_TEST(to_string(*finding.cause) == to_string(cause));
    BOOST_TEST(to_string(finding.certainty) == to_string(certainty));
    const std::string json = to_json(finding);
    BOOST_TEST((token.empty() || json.find(token) == std::string::npos));
    BOOST_TEST(json.find("application-password") == std::string::npos);
  }

  atlassian::Simulator simulator{options()};
  ConfluenceSettings confluence_at;
  CrowdSettings crowd_at;
  RequestEvidence request;
  Observations observed;
  std::vector<std::string> candidates;
  GatherLimits limits;
  std::string token;

  std::vector<std::string> asked;
  Evidence evidence;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(gathering, Stage)

BOOST_AUTO_TEST_CASE(ends_early_with_a_session) {
  const Finding finding = found();
  BOOST_TEST(finding.result == Result::session);
  BOOST_TEST(finding.user == "alice");
  BOOST_TEST(!finding.cause.has_value());
  BOOST_TEST(asked.size() == 2U);
  BOOST_TEST(evidence.probe->local_address == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(finds_an_untrusted_proxy) {
  simulator.configure_crowd([](auto& crowd) { crowd.trusted_proxies = {}; });
  check(Cause::untrusted_proxy, Certainty::proven);
  BOOST_TEST(asked.size() == 5U);
  BOOST_TEST(diagnose(evidence).remedy.find("Add 127.0.0.1 to Trusted proxy servers") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(finds_a_proxy_to_which_the_token_is_bound) {
  token = simulator.log_in("alice", "127.0.0.9");
  candidates = {"127.0.0.8", "127.0.0.9"};
  check(Cause::token_bound_to_proxy, Certainty::proven);
  candidates = {};
  check(Cause::address_changed, Certainty::proven);
  BOOST_TEST(asked.size() <= 8U);
}

BOOST_AUTO_TEST_CASE(tells_that_it_could_not_try_all_candidates) {
  token = simulator.log_in("alice", "127.0.0.9");
  candidates = {"127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.9"};
  check(Cause::address_changed, Certainty::likely);
  BOOST_TEST(asked.size() == 8U);
  BOOST_TEST(evidence.has_untried_candidates);
}

BOOST_AUTO_TEST_CASE(finds_that_a_token_is_made_for_this_server) {
  token = simulator.log_in("alice", "127.0.0.1");
  check(Cause::token_bound_to_proxy, Certainty::proven);
  BOOST_TEST(evidence.probe_without_address.has_value());
  check(Cause::token_bound_to_proxy, Certainty::proven, false);
  BOOST_TEST(asked.size() == 2U);
}

BOOST_AUTO_TEST_CASE(finds_the_user_in_a_chain) {
  note_forwarded_for("127.0.0.2, 127.0.0.7", request);
  request.client_address = "127.0.0.7";
  check(Cause::forwarded_for_chain, Certainty::proven);
}

BOOST_AUTO_TEST_CASE(finds_another_form_of_an_address) {
  request.client_address = "2001:db8::7";
  token = simulator.log_in("alice", "2001:db8:0:0:0:0:0:7");
  check(Cause::address_form, Certainty::proven);
}

BOOST_AUTO_TEST_CASE(finds_an_expired_token) {
  simulator.expire_token(token);
  check(Cause::token_expired, Certainty::proven);
  BOOST_TEST(asked.size() == 3U);
  observed.just_logged_in = true;
  check(Cause::two_crowds, Certainty::likely);
}

BOOST_AUTO_TEST_CASE(finds_that_confluence_does_not_look) {
  simulator.configure_confluence([](auto& confluence) { confluence.sso_enabled = false; });
  check(Cause::sso_off, Certainty::ambiguous);
  const std::vector<Cause> both{Cause::sso_off, Cause::crowd_link};
  BOOST_TEST((diagnose(evidence).candidates == both));
  simulator.configure_confluence([](auto& confluence) {
    confluence.sso_enabled = true;
    confluence.crowd_reachable = false;
  });
  check(Cause::sso_off, Certainty::ambiguous);
  BOOST_TEST((diagnose(evidence).candidates == both));
}

BOOST_AUTO_TEST_CASE(finds_a_user_who_may_not) {
  token = simulator.log_in("dave", kAddress);
  check(Cause::not_permitted, Certainty::proven);
  BOOST_TEST(asked.size() == 1U);
  simulator.configure_confluence([](auto& options) {
    options.strip_seraph_headers = true;
    options.forbid_users_without_permission = false;
  });
  check(Cause::user_not_in_confluence, Certainty::likely);
}

BOOST_AUTO_TEST_CASE(finds_how_crowd_refuses_this_server) {
  simulator.configure_crowd([](auto& crowd) { crowd.trusted_proxies = {}; });
  crowd_at.password = SecretText("wrong");
  check(Cause::crowd_password, Certainty::proven);
  crowd_at.password = SecretText("application-password");
  simulator.configure_crowd([](auto& crowd) { crowd.allowed_clients = {"10.0.0.0/8"}; });
  check(Cause::crowd_address_forbidden, Certainty::proven);
  BOOST_TEST(diagnose(evidence).remedy.starts_with("Add 127.0.0.1 to"));
  crowd_at.base_url = parse_base_url(simulator.crowd_url() + "/console").value();
  check(Cause::not_a_crowd, Certainty::proven);
}

BOOST_AUTO_TEST_CASE(finds_another_name_of_the_cookie) {
  simulator.configure_crowd([](auto& crowd) { crowd.cookie_name = "studio.crowd.tokenkey"; });
  check(Cause::cookie_name, Certainty::proven);
  token.clear();
  check(Cause::cookie_name, Certainty::proven);
  BOOST_TEST(asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(finds_that_the_cookie_cannot_come) {
  token.clear();
  request.scheme = "http";
  request.host = "app.example.com";
  check(Cause::cookie_domain, Certainty::proven);
  simulator.configure_crowd([](auto& crowd) {
    crowd.cookie_domain = "example.com";
    crowd.cookie_secure = true;
  });
  check(Cause::cookie_secure, Certainty::proven);
}

BOOST_AUTO_TEST_CASE(finds_that_confluence_is_down_or_busy) {
  simulator.configure_confluence(
      [](auto& options) { options.maintenance = atlassian::Maintenance::kErrorPage; });
  check(Cause::maintenance, Certainty::proven);
  simulator.configure_confluence(
      [](auto& options) { options.maintenance = atlassian::Maintenance::kUnavailable; });
  check(Cause::maintenance, Certainty::proven);
  simulator.configure_confluence([](auto& options) {
    options.maintenance = atlassian::Maintenance::kNone;
    options.rate_limit = atlassian::RateLimit{.limit = 0, .fill_rate = 0};
  });
  check(Cause::rate_limited, Certainty::proven);
}

BOOST_AUTO_TEST_CASE(finds_a_cluster_without_its_cookie) {
  simulator.configure_confluence([](auto& options) {
    options.nodes = 2;
    options.sticky_cookie = "SERVERID";
  });
  confluence_at.session_cookies = CookieNames();
  BOOST_TEST(confluence_at.session_cookies.add("JSESSIONID").has_value());
  check(Cause::cluster_node, Certainty::proven);
}

BOOST_AUTO_TEST_CASE(finds_nobody) {
  simulator.stop_listening(Server::kConfluence);
  check(Cause::unreachable, Certainty::proven);
}

BOOST_AUTO_TEST_CASE(needs_no_more_time_than_it_may_take) {
  RawServer silent([](auto& connection) {
    while (connection.read_request()) {
    }
  });
  confluence_at.base_url = parse_base_url(silent.url()).value();
  limits.time = 200ms;
  ConfluenceClient client(confluence_at);
  Evidence known;
  known.setup = setup_of(confluence_at, nullptr);
  known.request = request;
  note_cookies("crowd.token_key=" + token, confluence_at, known.request);
  const auto begin = std::chrono::steady_clock::now();
  const Evidence gathered = gather(known, token, client, nullptr, limits);
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 200ms + http_testing::kPatience));
  const Finding finding = diagnose(gathered);
  BOOST_TEST((finding.cause == Cause::unreachable));
  BOOST_TEST(finding.result == Result::unavailable);
  BOOST_TEST(finding.reason == Reason::timeout);
}

/// Only the token makes Confluence ask Crowd.
BOOST_AUTO_TEST_CASE(finds_that_only_the_token_makes_confluence_slow) {
  RawServer server([](auto& connection) {
    while (const auto head = connection.read_request()) {
      if (head->find("Cookie:") != std::string::npos) connection.wait_for_close();
      connection.write(http_testing::kOk);
    }
  });
  confluence_at.base_url = parse_base_url(server.url()).value();
  limits.time = 300ms;
  ConfluenceClient client(confluence_at);
  Evidence known;
  known.setup = setup_of(confluence_at, nullptr);
  known.request = request;
  note_cookies("crowd.token_key=" + token, confluence_at, known.request);
  const Finding finding = diagnose(gather(known, token, client, nullptr, limits));
  BOOST_TEST((finding.cause == Cause::crowd_slow));
  BOOST_TEST((finding.certainty == Certainty::likely));
}

BOOST_AUTO_TEST_CASE(finds_a_gate_and_a_wrong_url) {
  const auto found_at = [&](const std::string& answer) {
    RawServer server(http_testing::once(answer));
    confluence_at.base_url = parse_base_url(server.url()).value();
    ConfluenceClient client(confluence_at);
    Evidence known;
    known.setup = setup_of(confluence_at, nullptr);
    known.request = request;
    known.request.token = TokenState::usable;
    return diagnose(gather(known, token, client, nullptr, {.questions = 1})).cause;
  };
  BOOST_TEST((found_at("HTTP/1.1 302 \r\nLocation: https://idp.example.com/authorize?x=1\r\n"
                       "Content-Length: 0\r\n\r\n") == Cause::foreign_gate));
  BOOST_TEST((found_at("HTTP/1.1 301 \r\nLocation: https://127.0.0.1/rest/api/user/current\r\n"
                       "Content-Length: 0\r\n\r\n") == Cause::base_url));
  BOOST_TEST((found_at("HTTP/1.1 200 OK\r\nAge: 7\r\nContent-Length: 2\r\n\r\n{}") ==
              Cause::cached_answer));
  BOOST_TEST((found_at("HTTP/1.1 431 \r\nContent-Length: 0\r\n\r\n") == Cause::header_too_large));
  BOOST_TEST((found_at("HTTP/1.1 200 OK\r\nX-Seraph-LoginReason: AUTHENTICATION_DENIED\r\n"
                       "X-AUSERNAME: anonymous\r\nContent-Length: 20\r\n\r\n"
                       "{\"type\":\"anonymous\"}") == Cause::captcha));
}

BOOST_AUTO_TEST_CASE(takes_cookies_and_chains_as_they_come) {
  RequestEvidence read;
  note_cookies("a=1; crowd.token_key=; JSESSIONID=x", confluence_at, read);
  note_cookies("crowd.token_key=abc00; a=2", confluence_at, read);
  BOOST_TEST((read.token == TokenState::empty));
  BOOST_TEST(read.token_cookies == 2U);
  BOOST_TEST(read.has_session_cookie);
  BOOST_TEST(read.cookie_names == (std::vector<std::string>{"a", "crowd.token_key", "JSESSIONID"}),
             boost::test_tools::per_element());
  note_forwarded_for(" 192.0.2.1, unknown,2001:DB8::1 ", read);
  BOOST_TEST(read.forwarded_for == (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
