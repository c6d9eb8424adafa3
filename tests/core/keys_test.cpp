#include "crowd_confluence/keys.h"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

using crowd_confluence::Secret;

BOOST_AUTO_TEST_SUITE(keys)

BOOST_AUTO_TEST_CASE(the_same_words_give_the_same_keys) {
  BOOST_TEST((Secret::derived_from("some words") == Secret::derived_from("some words")));
  BOOST_TEST((Secret::derived_from("some words") != Secret::derived_from("some word")));
  BOOST_TEST((Secret::derived_from("") == Secret::derived_from(std::string_view())));
  BOOST_TEST((Secret::derived_from("") != Secret::derived_from(" ")));
  BOOST_TEST((Secret::derived_from("") != Secret()));
  using namespace std::string_view_literals;
  BOOST_TEST((Secret::derived_from("a\0b"sv) != Secret::derived_from("a\0c"sv)));
  const std::string long_one(10'000, 'x');
  BOOST_TEST((Secret::derived_from(long_one) != Secret::derived_from(long_one + "x")));
}

BOOST_AUTO_TEST_CASE(every_version_derives_the_same_keys) {
  // HMAC-SHA256 with the words as its key: other machines, with other versions, must agree.
  const Secret secret = Secret::derived_from("some words");
  const std::array<std::uint8_t, 4> hash_key{0x78, 0xb1, 0xf6, 0xe9};
  const std::array<std::uint8_t, 4> seal_key{0x10, 0xdc, 0x11, 0xb1};
  BOOST_TEST(std::equal(hash_key.begin(), hash_key.end(), secret.hash_key.begin()));
  BOOST_TEST(std::equal(seal_key.begin(), seal_key.end(), secret.seal_key.begin()));
}

BOOST_AUTO_TEST_CASE(the_two_keys_are_unrelated) {
  const Secret secret = Secret::derived_from("some words");
  BOOST_TEST(!std::equal(secret.hash_key.begin(), secret.hash_key.end(), secret.seal_key.begin()));
}

BOOST_AUTO_TEST_CASE(random_ones_differ) {
  const Secret one = Secret::random();
  const Secret other = Secret::random();
  BOOST_TEST((one != other));
  BOOST_TEST((one.hash_key != other.hash_key));
  BOOST_TEST((one.seal_key != other.seal_key));
  BOOST_TEST((one != Secret()));
}

BOOST_AUTO_TEST_SUITE_END()
