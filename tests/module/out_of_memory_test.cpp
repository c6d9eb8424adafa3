// No memory for what must be looked at: nothing goes on that may hold what must not.

#include <boost/test/unit_test.hpp>

#include "stage.h"

using namespace module_tests;

namespace {

HttpdOptions without_much_memory() {
  HttpdOptions options;
  options.environment["LD_PRELOAD"] = FAILING_NEW;  // see failing_new.cpp
  return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(out_of_memory)

BOOST_AUTO_TEST_CASE(a_response_that_cannot_be_cleaned_loses_what_may_be_confluences) {
  Stage stage(without_much_memory());
  std::size_t bytes = 0;
  stage.app.respond_with([&](const AppRequest& request) {
    const std::string given = request.headers.value("X-Confluence-Cookie").value();
    return AppResponse{200,
                       {"X-Confluence-Cookie: " + given, "X_Confluence_Cookie: " + given,
                        "X-Crowd-Confluence: fine", "Set-Cookie: remembered=" + given,
                        "Set-Cookie: long=" + std::string(bytes, 'x'), "X-Other: 1"},
                       "body"};
  });
  stage.start_with("CrowdConfluencePassAs header");
  stage.httpd.log().expect("error.*CCF0013: .*cookies of a response are dropped.*bad_alloc");
  stage.httpd.log().expect("error.*CCF0013: .*cookies of a response are dropped.*unknown");
  const std::string alice = stage.cookie_line("alice");
  for (const std::size_t too_many : {7150U, 7250U}) {
    bytes = too_many - std::string("long=").size();
    const Response response = stage.get("/", {alice});
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.body == "body");
    for (const std::string name :
         {"Set-Cookie", "X-Confluence-Cookie", "X_Confluence_Cookie", "X-Crowd-Confluence"})
      BOOST_TEST(response.headers.values(name).empty(), name);
    BOOST_TEST(response.header("X-Other") == "1");
  }
  bytes = 1000;
  BOOST_TEST(stage.get("/", {alice}).headers.values("Set-Cookie").size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
