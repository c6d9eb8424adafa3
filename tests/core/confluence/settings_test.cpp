#include "crowd_confluence/confluence/settings.h"

#include <boost/test/unit_test.hpp>
#include <chrono>

using namespace crowd_confluence;

BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(the_defaults_are_those_of_the_documents) {
  const HttpSettings http;
  BOOST_TEST((http.connect_timeout == std::chrono::seconds(2)));
  BOOST_TEST((http.timeout == std::chrono::seconds(5)));
  BOOST_TEST(http.verify_peer);
  BOOST_TEST(http.outgoing_proxy == "");

  const ConfluenceSettings settings;
  BOOST_TEST(settings.token_cookie == "crowd.token_key");
  BOOST_TEST(settings.forwarded_for);
  BOOST_TEST(settings.session_cookies.contains("JSESSIONID"));
}

BOOST_AUTO_TEST_SUITE_END()
