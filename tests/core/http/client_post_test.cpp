// POST requests: what is sent, and that it is sent once.

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>

#include "crowd_confluence/http/client.h"
#include "harness/http_testing.h"
#include "harness/printing.h"
#include "support/raw_server.h"

using namespace crowd_confluence;
using namespace http_testing;
using test_support::RawConnection;
using test_support::RawServer;

namespace {

const std::string kBody = R"({"a":"b"})";

std::chrono::steady_clock::time_point in_good_time() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(5);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client_post)

BOOST_AUTO_TEST_CASE(sends_headers_and_body) {
  Requests requests;
  RawServer server([&](RawConnection& connection) {
    const auto head = connection.read_request();
    if (!head) return;
    requests.add(*head + connection.read_body(kBody.size()).value_or("(cut off)"));
    connection.write(kOk);
  });
  HttpClient client({});
  const auto response =
      client.post(server.url() + "/a?b", {"Content-Type: application/json"}, kBody, in_good_time());
  BOOST_TEST_REQUIRE(response.has_value());
  BOOST_TEST(response.value().body == "ok");
  BOOST_TEST_REQUIRE(requests.all().size() == 1U);
  BOOST_TEST(requests.all()[0] ==
             "POST /a?b HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                 "\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
                 "\r\n" +
                 kBody);
}

BOOST_AUTO_TEST_CASE(tells_this_hosts_address) {
  RawServer server(once(kOk));
  const auto response = get(server.url());
  BOOST_TEST_REQUIRE(response.has_value());
  BOOST_TEST(response.value().local_address == "127.0.0.1");
}

/// The server reads the request and closes: over a kept connection, a GET would be sent again.
BOOST_AUTO_TEST_CASE(is_not_sent_again_when_the_connection_breaks) {
  Requests posts;
  RawServer server([&](RawConnection& connection) {
    while (const auto head = connection.read_request()) {
      if (head->starts_with("GET")) {
        connection.write(kOk);
        continue;
      }
      posts.add(*head);
      return;
    }
  });
  HttpClient client({});
  BOOST_TEST_REQUIRE(client.get(server.url(), {}).has_value());
  const auto response = client.post(server.url(), {}, kBody, in_good_time());
  check_error(response, HttpFailure::network);
  BOOST_TEST(posts.all().size() == 1U);
}

/// A kept connection may be dead, and then nobody could tell whether the server has read it.
BOOST_AUTO_TEST_CASE(goes_over_a_connection_of_its_own_which_is_kept) {
  RawServer server([&](RawConnection& connection) {
    while (const auto head = connection.read_request()) {
      if (head->starts_with("POST")) connection.read_body(kBody.size());
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" +
                       std::to_string(connection.number()));
    }
  });
  HttpClient client({});
  const auto number = [](const auto& response) {
    return response ? response.value().body : std::string("none");
  };
  BOOST_TEST(number(client.get(server.url(), {})) == "1");
  BOOST_TEST(number(client.post(server.url(), {}, kBody, in_good_time())) == "2");
  BOOST_TEST(number(client.post(server.url(), {}, kBody, in_good_time())) == "3");
  BOOST_TEST(number(client.get(server.url(), {})) != "4");
}

BOOST_AUTO_TEST_CASE(keeps_line_breaks_out_of_headers) {
  RawServer server(answer_all);
  HttpClient client({});
  check_error(client.post(server.url(), {"A: b\r\nC: d"}, kBody, in_good_time()),
              HttpFailure::internal);
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
