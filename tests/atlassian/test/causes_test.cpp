// Each cause, as the questions of a diagnosis see it.
#include "causes.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>
#include <sstream>

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

  std::string answers(const std::string& word) {
    const CauseSetUp made = set_up(simulator, word);
    std::string all = Questions{simulator, made}.all();
    mend(simulator);
    return all;
  }
};

constexpr const char* kGood = "A 200 known alice token OK as alice, B 200, C 200, D1 200, D2 200";
constexpr const char* kCrowdAgrees = ", B 200, C 200, D1 200, D2 200";
constexpr const char* kOtherFactors =
    "A 200 anonymous as anonymous, B 200, C 200, D1 400 INVALID_SSO_TOKEN, D2 400 "
    "INVALID_SSO_TOKEN";
constexpr const char* kNoToken =
    "A 200 anonymous as anonymous, B 200, C 400 INVALID_SSO_TOKEN, D1 400 INVALID_SSO_TOKEN, D2 "
    "400 INVALID_SSO_TOKEN";
constexpr const char* kNotTrusted =
    "A 200 anonymous as anonymous, B 200, C 200, D1 200, D2 400 INVALID_SSO_TOKEN";
constexpr const char* kDenied =
    "A 200 anonymous as anonymous, B 200, C 403 APPLICATION_ACCESS_DENIED, D1 403 "
    "APPLICATION_ACCESS_DENIED, D2 403 APPLICATION_ACCESS_DENIED";
constexpr const char* kKnown = "A 200 known alice token OK as alice";
constexpr const char* kAnonymous = "A 200 anonymous as anonymous";

const std::vector<std::pair<std::string, std::string>> kAnswers = {
    {"untrusted-proxy", kNotTrusted},
    {"token-bound-to-proxy", kOtherFactors},
    {"mixed-binding", kOtherFactors},
    {"forwarded-for-chain", kGood},
    {"remoteip-valve", kNotTrusted},
    {"address-form", kOtherFactors},
    {"address-changed", kOtherFactors},
    {"token-expired", kNoToken},
    {"cookie-name", std::string(kKnown) + ", B 200 crowd.p.token_key, C 200, D1 200, D2 200"},
    {"cookie-name-override", std::string(kAnonymous) + kCrowdAgrees},
    {"cookie-domain", std::string(kKnown) + ", B 200 intranet.example, C 200, D1 200, D2 200"},
    {"cookie-secure", std::string(kKnown) + ", B 200 secure, C 200, D1 200, D2 200"},
    {"cookie-duplicate", kGood},
    {"two-crowds", kNoToken},
    {"sso2-only", std::string(kAnonymous) + kCrowdAgrees},
    {"sso-off", std::string(kAnonymous) + kCrowdAgrees},
    {"crowd-properties-incomplete", std::string("A 200 anonymous OUT as anonymous") + kCrowdAgrees},
    {"crowd-link", std::string(kAnonymous) + kCrowdAgrees},
    {"crowd-slow", std::string(kAnonymous) + ", B 503 html, C 503, D1 503, D2 503"},
    {"crowd-access-denied", kDenied},
    {"user-not-in-confluence", std::string("A 200 anonymous token as anonymous") + kCrowdAgrees},
    {"not-permitted", std::string("A 403 token AUTHORISATION_FAILED as anonymous") + kCrowdAgrees},
    {"name-differs", std::string("A 200 known Alice token OK as Alice") + kCrowdAgrees},
    {"base-url",
     std::string("A 302 html to https://wiki.corp.example/rest/api/user/current") + kCrowdAgrees},
    {"foreign-gate",
     std::string("A 302 html to https://idp.corp.example/oauth2/authorize") + kCrowdAgrees},
    {"cached-answer", std::string("A 200 known bob other-token OK as bob HIT") + kCrowdAgrees},
    {"cluster-node", kGood},
    {"session-cookie-clash", kGood},
    {"authorization-sent", kGood},
    {"captcha", std::string("A 200 anonymous AUTHENTICATION_DENIED as alice") + kCrowdAgrees},
    {"xsrf", kGood},
    {"rate-limited", std::string("A 429 token OK as alice limited") + kCrowdAgrees},
    {"maintenance", std::string("A 503 html") + kCrowdAgrees},
    {"header-too-large", std::string("A 400 html") + kCrowdAgrees},
    {"crowd-address-forbidden",
     std::string(kKnown) + ", B 403 html address, C 403, D1 403, D2 403"},
    {"crowd-application-closed", std::string(kAnonymous) + ", B 403 html, C 403, D1 403, D2 403"},
    {"crowd-password", std::string(kKnown) + ", B 401, C 401, D1 401, D2 401"},
    {"wrong-application", std::string(kAnonymous) + kCrowdAgrees},
    {"not-a-crowd", std::string(kKnown) + ", B 200 no-version, C 200, D1 200, D2 200"},
    {"unreachable", "refused"},
    {"tls", kGood},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(causes_of_failure, Fixture)

BOOST_AUTO_TEST_CASE(answers_to_a_diagnosis) {
  BOOST_TEST_REQUIRE(causes().size() == kAnswers.size());
  for (std::size_t i = 0; i < kAnswers.size(); ++i) {
    const auto& [word, wanted] = kAnswers[i];
    BOOST_TEST(causes()[i].word == word);
    if (wanted == "refused") continue;
    const std::string told = answers(word);
    BOOST_TEST(told == wanted, word << ": " << told);
  }
}

BOOST_AUTO_TEST_CASE(mending_takes_everything_back) {
  for (const Cause& cause : causes()) set_up(simulator, cause.word);
  mend(simulator);
  CauseSetUp made;
  made.token = simulator.log_in("alice", Scene().client);
  made.application = simulator.crowd_options().application_name;
  made.application_password = simulator.crowd_options().application_password;
  BOOST_TEST((Questions{simulator, made}.all()) == kGood);
}

BOOST_AUTO_TEST_CASE(every_cause_is_in_the_table_for_readers) {
  std::ifstream file(std::string(RECORDED_DIR) + "/../atlassian/README.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const Cause& cause : causes()) {
    BOOST_TEST(text.str().find("\n| `" + std::string(cause.word) + "` |") != std::string::npos,
               cause.word);
  }
  BOOST_CHECK_THROW(set_up(simulator, "bad-weather"), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(cookies_that_the_browser_sends) {
  const std::set<std::string_view> without = {"cookie-domain", "cookie-secure", "sso2-only"};
  for (const Cause& cause : causes()) {
    const CauseSetUp made = set_up(simulator, cause.word);
    const std::string name = simulator.crowd_options().cookie_name + '=';
    const std::string& cookies = made.cookies;
    mend(simulator);
    BOOST_TEST(cookies.empty() == without.contains(cause.word), cause.word);
    if (cookies.empty()) continue;
    const std::string start = cause.word == "cookie-duplicate" ? name + "; " + name : name;
    BOOST_TEST((cookies.rfind(start + made.token, 0) == 0), cause.word);
    BOOST_TEST(
        (cookies.find("JSESSIONID") != std::string::npos) == (cause.word == "session-cookie-clash"),
        cause.word);
  }
}

BOOST_AUTO_TEST_CASE(a_candidate_address_tells_what_a_token_is_bound_to) {
  for (const std::string word : {"token-bound-to-proxy", "mixed-binding"}) {
    CauseSetUp made = set_up(simulator, word);
    BOOST_TEST((Questions{simulator, made}.d(Scene().front_proxy) == "200"), word);
    if (word == "mixed-binding") {
      made.token = made.token_made_at_confluence;
      BOOST_TEST((Questions{simulator, made}.a() == "200 known alice token OK as alice"));
    }
    mend(simulator);
  }
  Scene v6;
  v6.client = "::1";
  for (const Scene& scene : {v6, Scene()}) {
    const CauseSetUp made = set_up(simulator, "address-form", scene);
    const Questions questions{simulator, made, scene};
    BOOST_TEST(questions.a() == "200 anonymous as anonymous");
    BOOST_TEST(questions.d(scene.client) == "400 INVALID_SSO_TOKEN");
    const bool is_v6 = scene.client == v6.client;
    BOOST_TEST(questions.d(is_v6 ? "0:0:0:0:0:0:0:1" : "::ffff:" + scene.client) == "200");
  }
}

BOOST_AUTO_TEST_CASE(a_chain_is_refused_where_one_address_is_not) {
  const CauseSetUp made = set_up(simulator, "forwarded-for-chain");
  Scene chain;
  chain.client = "203.0.113.9, " + chain.client;
  BOOST_TEST((Questions{simulator, made, chain}.a() == "200 anonymous as anonymous"));
}

BOOST_AUTO_TEST_CASE(the_valve_believes_one_httpd_and_not_the_other) {
  const CauseSetUp made = set_up(simulator, "remoteip-valve");
  Scene other;
  other.httpd = other.front_proxy;
  const Questions questions{simulator, made, other};
  BOOST_TEST(questions.a() == "200 known alice token OK as alice");
  BOOST_TEST(questions.d(other.httpd, other.client) == "400 INVALID_SSO_TOKEN");
}

BOOST_AUTO_TEST_CASE(a_smaller_request_passes) {
  const CauseSetUp made = set_up(simulator, "header-too-large");
  BOOST_TEST((Questions{simulator, made}.probe(false).status == 200U));
  simulator.configure_confluence([](auto& it) { it.header_too_large_status = 431; });
  BOOST_TEST((Questions{simulator, made}.a() == "431 html"));
}

BOOST_AUTO_TEST_CASE(nodes_take_turns) {
  const CauseSetUp made = set_up(simulator, "cluster-node");
  std::set<std::string> nodes;
  std::set<std::string> sessions;
  for (int i = 0; i < 3; ++i) {
    const Answer answer = Questions{simulator, made}.probe();
    nodes.insert(answer.header("X-Confluence-Cluster-Node"));
    sessions.insert(answer.set_cookie("JSESSIONID").value_or(""));
    BOOST_TEST(answer.set_cookie("wiki-node").has_value());
  }
  BOOST_TEST(nodes.size() == 3U);
  BOOST_TEST(sessions.size() == 3U);
}

BOOST_AUTO_TEST_CASE(authorization_ends_the_session_that_it_comes_with) {
  const CauseSetUp made = set_up(simulator, "authorization-sent");
  simulator.configure_crowd([](auto& crowd) { crowd.users[0].personal_access_token = "pat"; });
  for (const std::string credentials : {"Basic YWxpY2U6YWxpY2U=", "Bearer pat", "Bearer other"}) {
    const std::string session =
        Questions{simulator, made}.probe().set_cookie("JSESSIONID").value_or("");
    BOOST_TEST((simulator.session_user(session) == "alice"));
    HeaderLines headers = visitor(made.token, Scene().client, session);
    headers.emplace_back("Authorization", credentials);
    const Answer answer = Client(simulator.confluence_port()).get("/rest/api/space", headers);
    const bool good = credentials == "Bearer pat";
    BOOST_TEST((answer.status == 200) == good);
    BOOST_TEST(!simulator.session_user(session).has_value());
  }
}

BOOST_AUTO_TEST_CASE(an_unreachable_confluence_comes_back) {
  set_up(simulator, "unreachable");
  BOOST_CHECK_THROW(Client(simulator.confluence_port()), std::exception);
  mend(simulator);
  BOOST_TEST(Client(simulator.confluence_port()).get(kProbe).status == 200U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace atlassian
