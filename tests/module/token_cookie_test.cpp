// Which of the browser's cookies is asked with, and what else goes to Confluence: nothing.

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "stage.h"

using namespace module_tests;

namespace {

std::string token_of(const std::string& cookie_line) {
  return cookie_line.substr(cookie_line.find('=') + 1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(token_cookie)

BOOST_AUTO_TEST_CASE(of_several_the_first_counts) {
  Stage stage;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  const std::string bob = stage.cookie_line("bob");
  const std::string in_one_line = alice + "; " + bob.substr(8);
  BOOST_TEST(stage.get("/", {in_one_line}).user() == "alice");
  BOOST_TEST(stage.get("/", {bob, alice}).user() == "bob");
  BOOST_TEST(stage.get("/", {"Cookie: theme=dark", alice, bob}).user() == "alice");
}

BOOST_AUTO_TEST_CASE(an_empty_one_counts_too) {
  Stage stage;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  for (const std::string empty : {"Cookie: crowd.token_key=", "Cookie: crowd.token_key=\"\""}) {
    for (const std::vector<std::string>& headers :
         {std::vector<std::string>{empty}, {empty + "; " + alice.substr(8)}, {empty, alice}}) {
      const Response response = stage.get("/", headers);
      BOOST_TEST(response.result() == "missing");
      BOOST_TEST(response.reason() == "empty-cookie");
    }
  }
  BOOST_TEST(stage.exchanges() == 0U);
}

BOOST_AUTO_TEST_CASE(without_one_nothing_is_asked) {
  Stage stage;
  stage.start_with();
  const std::string token = token_of(stage.cookie_line("alice"));
  for (const std::string& line :
       {"Cookie: Crowd.Token_Key=" + token, "Cookie: xcrowd.token_key=" + token,
        "Cookie: crowd.token_keyx=" + token, "Cookie: crowd=" + token,
        "Authorization: Bearer " + token, std::string("X-Nothing: 1")}) {
    const Response response = stage.get("/", {line});
    BOOST_TEST(response.result() == "missing");
    BOOST_TEST(response.reason() == "no-cookie");
    BOOST_TEST(response.source() != "exchange");
  }
  BOOST_TEST(stage.exchanges() == 0U);
}

BOOST_AUTO_TEST_CASE(a_malformed_one_is_not_asked_with) {
  Stage stage;
  stage.start_with();
  for (const std::string& value : std::vector<std::string>{
           std::string("with\\backslash"), std::string("with blank"), std::string("with\"quote"),
           std::string("caf\xc3\xa9"), std::string(7000, 'x')}) {
    const Response response = stage.get("/", {"Cookie: crowd.token_key=" + value});
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.result() == "missing");
    BOOST_TEST(response.reason() == "malformed-cookie");
  }
  BOOST_TEST(stage.exchanges() == 0U);
  BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).result() == "session");
}

BOOST_AUTO_TEST_CASE(malformed_neighbours_do_no_harm) {
  Stage stage;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  for (const std::string junk : {"=;;", "a=\"never closed", "\x01\x02=\x7f", "caf\xc3\xa9=\xff",
                                 "===", "%00%0d%0a", "a,b,c", "\\"}) {
    BOOST_TEST_CONTEXT(junk) {
      BOOST_TEST(stage.get("/", {alice + "; " + junk}).status != 500);
      BOOST_TEST(stage.get("/", {alice}).result() == "session");
    }
  }
}

BOOST_AUTO_TEST_CASE(quotes_around_it_and_long_ones_are_fine) {
  Stage stage;
  stage.simulator.configure_crowd(
      [](auto& crowd) { crowd.token_style = atlassian::TokenStyle::kLong; });
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
  BOOST_TEST(stage.get("/", {"Cookie: crowd.token_key=\"" + token_of(alice) + "\""}).user() ==
             "alice");
}

BOOST_AUTO_TEST_CASE(its_name_can_be_chosen) {
  Stage stage;
  stage.simulator.configure_crowd([](auto& crowd) { crowd.cookie_name = "studio.crowd.tokenkey"; });
  stage.start_with("CrowdConfluenceTokenCookie studio.crowd.tokenkey");
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
  BOOST_TEST(stage.get("/", {"Cookie: crowd.token_key=" + token_of(alice)}).result() == "missing");
}

BOOST_AUTO_TEST_CASE(nothing_else_of_the_browsers_request_goes_to_confluence) {
  Stage stage;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  stage.keep_secret("YWxpY2U6c2VjcmV0LXBhc3N3b3Jk");
  const Response response = stage.client().send(
      {"POST",
       "/page?q=1",
       {alice + "; JSESSIONID=foreign; seraph.confluence=remember-me; theme=dark",
        "Authorization: Basic YWxpY2U6c2VjcmV0LXBhc3N3b3Jk", "User-Agent: Mozilla/5.0",
        "X-Forwarded-For: 10.9.9.9", "X-Forwarded-Host: evil.example.com", "X-Other: 1",
        "Accept-Language: de", "Referer: http://evil.example.com/", "Origin: null",
        "X-Atlassian-Token: no-check", "Expect:"},
       "a=b"});
  BOOST_TEST(response.user() == "alice");

  const auto requests = stage.simulator.requests(atlassian::Server::kConfluence);
  BOOST_REQUIRE_EQUAL(requests.size(), 1U);
  const atlassian::ReceivedRequest& exchange = requests.front();
  BOOST_TEST(exchange.method == "GET");
  BOOST_TEST(exchange.target == "/rest/api/user/current");
  BOOST_TEST(exchange.body.empty());
  BOOST_TEST(exchange.header("Cookie").size() == 1U);
  // Not BOOST_TEST: it would print a secret.
  BOOST_CHECK(("Cookie: " + exchange.header("Cookie").front()) == alice);
  BOOST_TEST(exchange.header("X-Forwarded-For") == std::vector<std::string>{"127.0.0.1"},
             boost::test_tools::per_element());
  BOOST_TEST(exchange.header("Accept").front() == "application/json");
  BOOST_TEST(exchange.header("User-Agent").front().find("mod_crowd_confluence/") == 0U);
  const std::vector<std::string> known = {"host",          "cookie",     "x-forwarded-for",
                                          "accept",        "user-agent", "accept-encoding",
                                          "cache-control", "pragma"};
  BOOST_TEST(exchange.header("Cache-Control").front() == "no-cache, no-store");
  for (const auto& header : exchange.headers) {
    std::string name = header.first;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    BOOST_TEST(std::count(known.begin(), known.end(), name) == 1, name << " was sent");
  }

  // The app receives all of it, except what the module speaks for.
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.method == "POST");
  BOOST_TEST(request.body == "a=b");
  BOOST_TEST(request.headers.value("Authorization").has_value());
  BOOST_TEST(request.headers.value("User-Agent").value_or("") == "Mozilla/5.0");
}

BOOST_AUTO_TEST_SUITE_END()
