// CORS preflights, which carry no cookies by design.

#include <boost/test/unit_test.hpp>

#include "stage.h"

using namespace module_tests;

namespace {

const std::vector<std::string> kPreflight = {"Origin: https://other.example.com",
                                             "Access-Control-Request-Method: PUT",
                                             "Access-Control-Request-Headers: content-type"};

std::vector<std::string> with(std::vector<std::string> headers, const std::string& more) {
  headers.push_back(more);
  return headers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(preflight)

BOOST_AUTO_TEST_CASE(it_goes_on_to_the_app) {
  Stage stage;
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\n" + location("/401/", "CrowdConfluenceWhen missing 401") +
      location("/403/", "CrowdConfluenceWhen rejected 403\nCrowdConfluenceWhen missing 403") +
      location("/login/", "CrowdConfluenceWhen missing https://login.example.com/"));
  stage.app.respond_with(
      AppResponse{204, {"Access-Control-Allow-Origin: https://other.example.com"}, ""});
  for (const std::string path : {"/401/a", "/403/a", "/login/a"}) {
    BOOST_TEST_CONTEXT(path) {
      const Response response = stage.client().send({"OPTIONS", path, kPreflight, {}});
      BOOST_TEST(response.status == 204);
      BOOST_TEST(response.header("Access-Control-Allow-Origin") == "https://other.example.com");
      BOOST_TEST(response.header("Cache-Control") == "");
      BOOST_TEST(response.result() == "missing");
      BOOST_TEST(stage.seen_by_app().method == "OPTIONS");
    }
  }
}

BOOST_AUTO_TEST_CASE(it_is_cleaned_as_any_request) {
  Stage stage;
  stage.start_with("CrowdConfluenceWhen missing 401\nCrowdConfluenceWhen rejected 403");
  const std::vector<std::string> forged =
      with(with(kPreflight, "Cookie: JSESSIONID=spoofed-by-the-browser; theme=dark"),
           "X-Forwarded-For: 10.9.9.9");
  BOOST_TEST(stage.client().send({"OPTIONS", "/", forged, {}}).status == 200);
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.cookie("JSESSIONID").empty());
  BOOST_TEST(request.headers.values("X-Forwarded-For") == std::vector<std::string>{"127.0.0.1"},
             boost::test_tools::per_element());

  const Response rejected = stage.client().send(
      {"OPTIONS", "/", with(kPreflight, "Cookie: crowd.token_key=nobodys-token-000000000000"), {}});
  BOOST_TEST(rejected.status == 200);
  BOOST_TEST(rejected.result() == "rejected");
}

BOOST_AUTO_TEST_CASE(other_requests_are_no_preflight) {
  Stage stage;
  stage.start_with("CrowdConfluenceWhen missing 401");
  const std::string origin = kPreflight[0];
  const std::string method = kPreflight[1];
  const std::vector<Request> requests = {
      {"OPTIONS", "/", {}, {}},
      {"OPTIONS", "/", {origin}, {}},
      {"OPTIONS", "/", {method}, {}},
      {"OPTIONS", "/", {origin, "Access-Control-Request-Headers: content-type"}, {}},
      {"OPTIONS", "/", {"Origin;", method}, {}},
      {"OPTIONS", "/", {origin, "Access-Control-Request-Method;"}, {}},
      {"OPTIONS", "/", {origin, "Access_Control_Request_Method: PUT"}, {}},
      {"GET", "/", kPreflight, {}},
      {"HEAD", "/", kPreflight, {}},
      {"POST", "/", kPreflight, {}},
      {"PROPFIND", "/", kPreflight, {}}};
  for (const Request& request : requests)
    BOOST_TEST(stage.client().send(request).status == 401, request.method);
  BOOST_TEST(stage.app.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()
