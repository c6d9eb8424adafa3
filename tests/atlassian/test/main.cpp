#define BOOST_TEST_MODULE atlassian_tests
#include <boost/test/unit_test.hpp>
