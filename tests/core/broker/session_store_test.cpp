#include "crowd_confluence/broker/session_store.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <random>
#include <string>

#include "harness/processes.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using processes::key_number;

namespace {

const Secret kSecret = Secret::derived_from("some words");
const VisitorKey kKey = key_number(1);

StoredSession stored(std::string_view user = "alice", std::string_view cookies = "JSESSIONID=A1") {
  StoredSession result;
  BOOST_TEST_REQUIRE(result.session.assign(user, cookies));
  result.expires = 1'700'000'000s;
  return result;
}

void check_opens(const StoredSession& expected) {
  const std::string sealed = seal_session(kSecret, kKey, expected);
  const auto opened = open_session(kSecret, kKey, sealed);
  BOOST_TEST_REQUIRE(opened.has_value());
  BOOST_TEST((opened->session.user() == expected.session.user()));
  BOOST_TEST((opened->session.cookies() == expected.session.cookies()));
  BOOST_TEST((opened->expires == expected.expires));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session_store)

BOOST_AUTO_TEST_CASE(what_was_sealed_can_be_opened) {
  check_opens(stored());
  check_opens(stored("", "J=1"));
  check_opens(stored("alice", ""));
  check_opens(stored("", ""));
  check_opens(stored(std::string(255, 'u'), std::string(Session::kCapacity - 255, 'c')));
  check_opens(stored("", std::string(Session::kCapacity, 'c')));
  for (const auto expires : {0s, -1s, std::chrono::seconds::max(), std::chrono::seconds::min()}) {
    StoredSession odd = stored();
    odd.expires = expires;
    check_opens(odd);
  }
}

BOOST_AUTO_TEST_CASE(nothing_of_it_can_be_read_or_recognised) {
  const StoredSession session = stored("alice", "JSESSIONID=0123456789ABCDEF");
  const std::string one = seal_session(kSecret, kKey, session);
  const std::string other = seal_session(kSecret, kKey, session);
  BOOST_TEST((one != other));
  BOOST_TEST(one.size() == other.size());
  BOOST_TEST(one.find("alice") == std::string::npos);
  BOOST_TEST(one.find("JSESSIONID") == std::string::npos);
  BOOST_TEST(one.find("01234") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_changed_byte_is_noticed) {
  const std::string sealed = seal_session(kSecret, kKey, stored());
  for (std::size_t i = 0; i < sealed.size(); ++i)
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string tampered = sealed;
      tampered[i] = static_cast<char>(tampered[i] ^ change);
      BOOST_TEST(!open_session(kSecret, kKey, tampered).has_value(), "byte " << i);
    }
}

BOOST_AUTO_TEST_CASE(every_other_length_is_noticed) {
  const std::string sealed = seal_session(kSecret, kKey, stored());
  for (std::size_t length = 0; length < sealed.size(); ++length) {
    BOOST_TEST(!open_session(kSecret, kKey, sealed.substr(0, length)).has_value());
    BOOST_TEST(!open_session(kSecret, kKey, sealed.substr(sealed.size() - length)).has_value());
  }
  BOOST_TEST(!open_session(kSecret, kKey, sealed + '\0').has_value());
  BOOST_TEST(!open_session(kSecret, kKey, sealed + sealed).has_value());
  BOOST_TEST(!open_session(kSecret, kKey, std::string_view()).has_value());
  BOOST_TEST(!open_session(kSecret, kKey, std::string(100'000, '\1')).has_value());
}

BOOST_AUTO_TEST_CASE(it_opens_under_its_own_key_and_secret_only) {
  const std::string sealed = seal_session(kSecret, kKey, stored());
  BOOST_TEST(!open_session(kSecret, key_number(2), sealed).has_value());
  for (int half = 0; half < 2; ++half) {
    VisitorKey near = kKey;
    near[static_cast<std::size_t>(half)] ^= 1;
    BOOST_TEST(!open_session(kSecret, near, sealed).has_value());
  }
  BOOST_TEST(!open_session(Secret::derived_from("other words"), kKey, sealed).has_value());
  Secret near = kSecret;
  near.seal_key.back() ^= 1;
  BOOST_TEST(!open_session(near, kKey, sealed).has_value());
  BOOST_TEST(open_session(kSecret, kKey, sealed).has_value());
}

BOOST_AUTO_TEST_CASE(junk_opens_nothing) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string junk(random() % 300, '\0');
    for (char& c : junk) c = static_cast<char>(random());
    if (!junk.empty() && i % 2 == 0) junk[0] = 1;  // the format's number
    BOOST_TEST(!open_session(kSecret, kKey, junk).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()
