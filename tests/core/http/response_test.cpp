#include "crowd_confluence/http/response.h"

#include <boost/test/unit_test.hpp>

using namespace crowd_confluence;

BOOST_AUTO_TEST_SUITE(http_response)

BOOST_AUTO_TEST_CASE(finds_the_last_header_of_a_name) {
  const HttpResponse response{.status = 200,
                              .headers = {{"X-A", "1"}, {"x-a", "2"}, {"X-AB", "3"}, {"Empty", ""}},
                              .body = {}};
  BOOST_TEST(response.header("X-A").value() == "2");
  BOOST_TEST(response.header("x-ab").value() == "3");
  BOOST_TEST(response.header("EMPTY").value() == "");
  BOOST_TEST(!response.header("X").has_value());
  BOOST_TEST(!response.header("").has_value());
  BOOST_TEST(!HttpResponse{}.header("X-A").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
