#define BOOST_TEST_MODULE mod_crowd_confluence in a real httpd
#include <boost/test/unit_test.hpp>
