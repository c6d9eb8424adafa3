#include "crowd_confluence/secret_text.h"

#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string_view>
#include <type_traits>
#include <utility>

using namespace crowd_confluence;

namespace {

template <typename T, typename = void>
struct IsPrintable : std::false_type {};
template <typename T>
struct IsPrintable<T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<T>())>>
    : std::true_type {};

}  // namespace

BOOST_AUTO_TEST_SUITE(secret_text)

BOOST_AUTO_TEST_CASE(gives_its_text_to_whoever_asks) {
  const SecretText secret("a word\nor two");
  BOOST_TEST((secret.reveal() == "a word\nor two"));
  BOOST_TEST(!secret.empty());
  BOOST_TEST(SecretText().empty());
}

BOOST_AUTO_TEST_CASE(is_copied_moved_and_compared) {
  SecretText first("one");
  const SecretText copy = first;
  const SecretText moved = std::move(first);
  BOOST_TEST((copy == moved));
  SecretText other("two");
  BOOST_TEST(!(other == copy));
  other = copy;
  BOOST_TEST((other == copy));
  SecretText& itself = other;
  other = itself;
  BOOST_TEST((other == copy));
}

BOOST_AUTO_TEST_CASE(cannot_be_printed) {
  static_assert(IsPrintable<std::string_view>::value);
  BOOST_TEST(!IsPrintable<SecretText>::value);
  BOOST_TEST(!(std::is_convertible_v<SecretText, std::string_view>));
}

BOOST_AUTO_TEST_SUITE_END()
