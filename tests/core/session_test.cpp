#include "crowd_confluence/session.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

using namespace crowd_confluence;

BOOST_AUTO_TEST_SUITE(session)

BOOST_AUTO_TEST_CASE(is_empty_at_first) {
  Session session;
  BOOST_TEST(session.empty());
  BOOST_TEST(session.user() == "");
  BOOST_TEST(session.cookies() == "");
}

BOOST_AUTO_TEST_CASE(keeps_user_and_cookies) {
  Session session;
  BOOST_TEST(session.assign("alice", "JSESSIONID=1; ROUTEID=.n1"));
  BOOST_TEST(!session.empty());
  BOOST_TEST(session.user() == "alice");
  BOOST_TEST(session.cookies() == "JSESSIONID=1; ROUTEID=.n1");
}

BOOST_AUTO_TEST_CASE(may_have_no_user) {
  Session session;
  BOOST_TEST(session.assign("", "JSESSIONID=1"));
  BOOST_TEST(!session.empty());
  BOOST_TEST(session.user() == "");
  BOOST_TEST(session.cookies() == "JSESSIONID=1");
}

BOOST_AUTO_TEST_CASE(forgets_what_was_there_before) {
  Session session;
  BOOST_TEST(session.assign("a-long-name", "JSESSIONID=0123456789"));
  BOOST_TEST(session.assign("bob", "S=2"));
  BOOST_TEST(session.user() == "bob");
  BOOST_TEST(session.cookies() == "S=2");
}

BOOST_AUTO_TEST_CASE(holds_its_own_copy) {
  Session session;
  {
    std::string user = "alice";
    std::string cookies = "JSESSIONID=1";
    BOOST_TEST(session.assign(user, cookies));
    user.assign(user.size(), 'x');
    cookies.assign(cookies.size(), 'x');
  }
  BOOST_TEST(session.user() == "alice");
  BOOST_TEST(session.cookies() == "JSESSIONID=1");
}

BOOST_AUTO_TEST_CASE(holds_as_much_as_it_says) {
  const std::string user(192, 'u');
  const std::string cookies = "J=" + std::string(Session::kCapacity - user.size() - 2, 'c');
  Session session;
  BOOST_TEST(session.assign(user, cookies));
  BOOST_TEST(session.user() == user);
  BOOST_TEST(session.cookies() == cookies);

  BOOST_TEST(session.assign("", std::string(Session::kCapacity, 'c')));
  BOOST_TEST(session.cookies().size() == Session::kCapacity);
}

BOOST_AUTO_TEST_CASE(one_byte_too_many_leaves_it_empty) {
  const std::string full(Session::kCapacity, 'x');
  const std::pair<std::string, std::string> too_large[] = {
      {"", full + "x"},
      {"u", full},
      {full, "J=1"},
      {full + "x", ""},
      // Lengths that are small again when they are cut to 16 bits.
      {"", std::string(0x10000 + 4, 'x')},
      {std::string(0x10000, 'x'), "J=1"},
      {std::string(0x8000, 'x'), std::string(0x8000, 'x')},
      {std::string(0x10000 - 4, 'x'), "J=12345"},
  };
  for (const auto& [user, cookies] : too_large) {
    Session session;
    BOOST_TEST(session.assign("alice", "JSESSIONID=1"));
    BOOST_TEST(!session.assign(user, cookies), user.size() << " and " << cookies.size());
    BOOST_TEST(session.empty());
    BOOST_TEST(session.user() == "");
    BOOST_TEST(session.cookies() == "");
  }
}

BOOST_AUTO_TEST_CASE(copies_are_independent) {
  Session original;
  BOOST_TEST(original.assign("alice", "JSESSIONID=1"));
  Session copy(original);
  Session assigned;
  BOOST_TEST(assigned.assign("somebody-else", "JSESSIONID=2; ROUTEID=.n1"));
  assigned = original;
  BOOST_TEST(original.assign("bob", "JSESSIONID=3"));

  for (const Session* session : {&copy, &assigned}) {
    BOOST_TEST(session->user() == "alice");
    BOOST_TEST(session->cookies() == "JSESSIONID=1");
  }
  assigned = Session();
  BOOST_TEST(assigned.empty());
  BOOST_TEST(assigned.user() == "");
}

BOOST_AUTO_TEST_CASE(may_be_assigned_to_itself) {
  Session session;
  BOOST_TEST(session.assign("alice", "JSESSIONID=1"));
  const Session& same = session;
  session = same;
  BOOST_TEST(session.user() == "alice");
  BOOST_TEST(session.cookies() == "JSESSIONID=1");
}

BOOST_AUTO_TEST_CASE(needs_no_heap) {
  static_assert(std::is_trivially_destructible_v<Session>);
  static_assert(sizeof(Session) <= Session::kCapacity + 16);
  // As in shared memory: raw bytes, at another address in another process.
  alignas(Session) std::array<unsigned char, sizeof(Session)> memory;
  Session* there = new (memory.data()) Session();
  BOOST_TEST(there->assign("alice", "JSESSIONID=1"));
  const Session here = *there;
  memory.fill(0);
  BOOST_TEST(here.user() == "alice");
  BOOST_TEST(here.cookies() == "JSESSIONID=1");
}

BOOST_AUTO_TEST_SUITE_END()
