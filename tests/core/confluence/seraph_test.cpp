#include "crowd_confluence/confluence/seraph.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

using namespace crowd_confluence;
namespace data = boost::unit_test::data;

namespace {

struct Said {
  const char* values;
  LoginReason reason;

  friend std::ostream& operator<<(std::ostream& out, const Said& said) {
    return out << '"' << said.values << '"';
  }
};

const Said kSaid[] = {
    {"OK", LoginReason::ok},
    {"OUT", LoginReason::out},
    {"AUTHENTICATED_FAILED", LoginReason::authenticated_failed},
    {"AUTHENTICATION_DENIED", LoginReason::authentication_denied},
    {"AUTHORISATION_FAILED", LoginReason::authorisation_failed},
    {"out", LoginReason::out},
    {"Ok", LoginReason::ok},
    {" \tOUT\t ", LoginReason::out},
    // The last one counts.
    {"OUT, OK", LoginReason::ok},
    {"OK, OUT", LoginReason::out},
    {"OK,OUT ", LoginReason::out},
    {"OUT,AUTHENTICATED_FAILED,OK", LoginReason::ok},
    {"OK,", LoginReason::none},
    {"OK, SOMETHING", LoginReason::none},
    // Nothing that is known.
    {"", LoginReason::none},
    {" ", LoginReason::none},
    {",", LoginReason::none},
    {"OUTSIDE", LoginReason::none},
    {"OU", LoginReason::none},
    {"OK OUT", LoginReason::none},
    {"\"OUT\"", LoginReason::none},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(seraph)

BOOST_DATA_TEST_CASE(the_last_reason_counts, data::make(kSaid), said) {
  BOOST_CHECK(last_login_reason(said.values) == said.reason);
}

BOOST_AUTO_TEST_CASE(the_last_value_is_part_of_what_was_given) {
  const std::string values = "somebody, bob%2C the builder ";
  const std::string_view last = last_seraph_value(values);
  BOOST_TEST(last == "bob%2C the builder");
  BOOST_CHECK(last.data() == values.data() + values.find("bob"));
  BOOST_TEST(last_seraph_value("alice") == "alice");
  BOOST_TEST(last_seraph_value("alice, ") == "");
  BOOST_TEST(last_seraph_value("") == "");
}

BOOST_AUTO_TEST_SUITE_END()
