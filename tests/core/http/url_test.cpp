#include "crowd_confluence/http/url.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <utility>

using namespace crowd_confluence;
namespace data = boost::unit_test::data;

namespace {

struct Url {
  const char* given;
  const char* text;
  const char* scheme;
  const char* host;

  friend std::ostream& operator<<(std::ostream& out, const Url& url) { return out << url.given; }
};

const Url kUrls[] = {
    {"https://wiki.example.com", "https://wiki.example.com", "https", "wiki.example.com"},
    {"https://wiki.example.com/", "https://wiki.example.com", "https", "wiki.example.com"},
    {"https://wiki.example.com/confluence", "https://wiki.example.com/confluence", "https",
     "wiki.example.com"},
    {"https://wiki.example.com/confluence/", "https://wiki.example.com/confluence", "https",
     "wiki.example.com"},
    {"http://wiki:8090/a/b", "http://wiki:8090/a/b", "http", "wiki"},
    {"http://127.0.0.1:8090/confluence", "http://127.0.0.1:8090/confluence", "http", "127.0.0.1"},
    {"http://[::1]:8090/confluence", "http://[::1]:8090/confluence", "http", "[::1]"},
    {"https://[2001:db8::1]", "https://[2001:db8::1]", "https", "[2001:db8::1]"},
    {"https://w-1.example_2.com:65535", "https://w-1.example_2.com:65535", "https",
     "w-1.example_2.com"},
};

const std::string kNoUrls[] = {
    "",
    " ",
    "/",
    "/confluence",
    "wiki",
    "wiki.example.com",
    "wiki.example.com:8090",
    "//wiki.example.com",
    "http",
    "http:",
    "http:/",
    "http://",
    "https:///confluence",
    "http:wiki",
    "http:/wiki",
    "http//wiki",
    "://wiki",
    "ftp://wiki.example.com",
    "file:///etc/passwd",
    "gopher://wiki.example.com",
    "unix:/run/wiki.sock",
    "socks5://wiki.example.com",
    "httpx://wiki.example.com",
    "https://alice@wiki.example.com",
    "https://alice:hunter2@wiki.example.com",
    "https://@wiki.example.com",
    "https://wiki.example.com@evil.example.com",
    "https://wiki.example.com?a=b",
    "https://wiki.example.com/?",
    "https://wiki.example.com/confluence?os_authType=basic",
    "https://wiki.example.com#top",
    "https://wiki.example.com/confluence#",
    "https://wiki.example.com\r\nX-Evil: 1",
    "https://wiki.example.com/\r\nX-Evil: 1",
    "https://wiki.example.com/\n",
    "https://wiki.example.com/a b",
    "https://wiki example.com",
    " https://wiki.example.com",
    "https://wiki.example.com ",
    "https://wiki.example.com/\x7f",
    std::string("https://wiki.example.com\0/x", 27),
    std::string("https://wiki\0.example.com", 25),
    "https://wiki\\evil.example.com",
    "https://wiki.example.com:abc",
    "https://wiki.example.com:-1",
    "https://wiki.example.com:65536",
    "https://wiki.example.com:99999999999999999999",
    "https://wiki.example.com:80:80",
    "https://:8090",
    "http://[::1",
    "http://::1/",
    "http://[]/",
    "http://[wiki]/",
    "http://[::1]junk/",
    "https://<wiki>/",
    "https://\"wiki\"/",
};

const std::string kNoProxies[] = {
    "",
    "proxy.example.com",
    "proxy.example.com:3128",
    "http://",
    "http://:3128",
    "ftp://proxy.example.com",
    "file:///etc/passwd",
    "socks://proxy.example.com",
    "http://proxy.example.com:3128/path",
    "http://proxy.example.com:3128?a=b",
    "http://proxy.example.com:3128#top",
    "http://proxy.example.com:99999",
    "http://proxy.example.com:abc",
    "http://proxy example.com",
    "http://proxy.example.com\r\nX-Evil: 1",
    " http://proxy.example.com",
    "http://[::1",
};

void check_problem(const Problem& problem) {
  BOOST_TEST(problem.text.size() > 10U);
  BOOST_TEST(!problem.text.ends_with('.'));
}

bool is_readable(std::string_view url) {
  const auto parsed = parse_base_url(url);
  BOOST_TEST_REQUIRE(parsed.has_value(), url);
  return parsed.value().is_readable_on_the_way();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(base_url)

BOOST_AUTO_TEST_CASE(only_printable_ascii_may_be_in_a_url) {
  BOOST_TEST(may_be_in_url(""));
  BOOST_TEST(may_be_in_url("/a?b=c#d%20!~"));
  for (int c = 0; c <= 0xff; ++c)
    BOOST_TEST(may_be_in_url(std::string("/a") + static_cast<char>(c)) == (c > 0x20 && c < 0x7f));
}

BOOST_DATA_TEST_CASE(takes_a_base_url_apart, data::make(kUrls), url) {
  const auto parsed = parse_base_url(url.given);
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed.value().text == url.text);
  BOOST_TEST(parsed.value().scheme == url.scheme);
  BOOST_TEST(parsed.value().host == url.host);
}

struct TypedUrl {
  const char* given;
  const char* canonical;

  friend std::ostream& operator<<(std::ostream& out, const TypedUrl& url) {
    return out << url.given;
  }
};

const TypedUrl kSameUrls[] = {
    {"HTTPS://Wiki.Example.COM", "https://wiki.example.com"},
    {"https://wiki.example.com:443", "https://wiki.example.com"},
    {"https://wiki.example.com:443/", "https://wiki.example.com"},
    {"https://wiki.example.com:0443/a", "https://wiki.example.com/a"},
    {"https://wiki.example.com:/a", "https://wiki.example.com/a"},
    {"http://WIKI:80/Confluence/", "http://wiki/Confluence"},
    {"http://wiki:443", "http://wiki:443"},
    {"https://wiki:80", "https://wiki:80"},
    {"https://[2001:DB8:0:0:0:0:0:1]:443/a", "https://[2001:db8::1]/a"},
    {"https://[2001:db8::0001]", "https://[2001:db8::1]"},
    {"http://[0:0:0:0:0:0:0:1]:80", "http://[::1]"},
    {"http://[::1]:8090", "http://[::1]:8090"},
    {"http://[FE80::1%25eth0]:8090/a", "http://[fe80::1%25eth0]:8090/a"},
    {"https://wiki/%7Ealice/%63onfluence", "https://wiki/~alice/confluence"},
    {"https://wiki/a%2fb%c3%bc", "https://wiki/a%2Fb%C3%BC"},
    {"https://wiki/a%", "https://wiki/a%"},
    {"https://wiki/a%4", "https://wiki/a%4"},
    {"https://wiki/a%zz", "https://wiki/a%zz"},
    {"https://wiki/%2541", "https://wiki/%2541"},
    {"https://wiki/./a/../confluence", "https://wiki/confluence"},
    {"https://wiki/a/..", "https://wiki"},
    {"https://wiki/a/%2e%2E/confluence", "https://wiki/confluence"},
    {"https://wiki/../..", "https://wiki"},
    {"https://wiki/CONFLUENCE", "https://wiki/CONFLUENCE"},
    {"https://wiki/a:443/B", "https://wiki/a:443/B"},
};

BOOST_DATA_TEST_CASE(one_confluence_has_one_url, data::make(kSameUrls), url) {
  const auto parsed = parse_base_url(url.given);
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed.value().text == url.canonical);
  const auto again = parse_base_url(parsed.value().text);
  BOOST_TEST_REQUIRE(again.has_value());
  BOOST_TEST(again.value().text == url.canonical);
  BOOST_TEST(again.value().host == parsed.value().host);
  BOOST_TEST(parsed.value().is_base_of(url.given));
}

BOOST_AUTO_TEST_CASE(knows_what_is_in_it_however_it_is_typed) {
  const BaseUrl base = parse_base_url("https://Wiki.example.com:443/Conf~luence/").value();
  for (const char* inside :
       {"https://wiki.example.com/Conf~luence", "https://wiki.example.com/Conf~luence/",
        "https://WIKI.EXAMPLE.COM/Conf~luence/rest?a=b",
        "https://wiki.example.com:443/Conf~luence?x",
        "HTTPS://wiki.example.com/%43onf%7Eluence/login.action#top",
        "https://wiki.example.com/Conf~luence;jsessionid=1",
        "https://wiki.example.com/Conf~luence/a b",
        "https://wiki.example.com/Conf~luence/\"'<>\xc3\xbc|"})
    BOOST_TEST(base.is_base_of(inside), inside);
  for (const char* outside :
       {"", "proxy:https://wiki.example.com/Conf~luence", "http://wiki.example.com/Conf~luence",
        "https://wiki.example.com:8443/Conf~luence", "https://wiki.example.com/conf~luence",
        "https://wiki.example.com/Conf~luence2", "https://wiki.example.com/",
        "https://wiki.example.com", "https://wiki.example.com.evil/Conf~luence",
        "https://evil/Conf~luence", "https://evil/?https://wiki.example.com/Conf~luence",
        "https://wiki.example.com?/Conf~luence", "/Conf~luence",
        "https:/wiki.example.com/Conf~luence", "https://wiki.example.com:44300/Conf~luence",
        "balancer://wiki.example.com/Conf~luence"})
    BOOST_TEST(!base.is_base_of(outside), outside);
}

BOOST_AUTO_TEST_CASE(without_a_context_path_all_of_the_host_is_in_it) {
  const BaseUrl base = parse_base_url("http://[::1]:80").value();
  for (const char* inside : {"http://[::1]", "http://[0:0::1]/", "http://[::1]:80/a?b"})
    BOOST_TEST(base.is_base_of(inside), inside);
  for (const char* outside : {"http://[::2]/", "http://[::1]:8080/", "http://[::1]x/"})
    BOOST_TEST(!base.is_base_of(outside), outside);
}

BOOST_AUTO_TEST_CASE(a_scheme_has_no_case) {
  const auto parsed = parse_base_url("HTTPS://wiki.example.com");
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed.value().scheme == "https");
  BOOST_TEST(!parsed.value().is_readable_on_the_way());
}

BOOST_AUTO_TEST_CASE(the_text_never_ends_in_a_slash) {
  for (const char* url :
       {"https://wiki/", "https://wiki//", "https://wiki/a//", "https://wiki:1/"}) {
    const auto parsed = parse_base_url(url);
    if (parsed.has_value()) {
      BOOST_TEST(!parsed.value().text.ends_with('/'), url);
    } else {
      check_problem(parsed.error());
    }
  }
}

BOOST_DATA_TEST_CASE(refuses_everything_else, data::make(kNoUrls), text) {
  const auto parsed = parse_base_url(text);
  BOOST_TEST_REQUIRE(!parsed.has_value());
  check_problem(parsed.error());
}

BOOST_AUTO_TEST_CASE(a_problem_names_the_value_and_no_password) {
  const std::string ftp = parse_base_url("ftp://wiki.example.com").error().text;
  BOOST_TEST(ftp.find("ftp") != std::string::npos);
  BOOST_TEST(ftp.find("http") != std::string::npos);

  for (const char* secret :
       {"https://alice:hunter2@wiki.example.com", "ftp://alice:hunter2@wiki.example.com",
        "https://alice:hunter2@wiki.example.com?x", "alice:hunter2@wiki.example.com",
        "https://alice:hunter2@", "https://alice:hunter2@wiki.example.com:port"}) {
    const auto parsed = parse_base_url(secret);
    BOOST_TEST_REQUIRE(!parsed.has_value(), secret);
    BOOST_TEST(parsed.error().text.find("hunter2") == std::string::npos, parsed.error().text);
  }
}

BOOST_AUTO_TEST_CASE(survives_a_megabyte) {
  const std::string megabyte(1U << 20U, 'a');
  (void)parse_base_url(megabyte);
  (void)parse_base_url("https://wiki/" + megabyte);
  const auto long_host = parse_base_url("https://" + megabyte + "/");
  BOOST_TEST((!long_host.has_value() || long_host.value().host == megabyte));
}

BOOST_AUTO_TEST_CASE(only_plain_http_to_another_host_is_readable) {
  BOOST_TEST(is_readable("http://wiki.example.com"));
  BOOST_TEST(is_readable("http://192.0.2.1:8090"));
  BOOST_TEST(is_readable("http://10.0.0.1"));
  BOOST_TEST(is_readable("http://[2001:db8::1]"));

  BOOST_TEST(!is_readable("https://wiki.example.com"));
  BOOST_TEST(!is_readable("https://192.0.2.1"));
  BOOST_TEST(!is_readable("http://127.0.0.1:8090/confluence"));
  BOOST_TEST(!is_readable("http://127.255.1.2"));
  BOOST_TEST(!is_readable("http://[::1]:8090"));
  BOOST_TEST(!is_readable("http://localhost"));
  BOOST_TEST(!is_readable("http://LocalHost:80/"));
}

BOOST_AUTO_TEST_CASE(a_name_that_looks_like_this_host_is_readable) {
  BOOST_TEST(is_readable("http://localhost.example.com"));
  BOOST_TEST(is_readable("http://notlocalhost"));
  BOOST_TEST(is_readable("http://127.0.0.1.example.com"));
  BOOST_TEST(is_readable("http://127.example.com"));
  BOOST_TEST(is_readable("http://127.0.0.x"));
  BOOST_TEST(is_readable("http://[::1:1]"));
  BOOST_TEST(is_readable("http://[1::1]"));
}

BOOST_AUTO_TEST_CASE(takes_the_url_of_an_outgoing_proxy) {
  for (const std::string url :
       {"http://proxy.example.com:3128", "https://proxy.example.com", "socks5://127.0.0.1:1080",
        "socks5h://proxy:1080", "http://[::1]:3128"}) {
    const auto parsed = parse_proxy_url(url);
    BOOST_TEST_REQUIRE(parsed.has_value(), url);
    BOOST_TEST(parsed.value() == url);
  }
}

// libcurl has another idea of it: 1080.
BOOST_AUTO_TEST_CASE(a_proxy_of_http_without_a_port_is_at_80) {
  const std::pair<std::string, std::string> urls[] = {
      {"http://proxy.example.com", "http://proxy.example.com:80/"},
      {"http://proxy.example.com/", "http://proxy.example.com:80/"},
      {"http://proxy.example.com:", "http://proxy.example.com:80/"},
      {"HTTP://proxy.example.com", "http://proxy.example.com:80/"},
      {"http://[::1]", "http://[::1]:80/"},
      {"http://alice:p%40ss@proxy", "http://alice:p%40ss@proxy:80/"},
      {"http://proxy.example.com:80", "http://proxy.example.com:80"}};
  for (const auto& [given, taken] : urls) {
    const auto parsed = parse_proxy_url(given);
    BOOST_TEST_REQUIRE(parsed.has_value(), given);
    BOOST_TEST(parsed.value() == taken);
  }
}

BOOST_DATA_TEST_CASE(refuses_what_is_no_proxy, data::make(kNoProxies), text) {
  const auto parsed = parse_proxy_url(text);
  BOOST_TEST_REQUIRE(!parsed.has_value());
  check_problem(parsed.error());
}

BOOST_AUTO_TEST_CASE(a_problem_with_a_proxy_names_no_password) {
  for (const char* secret : {"http://alice:hunter2@proxy.example.com/path",
                             "ftp://alice:hunter2@proxy.example.com", "alice:hunter2@proxy"}) {
    const auto parsed = parse_proxy_url(secret);
    BOOST_TEST_REQUIRE(!parsed.has_value(), secret);
    BOOST_TEST(parsed.error().text.find("hunter2") == std::string::npos, parsed.error().text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
