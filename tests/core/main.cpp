#define BOOST_TEST_MODULE core
#include <boost/test/unit_test.hpp>

#include "crowd_confluence/http/client.h"

namespace {

/// libcurl is started before any test makes a thread, and ended after the last one.
struct HttpLibraryForAllTests {
  HttpLibraryForAllTests() { BOOST_TEST_REQUIRE(library.is_usable()); }
  crowd_confluence::HttpLibrary library;
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(HttpLibraryForAllTests);
