// How long a connection is used, and when it is closed.

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "crowd_confluence/http/client.h"
#include "harness/hanging_names.h"
#include "harness/http_testing.h"
#include "harness/printing.h"
#include "harness/processes.h"
#include "support/raw_server.h"

using namespace crowd_confluence;
using namespace http_testing;
using namespace std::chrono_literals;
using test_support::RawConnection;
using test_support::RawServer;

namespace {

/// Answers with the same bytes, and tells how many connections are open.
class CountingServer {
 public:
  explicit CountingServer(std::string answer = kOk)
      : server_([this, answer = std::move(answer)](RawConnection& connection) {
          add(1);
          while (connection.read_request()) connection.write(answer);
          add(-1);
        }) {}

  [[nodiscard]] const RawServer& server() const { return server_; }

  bool becomes_idle() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [this] { return open_ == 0; });
  }

 private:
  void add(int connections) {
    const std::lock_guard lock(mutex_);
    open_ += connections;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int open_ = 0;
  RawServer server_;
};

std::string with_status(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 2\r\n\r\nok";
}

std::string url_of_moving_name() {
  return "http://" + std::string(MovingName::kHost) + ":8090/";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client_lifetime)

BOOST_AUTO_TEST_CASE(a_connection_is_used_for_less_than_a_minute) {
  BOOST_TEST((HttpClient::kConnectionLifetime < 60s));
}

BOOST_AUTO_TEST_CASE(an_old_connection_is_not_used_however_busy_it_is) {
  constexpr auto kLifetime = 300ms;
  CountingServer server;
  HttpClient client({}, kLifetime);
  const auto start = std::chrono::steady_clock::now();
  int calls = 0;
  while (server.server().connections() < 3) {
    BOOST_TEST_REQUIRE(client.get(server.server().url(), {}).has_value());
    ++calls;
    BOOST_TEST_REQUIRE((std::chrono::steady_clock::now() - start < kPatience));
  }
  BOOST_TEST((std::chrono::steady_clock::now() - start >= 2 * kLifetime));
  BOOST_TEST(calls > 3);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_by_time) {
  CountingServer server;
  HttpClient client({}, 300ms);
  for (int round = 0; round < 2; ++round) {
    BOOST_TEST(client.get(server.server().url(), {}).has_value());
    BOOST_TEST(server.becomes_idle());
  }
}

BOOST_AUTO_TEST_CASE(a_connection_that_the_server_has_closed_is_closed_here_too) {
  std::atomic<bool> is_closed_here{false};
  RawServer server([&](RawConnection& connection) {
    if (!connection.read_request()) return;
    connection.write(kOk);
    connection.write("a farewell");
    connection.wait_for_close();
    is_closed_here = true;
  });
  HttpClient client({});
  BOOST_TEST(client.get(server.url(), {}).has_value());
  BOOST_TEST(processes::eventually([&] { return is_closed_here.load(); }));
}

BOOST_AUTO_TEST_CASE(a_client_ends_at_once) {
  CountingServer server;
  const auto start = std::chrono::steady_clock::now();
  {
    HttpClient client({});
    BOOST_TEST(client.get(server.server().url(), {}).has_value());
  }
  BOOST_TEST((std::chrono::steady_clock::now() - start < kPatience));
  BOOST_TEST(server.becomes_idle());
}

BOOST_AUTO_TEST_CASE(after_an_error_of_the_server_a_new_connection_is_made) {
  for (const int status : {500, 502, 503, 504, 599}) {
    CountingServer server(with_status(status));
    HttpClient client({});
    for (int i = 0; i < 3; ++i)
      BOOST_TEST(client.get(server.server().url(), {}).value().status == status);
    BOOST_TEST(server.server().connections() == 3);
  }
  for (const int status : {200, 302, 401, 403, 404, 429, 499}) {
    CountingServer server(with_status(status));
    HttpClient client({});
    for (int i = 0; i < 3; ++i)
      BOOST_TEST(client.get(server.server().url(), {}).value().status == status);
    BOOST_TEST(server.server().connections() == 1);
  }
}

// A fail-over: the old server stays, and says that it is not the one any more.
BOOST_AUTO_TEST_CASE(a_name_that_has_moved_is_noticed) {
  for (const std::string& last_words : {with_status(503), kOk}) {
    CountingServer old(last_words);
    CountingServer fresh("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh");
    MovingName name(old.server().port());
    HttpClient client({}, 300ms);
    BOOST_TEST(client.get(url_of_moving_name(), {}).value().body == "ok");
    name.move_to(fresh.server().port());
    BOOST_TEST(processes::eventually(
        [&] { return client.get(url_of_moving_name(), {}).value().body == "fresh"; }));
  }
}

BOOST_AUTO_TEST_CASE(a_name_is_not_asked_for_by_each_connection) {
  CountingServer server(with_status(503));
  const MovingName name(server.server().port());
  HttpClient client({});
  const int before = MovingName::lookups();
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(client.get(url_of_moving_name(), {}).value().status == 503);
  BOOST_TEST(server.server().connections() == 20);
  BOOST_TEST(MovingName::lookups() - before < 20);
}

BOOST_AUTO_TEST_SUITE_END()
