// The control API, as other processes use it.
#include <boost/test/unit_test.hpp>
#include <thread>

#include "client.h"
#include "json_text.h"
#include "text.h"

namespace atlassian {
namespace {

SimulatorOptions with_control() {
  SimulatorOptions options = trusting();
  options.control.emplace().threads = 3;
  return options;
}

struct Fixture {
  Simulator simulator{with_control()};

  Answer control(const std::string& method, const std::string& resource,
                 const std::string& body = {}, const HeaderLines& more = {}) {
    const std::string url = simulator.control_url();
    const auto port = parse_number(url.substr(url.rfind(':') + 1)).value_or(0);
    HeaderLines headers = more;
    headers.emplace_back("Content-Type", "application/json");
    return Client(static_cast<std::uint16_t>(port))
        .request(method, "/__control" + resource, headers, body);
  }
  json::object result(const std::string& method, const std::string& resource,
                      const std::string& body = {}) {
    const Answer answer = control(method, resource, body);
    BOOST_TEST(answer.status == 200U, resource << ": " << answer.status);
    return parse_json_object(answer.body).value_or(json::object());
  }
  std::string log_in(const std::string& body) {
    return text_member(result("POST", "/log-in", body), "token");
  }
  Answer probe(const HeaderLines& headers) {
    return Client(simulator.confluence_port()).get(kProbe, headers);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(control, Fixture)

BOOST_AUTO_TEST_CASE(logging_in_and_out) {
  const std::string token = log_in(R"({"user":"alice","address":"10.1.1.1"})");
  const Answer known = probe(visitor(token, "10.1.1.1"));
  BOOST_TEST(known.header("X-AUSERNAME") == "alice");
  const auto session = known.set_cookie("JSESSIONID").value_or("");
  BOOST_TEST(text_member(result("POST", "/session", "{\"id\":\"" + session + "\"}"), "user") ==
             "alice");
  result("POST", "/restart");
  BOOST_TEST(!result("POST", "/session", "{\"id\":\"" + session + "\"}").at("known").as_bool());
  const std::string name_token = "{\"token\":\"" + token + "\"}";
  BOOST_TEST(result("POST", "/log-out", name_token).at("known").as_bool());
  BOOST_TEST(!result("POST", "/expire", name_token).at("known").as_bool());

  const std::string by_factors =
      log_in(R"({"user":"bob","remote_address":"127.0.0.1","x_forwarded_for":"10.2.2.2"})");
  BOOST_TEST(probe(visitor(by_factors, "10.2.2.2")).header("X-AUSERNAME") == "bob");
  log_in(R"({"user":"bob","address":"10.2.2.2","token":"chosen"})");
  BOOST_TEST(simulator.token_valid("chosen"));
  BOOST_TEST(control("POST", "/log-in", R"({"user":"nobody","address":"10.1.1.1"})").status ==
             400U);
}

BOOST_AUTO_TEST_CASE(options) {
  const json::object before = result("GET", "/confluence");
  const json::object after =
      result("PATCH", "/confluence",
             R"({"maintenance":"unavailable","validation_interval":7,"sticky_cookie":"ROUTEID",)"
             R"("rate_limit":{"limit":3}})");
  BOOST_TEST(text_member(after, "maintenance") == "unavailable");
  BOOST_TEST((simulator.confluence_options().validation_interval == std::chrono::seconds(7)));
  BOOST_TEST(simulator.confluence_options().rate_limit->limit == 3U);
  BOOST_TEST(simulator.confluence_options().rate_limit->fill_rate == RateLimit().fill_rate);
  result("PATCH", "/confluence", R"({"rate_limit":null,"maintenance":"none"})");
  BOOST_TEST(!simulator.confluence_options().rate_limit.has_value());

  result("PATCH", "/crowd", R"({"trusted_proxies":["10.0.0.0/8"],"consistent_ip":false})");
  BOOST_TEST((simulator.crowd_options().trusted_proxies == std::vector<std::string>{"10.0.0.0/8"}));
  // What is shown can be given back as it is.
  result("PATCH", "/confluence", json::serialize(before));
  BOOST_TEST((result("GET", "/confluence") == before));
  const json::object crowd = result("GET", "/crowd");
  BOOST_TEST((result("PATCH", "/crowd", json::serialize(crowd)) == crowd));
}

BOOST_AUTO_TEST_CASE(causes_by_their_words) {
  const json::object before = result("GET", "/crowd");
  const json::array list = result("GET", "/causes").at("causes").as_array();
  BOOST_TEST(list.size() > 40U);
  BOOST_TEST(text_member(list.at(0).as_object(), "word") == "untrusted-proxy");
  const json::object made =
      result("POST", "/causes", R"({"word":"token-expired","user":"bob","client":"10.1.1.1"})");
  BOOST_TEST((text_member(made, "cookies") == "crowd.token_key=" + text_member(made, "token")));
  BOOST_TEST(!simulator.token_valid(text_member(made, "token")));
  result("POST", "/causes", R"({"word":"crowd-slow"})");
  BOOST_TEST((simulator.crowd_options().overload == Overload::kUnavailable));
  result("POST", "/mend");
  BOOST_TEST((result("GET", "/crowd") == before));
  BOOST_TEST(control("POST", "/causes", R"({"word":"bad-weather"})").status == 400U);
  BOOST_TEST(control("GET", "/second-crowd").status == 400U);
}

BOOST_AUTO_TEST_CASE(unusable_options) {
  const auto refusal = [&](const std::string& server, const std::string& body) {
    const Answer answer = control("PATCH", server, body);
    BOOST_TEST(answer.status == 400U);
    return text_member(parse_json_object(answer.body).value_or(json::object()), "error");
  };
  BOOST_TEST(refusal("/confluence", R"({"nodes":2,"colour":"red"})") == "unknown option: colour");
  BOOST_TEST(simulator.confluence_options().nodes == 1U);
  BOOST_TEST(refusal("/confluence", R"({"flavour":"bitbucket"})") ==
             "flavour: one of these is wanted: confluence, confluence5, jira");
  BOOST_TEST(refusal("/confluence", R"({"nodes":-1})") == "nodes: a whole number is wanted");
  BOOST_TEST(refusal("/crowd", R"({"trusted_proxies":["proxy"]})") ==
             "neither an address nor a network: proxy");
  BOOST_TEST(refusal("/crowd", R"({"users":[{"name":1}]})") == "users: name: a text is wanted");
  BOOST_TEST(refusal("/crowd", "[]") == "the body must be a JSON object");
}

BOOST_AUTO_TEST_CASE(faults_and_waiting) {
  result("POST", "/faults", R"({"kind":"hang","path":"/rest/","times":1})");
  Client client(simulator.confluence_port());
  std::thread waiting([&] {
    const json::object waited = result("GET", "/wait?counter=hanging&at_least=1");
    BOOST_TEST(waited.at("reached").as_bool());
  });
  client.send("GET /rest/a HTTP/1.1\r\nHost: x\r\n\r\n");
  waiting.join();
  result("POST", "/release");
  BOOST_TEST(client.read_answer().status == 403U);
  const json::object over = result("GET", "/wait?counter=exchanges&at_least=9&limit_ms=1");
  BOOST_TEST(!over.at("reached").as_bool());

  for (const char* fault :
       {R"({"kind":"close"})", R"({"kind":"reset"})",
        R"({"kind":"break-off-in-headers","bytes":5})", R"({"kind":"break-off-in-body"})",
        R"({"kind":"respond-with","raw":"junk"})"}) {
    result("POST", "/faults", fault);
    BOOST_TEST(probe({}).broken, fault);
    result("DELETE", "/faults");
  }
  BOOST_TEST(probe({}).status == 200U);
  for (const char* fault : {R"({"kind":"explode"})", R"({"kind":"hang","time":1})",
                            R"({"kind":"hang","times":0})", R"({"kind":"hang","server":"jira"})"}) {
    BOOST_TEST(control("POST", "/faults", fault).status == 400U, fault);
  }
  result("POST", "/stop-listening", R"({"server":"confluence"})");
  BOOST_CHECK_THROW(probe({}), std::system_error);
  result("POST", "/start-listening", R"({"server":"confluence"})");
  BOOST_TEST(probe({}).status == 200U);
}

BOOST_AUTO_TEST_CASE(counters_and_requests) {
  probe({{"X-Test", "1"}});
  BOOST_TEST(result("GET", "/counters").at("exchanges").to_number<int>() == 1);
  const json::object listed = result("GET", "/requests?server=confluence");
  const json::object request = listed.at("requests").at(0).as_object();
  BOOST_TEST(text_member(request, "target") == kProbe);
  BOOST_TEST(result("GET", "/requests?server=crowd").at("requests").as_array().empty());
  result("DELETE", "/requests");
  result("DELETE", "/counters");
  BOOST_TEST(result("GET", "/counters").at("exchanges").to_number<int>() == 0);
  BOOST_TEST(text_member(result("GET", ""), "confluence_url") == simulator.confluence_url());
}

BOOST_AUTO_TEST_CASE(clock_and_remember_me) {
  const std::string token = log_in(R"({"user":"alice","address":"10.1.1.1"})");
  result("POST", "/clock", R"({"seconds":1800})");
  BOOST_TEST(!simulator.token_valid(token));
  const json::object remembered = result("POST", "/remember-me", R"({"user":"bob"})");
  const HeaderLines headers = {{"Cookie", "seraph.confluence=" + text_member(remembered, "value")}};
  BOOST_TEST(probe(headers).header("X-AUSERNAME") == "bob");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_or_not_allowed) {
  BOOST_TEST(control("GET", "/nothing").status == 404U);
  BOOST_TEST(control("DELETE", "/crowd").status == 405U);
  BOOST_TEST(control("POST", "/restart", {}, {{"Origin", "http://evil.example"}}).status == 403U);
  BOOST_TEST(control("POST", "/log-in", "{}", {{"Content-Type", "text/plain"}}).status == 415U);
}

BOOST_AUTO_TEST_CASE(waiting_ends_with_the_simulator) {
  const auto before = std::chrono::steady_clock::now();
  std::thread waiting;
  {
    Simulator other(with_control());
    const std::string url = other.control_url();
    const auto port =
        static_cast<std::uint16_t>(parse_number(url.substr(url.rfind(':') + 1)).value_or(0));
    auto client = std::make_shared<Client>(port);
    client->send(
        "GET /__control/wait?counter=exchanges&limit_ms=600000 HTTP/1.1\r\nHost: x\r\n\r\n");
    waiting = std::thread([client] { client->closed(); });
  }
  waiting.join();
  BOOST_TEST((std::chrono::steady_clock::now() - before < std::chrono::seconds(9)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace atlassian
