#include "crowd_confluence/visitor.h"

#include <boost/test/unit_test.hpp>
#include <string>

using crowd_confluence::may_be_token;

BOOST_AUTO_TEST_SUITE(visitor)

BOOST_AUTO_TEST_CASE(tokens_as_crowd_makes_them_are_asked_with) {
  for (const std::string value :
       {"0a1B2c3D4e5F6g7H8i9J0k00", "eyJhbGciOi-_.abc==", "a", "a+b/c~", "\"0a1B2c3D00\""})
    BOOST_TEST(may_be_token(value), value);
}

BOOST_AUTO_TEST_CASE(others_are_not) {
  for (const std::string value :
       {"",         "\"",  "\"\"", "a b",   "a\"b",     "\"abc",     "abc\"", "a%00b",
        "<script>", "a'b", "a,b",  "a;b",   "a\\b",     "${jndi:x}", "a|b",   "a*b",
        "(a)",      "a@b", "a:b",  "a\x7f", "\xc3\xa4", "a\tb",      "a?b"})
    BOOST_TEST(!may_be_token(value), value);
  BOOST_TEST(!may_be_token(std::string("a\0b", 3)));
}

BOOST_AUTO_TEST_SUITE_END()
