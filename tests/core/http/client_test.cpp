// What is sent and what is made of the answer, with servers that do byte by byte what the test
// tells them. Connections, proxies and TLS have files of their own.

#include "crowd_confluence/http/client.h"

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "harness/http_testing.h"
#include "harness/printing.h"
#include "support/raw_server.h"
#include "support/temporary_directory.h"

using namespace crowd_confluence;
using namespace http_testing;
using test_support::RawConnection;
using test_support::RawServer;
namespace data = boost::unit_test::data;

namespace {

/// The response to bytes that must make one.
HttpResponse response_to(const std::string& bytes) {
  RawServer server(once(bytes));
  const auto result = get(server.url());
  BOOST_TEST_REQUIRE(result.has_value());
  return result.value();
}

std::vector<std::string> lines_of(const std::string& head) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < head.size();) {
    const std::size_t end = head.find("\r\n", begin);
    if (end > begin) lines.push_back(head.substr(begin, end - begin));
    begin = end + 2;
  }
  return lines;
}

const std::string kNoResponses[] = {
    "junk\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/1.1\r\n\r\n",
    "HTTP/9.9 200 OK\r\n\r\n",
    "HTTP/1.1 abc OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\njunk",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "HTTP/1.1 200 OK\r\nConten",
    "HTTP/1.1 2",
    std::string("HTTP/1.1 200 OK\r\nA: b\0c\r\nContent-Length: 0\r\n\r\n", 46),
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client)

BOOST_AUTO_TEST_SUITE(responses)

BOOST_AUTO_TEST_CASE(gives_status_headers_and_body) {
  const HttpResponse response = response_to(
      "HTTP/1.1 203 Odd\r\nSet-Cookie: a=1\r\nX-Two:  b \r\nset-cookie: a=2\r\nEmpty:\r\n"
      "Content-Length: 5\r\n\r\nhel\r\n");
  BOOST_TEST(response.status == 203);
  BOOST_TEST(response.body == "hel\r\n");
  const std::vector<std::pair<std::string, std::string>> expected{{"Set-Cookie", "a=1"},
                                                                  {"X-Two", "b"},
                                                                  {"set-cookie", "a=2"},
                                                                  {"Empty", ""},
                                                                  {"Content-Length", "5"}};
  BOOST_TEST_REQUIRE(response.headers.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    BOOST_TEST(response.headers[i].name == expected[i].first);
    BOOST_TEST(response.headers[i].value == expected[i].second);
  }
}

BOOST_AUTO_TEST_CASE(bodies_are_bytes) {
  const std::string bytes("\0\xff\r\n\r\n\0", 7);
  BOOST_TEST(response_to("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + bytes).body == bytes);
  BOOST_TEST(response_to("HTTP/1.0 200 OK\r\n\r\nuntil the end").body == "until the end");
  BOOST_TEST(response_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
                 .body == "abcde");
  BOOST_TEST(response_to("HTTP/1.1 204 No Content\r\n\r\n").body == "");
  BOOST_TEST(response_to("HTTP/1.1 302\r\nContent-Length: 0\r\n\r\n").status == 302);
}

BOOST_AUTO_TEST_CASE(interim_responses_leave_nothing_behind) {
  const HttpResponse response = response_to(
      "HTTP/1.1 103 Early Hints\r\nX-Seraph-LoginReason: OK\r\n\r\n"
      "HTTP/1.1 100 Continue\r\nSet-Cookie: JSESSIONID=1\r\n\r\n" +
      kOk);
  BOOST_TEST(response.status == 200);
  BOOST_TEST(!response.header("X-Seraph-LoginReason").has_value());
  BOOST_TEST(!response.header("Set-Cookie").has_value());
}

BOOST_AUTO_TEST_CASE(trailers_are_no_headers) {
  const HttpResponse response = response_to(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nok\r\n0\r\nX-Seraph-LoginReason: OK\r\nSet-Cookie: JSESSIONID=1\r\n\r\n");
  BOOST_TEST(response.body == "ok");
  BOOST_TEST(!response.header("X-Seraph-LoginReason").has_value());
  BOOST_TEST(!response.header("Set-Cookie").has_value());
}

BOOST_AUTO_TEST_CASE(empty_chunked_bodies_have_trailers_too) {
  const HttpResponse response = response_to(
      "HTTP/1.1 302 Found\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\nX-Seraph-LoginReason: OK\r\nX-AUSERNAME: admin\r\n\r\n");
  BOOST_TEST(response.status == 302);
  BOOST_TEST(response.headers.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_folded_header_is_one_header) {
  const HttpResponse response = response_to(
      "HTTP/1.1 200 OK\r\nX-Foo: a\r\n X-AUSERNAME: admin\r\n"
      "X-Seraph-LoginReason: OUT,\r\n\tOK\r\nContent-Length: 0\r\n\r\n");
  BOOST_TEST(!response.header("X-AUSERNAME").has_value());
  BOOST_TEST(response.header("X-Seraph-LoginReason").value_or("") == "OUT, OK");
}

BOOST_AUTO_TEST_CASE(lines_may_end_with_a_line_feed_alone) {
  const HttpResponse response =
      response_to("HTTP/1.1 200 OK\nX-A: b\r\nX-C: d\nContent-Length: 4\n\n\n\r\n\n");
  BOOST_TEST(response.header("X-A").value_or("") == "b");
  BOOST_TEST(response.header("X-C").value_or("") == "d");
  BOOST_TEST(response.body == "\n\r\n\n");
}

BOOST_AUTO_TEST_CASE(the_version_may_be_that_of_a_gateways_other_side) {
  const HttpResponse response = response_to("HTTP/2 200\r\nX-A: b\r\n\r\nuntil the end");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.header("X-A").value_or("") == "b");
  BOOST_TEST(response.body == "until the end");
}

BOOST_AUTO_TEST_CASE(pieces_may_be_single_bytes) {
  const std::string responses[] = {
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1;a=b\r\nx\r\n2\r\nyz\r\n0\r\nT: u\r\n\r\n",
      "HTTP/1.1 200 OK\nX-A: b\nTransfer-Encoding: chunked\n\n3\r\nxyz\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 3\r\n\r\nxyz"};
  for (const std::string& bytes : responses) {
    RawServer server([&](RawConnection& connection) {
      if (!connection.read_request()) return;
      for (const char byte : bytes) connection.write({&byte, 1});
      connection.wait_for_close();
    });
    const auto result = get(server.url());
    BOOST_TEST_REQUIRE(result.has_value(), bytes);
    BOOST_TEST(result.value().status == 200);
    BOOST_TEST(result.value().header("X-A").value_or("") == "b");
    BOOST_TEST(result.value().body == "xyz");
  }
}

BOOST_AUTO_TEST_CASE(an_interim_response_alone_is_none) {
  RawServer server(once("HTTP/1.1 100 Continue\r\n\r\n"));
  check_error(get(server.url()), HttpFailure::network);
}

BOOST_DATA_TEST_CASE(what_is_no_response_is_an_error, data::make(kNoResponses), bytes) {
  RawServer server(once(bytes));
  const auto result = get(server.url());
  BOOST_TEST_REQUIRE(!result.has_value());
  BOOST_TEST((result.error().failure == HttpFailure::protocol ||
              result.error().failure == HttpFailure::network),
             result.error().failure << ": " << result.error().text);
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(redirects_are_not_followed) {
  RawServer elsewhere(answer_all);
  for (const char* status : {"301", "302", "303", "307", "308"}) {
    const HttpResponse response =
        response_to("HTTP/1.1 " + std::string(status) + " Go\r\nLocation: " + elsewhere.url() +
                    "/x\r\nContent-Length: 0\r\n\r\n");
    BOOST_TEST(std::to_string(response.status) == status);
    BOOST_TEST(response.header("Location").value() == elsewhere.url() + "/x");
  }
  BOOST_TEST(elsewhere.connections() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(caps)

std::string with_body(std::size_t size) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
         std::string(size, 'b');
}

BOOST_AUTO_TEST_CASE(a_body_of_the_greatest_size_is_read) {
  BOOST_TEST(response_to(with_body(HttpClient::kMaxBodyBytes)).body.size() ==
             HttpClient::kMaxBodyBytes);
}

BOOST_AUTO_TEST_CASE(one_byte_more_is_too_large) {
  RawServer server(once(with_body(HttpClient::kMaxBodyBytes + 1)));
  check_error(get(server.url()), HttpFailure::too_large);
}

BOOST_AUTO_TEST_CASE(endless_bodies_are_cut) {
  for (const char* framing : {"", "Transfer-Encoding: chunked\r\n"}) {
    RawServer server([framing](RawConnection& connection) {
      if (!connection.read_request()) return;
      connection.write("HTTP/1.1 200 OK\r\n" + std::string(framing) + "\r\n");
      const std::string chunk = *framing == '\0' ? std::string(0x4000, 'x')
                                                 : "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
      while (connection.write(chunk)) {
      }
    });
    check_error(get(server.url()), HttpFailure::too_large);
  }
}

BOOST_AUTO_TEST_CASE(what_stands_around_chunks_is_cut_too) {
  const std::string endless[] = {"1;" + std::string(1000, 'x'), std::string(1000, '0'),
                                 "0\r\nX-Trailer: " + std::string(1000, 'v')};
  for (const std::string& beginning : endless) {
    RawServer server([&](RawConnection& connection) {
      if (!connection.read_request()) return;
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + beginning);
      while (connection.write(std::string(1000, beginning.back()))) {
      }
    });
    check_error(get(server.url()), HttpFailure::too_large);
  }
}

BOOST_AUTO_TEST_CASE(many_headers_fit) {
  std::string headers;
  while (headers.size() < HttpClient::kMaxHeaderBytes - 2'000) {
    headers += "X-" + std::to_string(headers.size()) + ": " + std::string(900, 'v') + "\r\n";
  }
  const HttpResponse response =
      response_to("HTTP/1.1 200 OK\r\n" + headers + "Content-Length: 2\r\n\r\nok");
  BOOST_TEST(response.body == "ok");
  BOOST_TEST(response.headers.size() > 60U);
}

BOOST_AUTO_TEST_CASE(endless_headers_are_cut) {
  const std::string beginnings[] = {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 "};
  const std::string repeated[] = {"X-Header: value\r\n", std::string(1000, 'v'),
                                  std::string(1000, '2')};
  for (std::size_t i = 0; i < 3; ++i) {
    RawServer server([&](RawConnection& connection) {
      if (!connection.read_request()) return;
      connection.write(beginnings[i]);
      while (connection.write(repeated[i])) {
      }
    });
    const auto result = get(server.url());
    BOOST_TEST_REQUIRE(!result.has_value());
    BOOST_TEST((result.error().failure == HttpFailure::too_large ||
                result.error().failure == HttpFailure::protocol),
               result.error().failure << ": " << result.error().text);
  }
}

BOOST_AUTO_TEST_CASE(headers_just_above_the_cap_are_too_large) {
  std::string headers;
  while (headers.size() <= HttpClient::kMaxHeaderBytes) {
    headers += "X-" + std::to_string(headers.size()) + ": " + std::string(900, 'v') + "\r\n";
  }
  RawServer server(once("HTTP/1.1 200 OK\r\n" + headers + "Content-Length: 2\r\n\r\nok"));
  check_error(get(server.url()), HttpFailure::too_large);
}

BOOST_AUTO_TEST_CASE(endless_interim_responses_are_cut) {
  RawServer server([](RawConnection& connection) {
    if (!connection.read_request()) return;
    while (connection.write("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n")) {
    }
  });
  check_error(get(server.url()), HttpFailure::too_large);
}

BOOST_AUTO_TEST_CASE(after_too_much_the_next_call_is_fine) {
  RawServer server([](RawConnection& connection) {
    if (!connection.read_request()) return;
    connection.write(connection.number() == 1 ? with_body(HttpClient::kMaxBodyBytes + 1) : kOk);
    connection.wait_for_close();
  });
  HttpClient client({});
  check_error(client.get(server.url(), {}), HttpFailure::too_large);
  const auto second = client.get(server.url(), {});
  BOOST_TEST_REQUIRE(second.has_value());
  BOOST_TEST(second.value().body == "ok");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(requests)

BOOST_AUTO_TEST_CASE(sends_get_host_and_the_given_headers_only) {
  Requests requests;
  RawServer server([&](RawConnection& connection) {
    while (const auto head = connection.read_request()) {
      requests.add(*head);
      connection.write(kOk);
    }
  });
  HttpClient client({});
  BOOST_TEST(client
                 .get(server.url() + "/a/b?c=d",
                      {"Accept: application/json", "User-Agent: me", "Cookie: a=b; c=d"})
                 .has_value());
  BOOST_TEST_REQUIRE(requests.all().size() == 1U);
  std::vector<std::string> lines = lines_of(requests.all()[0]);
  BOOST_TEST_REQUIRE(!lines.empty());
  BOOST_TEST(lines[0] == "GET /a/b?c=d HTTP/1.1");
  lines.erase(lines.begin());
  std::sort(lines.begin(), lines.end());
  const std::vector<std::string> expected{"Accept: application/json", "Cookie: a=b; c=d",
                                          "Host: 127.0.0.1:" + std::to_string(server.port()),
                                          "User-Agent: me"};
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(headers_of_one_call_are_not_those_of_the_next) {
  Requests requests;
  RawServer server([&](RawConnection& connection) {
    while (const auto head = connection.read_request()) {
      requests.add(*head);
      connection.write(
          "HTTP/1.1 200 OK\r\nSet-Cookie: fromserver=1; Path=/\r\n"
          "Content-Length: 0\r\n\r\n");
    }
  });
  HttpClient client({});
  BOOST_TEST(
      client.get(server.url(), {"Cookie: t=alice", "X-Forwarded-For: 192.0.2.1"}).has_value());
  BOOST_TEST(client.get(server.url(), {"Cookie: t=bob"}).has_value());
  BOOST_TEST(client.get(server.url(), {}).has_value());
  const std::vector<std::string> heads = requests.all();
  BOOST_TEST_REQUIRE(heads.size() == 3U);
  BOOST_TEST(server.connections() == 1);
  BOOST_TEST(heads[1].find("alice") == std::string::npos);
  BOOST_TEST(heads[1].find("192.0.2.1") == std::string::npos);
  BOOST_TEST(heads[1].find("fromserver") == std::string::npos);
  BOOST_TEST(heads[2].find("Cookie") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_header_of_several_lines_is_not_sent) {
  RawServer server(answer_all);
  HttpClient client({});
  for (const std::string& header :
       {std::string("Cookie: a\r\nX-Evil: 1"), std::string("Cookie: a\nX-Evil: 1"),
        std::string("Cookie: a\rb"), std::string("Cookie: a\0b", 11), std::string("X: y\r\n")}) {
    check_error(client.get(server.url(), {"Accept: */*", header}), HttpFailure::internal);
  }
  BOOST_TEST(server.connections() == 0);
}

// On a kept connection nothing but this client is in the way.
BOOST_AUTO_TEST_CASE(control_characters_are_not_sent_over_a_kept_connection) {
  Requests requests;
  RawServer server([&](RawConnection& connection) {
    while (const auto head = connection.read_request()) {
      requests.add(*head);
      connection.write(kOk);
    }
  });
  HttpClient client({});
  BOOST_TEST(client.get(server.url(), {}).has_value());
  for (int c = 0; c <= 0x7f; ++c) {
    const char control = static_cast<char>(c);
    if (c > 0x20 && c != 0x7f) continue;
    check_error(client.get(server.url() + "/a" + control + "b", {}), HttpFailure::internal);
    check_error(client.get(server.url() + "/a?b" + control, {}), HttpFailure::internal);
    if (control != '\t' && control != ' ')
      check_error(client.get(server.url(), {std::string("X: a") + control + "b"}),
                  HttpFailure::internal);
  }
  check_error(client.get(server.url() + "/ HTTP/1.1\r\nX-Evil: 1\r\n\r\nGET /", {}),
              HttpFailure::internal);
  BOOST_TEST(requests.all().size() == 1U);
  BOOST_TEST(client.get(server.url(), {"X: a\tb"}).has_value());
  BOOST_TEST(requests.all().size() == 2U);
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(netrc_plays_no_part) {
  const test_support::TemporaryDirectory home;
  home.write(".netrc",
             "machine 127.0.0.1 login alice password hunter2\ndefault login a password b\n");
  const Environment environment("HOME", home.path());
  Requests requests;
  RawServer server(
      once("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
           "Content-Length: 0\r\n\r\n",
           requests));
  const auto result = get(server.url());
  BOOST_TEST_REQUIRE(result.has_value());
  BOOST_TEST(result.value().status == 401);
  BOOST_TEST_REQUIRE(requests.all().size() == 1U);
  BOOST_TEST(requests.all()[0].find("Authorization") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_http_and_https_are_spoken) {
  RawServer server(answer_all);
  const std::string port = std::to_string(server.port());
  const test_support::TemporaryDirectory directory;
  const std::string file = directory.write("secret", "content");
  for (const std::string& url :
       {"file://" + file, "ftp://127.0.0.1:" + port + "/", "gopher://127.0.0.1:" + port + "/x",
        "dict://127.0.0.1:" + port + "/x", "telnet://127.0.0.1:" + port, std::string("junk://x"),
        std::string(""), std::string("http://"), std::string("/path")}) {
    const auto result = get(url);
    BOOST_TEST(!result.has_value(), url);
    if (!result.has_value()) BOOST_TEST(!result.error().text.empty());
  }
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
