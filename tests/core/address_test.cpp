#include "crowd_confluence/address.h"

#include <arpa/inet.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <random>
#include <string>

using namespace crowd_confluence;
namespace data = boost::unit_test::data;

namespace {

std::string canonical(std::string_view text) {
  AddressBuffer buffer;
  return std::string(canonical_address(text, buffer));
}

struct Form {
  const char* text;
  const char* canonical;

  friend std::ostream& operator<<(std::ostream& out, const Form& form) { return out << form.text; }
};

const Form kAddresses[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"0.0.0.0", "0.0.0.0"},
    {"255.255.255.255", "255.255.255.255"},
    {"127.0.0.2", "127.0.0.2"},
    // As Tomcat writes it, and as httpd does.
    {"0:0:0:0:0:0:0:1", "::1"},
    {"::1", "::1"},
    {"::", "::"},
    {"0:0:0:0:0:0:0:0", "::"},
    // RFC 5952 §4.1: no leading zeros. §4.3: lower case.
    {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
    {"2001:DB8::ABCD", "2001:db8::abcd"},
    // §4.2.2: a single group of zeros is not shortened.
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    // §4.2.3: the longest run is shortened, the first of two equal ones.
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"2001:db8:1:1:1:1:0:0", "2001:db8:1:1:1:1::"},
    // IPv4-mapped, in every writing.
    {"::ffff:192.0.2.1", "192.0.2.1"},
    {"::FFFF:192.0.2.1", "192.0.2.1"},
    {"::ffff:c000:201", "192.0.2.1"},
    {"0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"},
    {"0000:0000:0000:0000:0000:FFFF:C000:0201", "192.0.2.1"},
    // Looks like a mapped address and is none.
    {"::ffff:0:c000:201", "::ffff:0:c000:201"},
    {"64:ff9b::c000:201", "64:ff9b::c000:201"},
    // Zone ids.
    {"fe80::1%eth0", "fe80::1"},
    {"FE80:0::1%2", "fe80::1"},
    {"fe80::1%25eth0", "fe80::1"},
    {"::ffff:192.0.2.1%eth0", "192.0.2.1"},
};

const std::string kNoAddresses[] = {
    "",
    " ",
    "localhost",
    "unknown",
    "_hidden",
    "192.0.2",
    "192.0.2.",
    ".192.0.2.1",
    "192.0.2.1.",
    "192.0.2.256",
    "192.0.2.1.5",
    "192.0.2.01",
    "192.0.2.-1",
    "192..2.1",
    "0xc0.0.2.1",
    "3221225985",
    "192.0.2.1 ",
    " 192.0.2.1",
    "192.0.2.1:80",
    "192.0.2.1/24",
    "192.0.2.1, 192.0.2.2",
    "192.0.2.1\n",
    "192.0.2.1\r\nX-Evil: 1",
    std::string("192.0.2.1\0", 10),
    std::string("192.0.2.1\0.evil", 15),
    std::string("\0", 1),
    ":",
    ":::",
    "::1::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::1",
    "::g",
    "::1 ",
    "[::1]",
    "[::1]:80",
    "::1/128",
    "::ffff:192.0.2.256",
    "::ffff:192.0.2",
    "%eth0",
    std::string("::1\0", 4),
    std::string(100, ':'),
    std::string(100'000, '1'),
};

}  // namespace

BOOST_AUTO_TEST_SUITE(address)

BOOST_DATA_TEST_CASE(one_address_has_one_form, data::make(kAddresses), form) {
  BOOST_TEST(canonical(form.text) == form.canonical);
  BOOST_TEST(canonical(form.canonical) == form.canonical);
}

BOOST_DATA_TEST_CASE(what_is_no_address_gives_nothing, data::make(kNoAddresses), text) {
  BOOST_TEST(canonical(text) == "");
}

BOOST_AUTO_TEST_CASE(a_zone_carries_nothing_into_a_header) {
  for (const std::string zone : {"\r\nX-Evil: 1", ", 192.0.2.9", "eth0 ", "%%", "::2"}) {
    const std::string result = canonical("fe80::1%" + zone);
    BOOST_TEST((result.empty() || result == "fe80::1"), "got " << result);
  }
  BOOST_TEST(canonical("fe80::1%" + std::string(10'000, 'z')).size() <= 7U);
}

BOOST_AUTO_TEST_CASE(reads_no_further_than_the_view) {
  const std::string longer = "192.0.2.123";
  BOOST_TEST(canonical(std::string_view(longer).substr(0, 9)) == "192.0.2.1");
  BOOST_TEST(canonical(std::string_view(longer).substr(0, 7)) == "");
  BOOST_TEST(canonical(std::string_view("2001:db8::12").substr(0, 11)) == "2001:db8::1");
}

BOOST_AUTO_TEST_CASE(the_view_points_into_the_text_or_the_buffer) {
  AddressBuffer buffer;
  const auto lies_in = [](std::string_view part, const char* begin, std::size_t size) {
    return part.data() >= begin && part.data() + part.size() <= begin + size;
  };
  for (const Form& form : kAddresses) {
    const std::string text = form.text;
    const std::string_view result = canonical_address(text, buffer);
    BOOST_TEST((lies_in(result, text.data(), text.size()) ||
                lies_in(result, buffer.data(), buffer.size())));
  }
}

BOOST_AUTO_TEST_CASE(any_ipv6_address_stays_the_same_address) {
  std::mt19937 random(20);
  for (int round = 0; round < 20'000; ++round) {
    in6_addr address;
    // Many zeros, so that runs of them are met.
    for (unsigned char& byte : address.s6_addr) {
      byte = random() % 3 == 0 ? static_cast<unsigned char>(random()) : 0;
    }
    char text[INET6_ADDRSTRLEN];
    BOOST_TEST_REQUIRE(inet_ntop(AF_INET6, &address, text, sizeof text) != nullptr);
    const std::string result = canonical(text);

    in6_addr again;
    in_addr mapped;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
      BOOST_TEST_REQUIRE(inet_pton(AF_INET, result.c_str(), &mapped) == 1);
      BOOST_TEST_REQUIRE(memcmp(&mapped, address.s6_addr + 12, 4) == 0);
    } else {
      BOOST_TEST_REQUIRE(inet_pton(AF_INET6, result.c_str(), &again) == 1, text);
      BOOST_TEST_REQUIRE(memcmp(&again, &address, sizeof again) == 0, text);
    }
    BOOST_TEST_REQUIRE(canonical(result) == result);
  }
}

BOOST_AUTO_TEST_SUITE_END()
