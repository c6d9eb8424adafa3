// What stands before and behind Confluence: gateway, cache, crowd.properties, Crowd's applications.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <set>

#include "questions.h"

namespace atlassian {
namespace {

SimulatorOptions with_second_crowd() {
  SimulatorOptions options = trusting();
  options.second_crowd.emplace();
  return options;
}

struct Fixture {
  Simulator simulator{with_second_crowd()};
  CauseSetUp made = good();

  CauseSetUp good() {
    CauseSetUp result;
    result.token = simulator.log_in("alice", Scene().client);
    result.application = simulator.crowd_options().application_name;
    result.application_password = simulator.crowd_options().application_password;
    return result;
  }
  Questions ask() { return Questions{simulator, made}; }
  Answer get(const std::string& target, const HeaderLines& headers = {}) {
    return Client(simulator.confluence_port()).get(target, headers);
  }
  void confluence(const std::function<void(ConfluenceOptions&)>& change) {
    simulator.configure_confluence(change);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(surroundings, Fixture)

BOOST_AUTO_TEST_CASE(a_gateway_has_none_of_atlassians_headers) {
  const std::pair<Gateway, unsigned> gateways[] = {{Gateway::kRedirect, 302},
                                                   {Gateway::kLoginPage, 200},
                                                   {Gateway::kUnauthorized, 401},
                                                   {Gateway::kForbidden, 403}};
  for (const auto& [gateway, status] : gateways) {
    confluence([gateway = gateway](auto& it) { it.gateway = gateway; });
    const Answer answer = ask().probe();
    BOOST_TEST(answer.status == status);
    for (const char* name : {"X-AUSERNAME", "X-Confluence-Request-Time", "X-Seraph-LoginReason"}) {
      BOOST_TEST(answer.header(name).empty());
    }
    BOOST_TEST(answer.all("Set-Cookie").empty());
  }
  BOOST_TEST(simulator.counters().sessions_created == 0U);
}

BOOST_AUTO_TEST_CASE(a_cache_serves_the_first_answer_to_everybody) {
  confluence([](auto& it) { it.cache = Cache::kAge; });
  simulator.probe_as("bob", "203.0.113.1");
  BOOST_TEST(ask().probe().header("Age") == "1");
  simulator.advance_clock(std::chrono::seconds(30));
  const std::string age = ask().probe().header("Age");
  BOOST_TEST((age == "30" || age == "31"));
  BOOST_TEST(ask().a() == "200 known bob other-token OK as bob");
  confluence([](auto& it) { it.cache = Cache::kXCache; });
  BOOST_TEST(ask().a() == "200 known alice token OK as alice MISS");
  BOOST_TEST(ask().a() == "200 known alice token OK as alice HIT");
  confluence([](auto& it) { it.cache = Cache::kSilent; });
  simulator.probe_as("bob", "203.0.113.1");
  BOOST_TEST(ask().a() == "200 known bob other-token OK as bob");
  confluence([](auto& it) { it.cache = Cache::kNone; });
  BOOST_TEST(ask().a() == "200 known alice token OK as alice");
}

BOOST_AUTO_TEST_CASE(the_filter_for_can_use_names_whom_it_refuses) {
  confluence([](auto& it) { it.can_use_filter = true; });
  BOOST_TEST(ask().a() == "200 known alice token OK as alice");
  const Answer anonymous = ask().probe(false);
  BOOST_TEST(anonymous.status == 401U);
  BOOST_TEST(anonymous.body.empty());
  simulator.configure_crowd([](auto& crowd) { crowd.users[0].may_use_confluence = false; });
  BOOST_TEST(ask().a() == "403 token AUTHORISATION_FAILED as alice");
}

BOOST_AUTO_TEST_CASE(limited_strangers_are_not_told_their_limit) {
  confluence([](auto& it) { it.rate_limit = RateLimit{0, 0}; });
  BOOST_TEST(!ask().probe().header("X-RateLimit-Limit").empty());
  const Answer anonymous = ask().probe(false);
  BOOST_TEST(anonymous.status == 429U);
  BOOST_TEST(anonymous.header("X-RateLimit-Limit").empty());
}

BOOST_AUTO_TEST_CASE(crowd_properties_have_the_last_word_on_the_cookie) {
  confluence([](auto& it) {
    it.cookie_tokenkey = "wiki.token_key";
    it.cookie_domain = "wiki.example";
  });
  const Answer answer = get(kProbe, {{"Cookie", "crowd.token_key=; wiki.token_key=" + made.token},
                                     {"X-Forwarded-For", Scene().client}});
  BOOST_TEST(answer.header("X-AUSERNAME") == "alice");
  BOOST_TEST((answer.set_cookie("wiki.token_key") == made.token));
  BOOST_TEST(!answer.set_cookie("crowd.token_key").has_value());
  bool domain = false;
  for (const std::string& line : answer.all("Set-Cookie")) {
    domain = domain || line.find("Domain=wiki.example") != std::string::npos;
  }
  BOOST_TEST(domain);
  BOOST_CHECK_THROW(confluence([](auto& it) { it.missing_properties = {"session.other"}; }),
                    std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(the_link_to_crowd) {
  const auto user = [&] { return ask().probe().header("X-AUSERNAME"); };
  confluence([](auto& it) { it.crowd_application = "wiki"; });
  BOOST_TEST(user() == "anonymous");
  simulator.configure_crowd([](auto& crowd) {
    crowd.other_applications = {{"wiki", "wiki-password", {"10.0.0.0/8"}}};
  });
  confluence([](auto& it) { it.own_address = "192.0.2.1"; });
  BOOST_TEST(user() == "anonymous");
  confluence([](auto& it) { it.own_address = "10.0.0.7"; });
  BOOST_TEST(user() == "alice");
  simulator.configure_crowd([](auto& crowd) { crowd.other_applications[0].active = false; });
  BOOST_TEST(user() == "anonymous");
}

BOOST_AUTO_TEST_CASE(applications_have_different_access) {
  simulator.configure_crowd([](auto& crowd) {
    crowd.application_denied_users = {"alice"};
    crowd.other_applications = {{"portal", "portal-password"}};
  });
  BOOST_TEST(ask().c() == "403 APPLICATION_ACCESS_DENIED");
  const std::string body = R"({"username":"alice","password":"alice"})";
  BOOST_TEST(ask().ask_crowd("POST", "/session", body).status == 403U);
  made.application = "portal";
  made.application_password = "portal-password";
  BOOST_TEST(ask().c() == "200");
  made.application_password = "other";
  BOOST_TEST(ask().c() == "401");
}

BOOST_AUTO_TEST_CASE(a_caller_with_forwarded_for_is_taken_for_somebody_else) {
  simulator.configure_crowd([](auto& crowd) { crowd.allowed_clients = {"127.0.0.1"}; });
  BOOST_TEST(ask().ask_crowd("GET", "/config/cookie").status == 200U);
  const Answer answer =
      ask().ask_crowd("GET", "/config/cookie", {}, {{"X-Forwarded-For", "10.9.9.9"}});
  BOOST_TEST(answer.status == 403U);
  BOOST_TEST(answer.body.find("&quot;10.9.9.9&quot;") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_crowd_under_load_answers_by_turns) {
  simulator.configure_crowd([](auto& crowd) { crowd.overload = Overload::kTooManyRequests; });
  BOOST_TEST(ask().b() == "429");
  BOOST_TEST(ask().a() == "200 anonymous as anonymous");
  simulator.configure_crowd([](auto& crowd) { crowd.overload = Overload::kEveryOther; });
  std::set<std::string> told;
  for (int i = 0; i < 2; ++i) told.insert(ask().a());
  BOOST_TEST((told == std::set<std::string>{"200 anonymous as anonymous",
                                            "200 known alice token OK as alice"}));
}

BOOST_AUTO_TEST_CASE(a_question_renews_the_token) {
  const auto half = simulator.crowd_options().session_lifetime * 2 / 3;
  simulator.advance_clock(half);
  BOOST_TEST(ask().c() == "200");
  simulator.advance_clock(half);
  BOOST_TEST(ask().c() == "200");
}

BOOST_AUTO_TEST_CASE(a_valve_before_crowd) {
  simulator.configure_crowd([](auto& crowd) {
    crowd.trusted_proxies.clear();
    crowd.remote_ip_valve = true;
    crowd.valve.internal_proxies = {"127.0.0.1"};
  });
  const Answer page = Client(simulator.crowd_port())
                          .request("POST", "/crowd/console/login",
                                   {{"Content-Type", "application/x-www-form-urlencoded"},
                                    {"X-Forwarded-For", Scene().client}},
                                   "username=alice");
  made.token = page.set_cookie("crowd.token_key").value_or("");
  BOOST_TEST(ask().d(Scene().client) == "200");
}

BOOST_AUTO_TEST_CASE(saml_takes_the_log_in_page_over) {
  confluence([](auto& it) {
    it.sso_enabled = false;
    it.saml_login_url = "https://idp.corp.example/saml/sso?app=1";
  });
  const std::string location = get("/login.action").header("Location");
  BOOST_TEST((location.rfind("https://idp.corp.example/saml/sso?app=1&SAMLRequest=", 0) == 0));
}

BOOST_AUTO_TEST_CASE(a_log_in_without_sso_makes_no_token) {
  confluence([](auto& it) { it.sso_enabled = false; });
  const Answer page = Client(simulator.confluence_port())
                          .request("POST", "/dologin.action",
                                   {{"Content-Type", "application/x-www-form-urlencoded"}},
                                   "os_username=alice&os_password=alice");
  BOOST_TEST(page.status == 302U);
  BOOST_TEST(!page.set_cookie("crowd.token_key").has_value());
  const std::string session = page.set_cookie("JSESSIONID").value_or("");
  BOOST_TEST((simulator.session_user(session) == "alice"));
}

BOOST_AUTO_TEST_CASE(two_crowds_know_different_tokens) {
  const std::string second = simulator.log_in_at_second_crowd("alice", Scene().client);
  BOOST_TEST(!simulator.token_valid(second));
  simulator.configure_second_crowd([](auto& crowd) { crowd.cookie_name = "other.token_key"; });
  const std::string url = simulator.second_crowd_url();
  const auto from = url.rfind(':') + 1;
  Client client(static_cast<std::uint16_t>(std::stoi(url.substr(from))));
  const Answer cookie =
      client.get("/crowd/rest/usermanagement/1/config/cookie",
                 {{"Authorization", "Basic Y29uZmx1ZW5jZTphcHBsaWNhdGlvbi1wYXNzd29yZA=="}});
  BOOST_TEST(cookie.body.find("other.token_key") != std::string::npos);
  BOOST_TEST(simulator.counters().second_crowd_requests == 1U);
  BOOST_TEST(simulator.requests(Server::kSecondCrowd).size() == 1U);
  Simulator alone;
  BOOST_CHECK_THROW(alone.log_in_at_second_crowd("alice", "10.1.1.1"), std::logic_error);
  BOOST_TEST(alone.second_crowd_url().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace atlassian
