// Connections that are kept, die or hang.

#include <curl/curl.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "crowd_confluence/http/client.h"
#include "harness/hanging_names.h"
#include "harness/http_testing.h"
#include "harness/printing.h"
#include "support/raw_server.h"

using namespace crowd_confluence;
using namespace http_testing;
using namespace std::chrono_literals;
using test_support::RawConnection;
using test_support::RawServer;
using test_support::RefusingPort;
using test_support::SilentPort;
using Clock = std::chrono::steady_clock;

namespace {

HttpSettings impatient(std::chrono::milliseconds timeout = 400ms) {
  HttpSettings settings;
  settings.timeout = timeout;
  return settings;
}

/// How long the call took.
template <typename Call>
std::chrono::milliseconds timed(Call&& call) {
  const auto start = Clock::now();
  call();
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

/// Answers the first request of the first connection, and treats the next one as told.
struct DyingServer {
  explicit DyingServer(std::string last_words = "", bool reset = false, bool revives = true)
      : server([=, this](RawConnection& connection) {
          if (connection.number() > 1 && revives) {
            while (connection.read_request()) {
              ++requests;
              connection.write(kOk);
            }
            return;
          }
          if (connection.number() == 1) {
            if (!connection.read_request()) return;
            ++requests;
            connection.write(kOk);
          }
          if (!connection.read_request()) return;
          ++requests;
          connection.write(last_words);
          if (reset) connection.reset_at_end();
        }) {}

  std::atomic<int> requests{0};
  RawServer server;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client_connections)

BOOST_AUTO_TEST_SUITE(connections)

BOOST_AUTO_TEST_CASE(a_connection_is_used_again) {
  RawServer server(answer_all);
  HttpClient client({});
  for (int i = 0; i < 10; ++i) BOOST_TEST(client.get(server.url(), {}).has_value());
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(a_connection_that_was_closed_while_idle_does_no_harm) {
  std::mutex mutex;
  int served = 0;
  RawServer server([&](RawConnection& connection) {
    if (connection.read_request()) connection.write(kOk);
    const std::lock_guard lock(mutex);
    ++served;
  });
  HttpClient client({});
  for (int i = 0; i < 5; ++i) BOOST_TEST(client.get(server.url(), {}).has_value());
  BOOST_TEST(server.connections() == 5);
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_dies_unheard_is_replaced) {
  for (const bool reset : {false, true}) {
    DyingServer dying("", reset);
    HttpClient client({});
    BOOST_TEST(client.get(dying.server.url(), {}).has_value());
    const auto second = client.get(dying.server.url(), {});
    BOOST_TEST_REQUIRE(second.has_value());
    BOOST_TEST(second.value().body == "ok");
    BOOST_TEST(dying.requests == 3);
    BOOST_TEST(dying.server.connections() == 2);
  }
}

BOOST_AUTO_TEST_CASE(what_a_server_says_unasked_is_nobodys_answer) {
  // A time-out's farewell, say, or a second answer to the first request.
  std::mutex mutex;
  std::condition_variable changed;
  enum { waiting, may_speak, has_spoken } state = waiting;
  RawServer server([&](RawConnection& connection) {
    if (!connection.read_request()) return;
    connection.write(kOk);
    if (connection.number() > 1) return connection.wait_for_close();
    std::unique_lock lock(mutex);
    changed.wait_for(lock, kPatience, [&] { return state == may_speak; });
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsomebody");
    state = has_spoken;
    changed.notify_all();
    lock.unlock();
    connection.wait_for_close();
  });
  HttpClient client({});
  BOOST_TEST(client.get(server.url(), {}).has_value());
  {
    std::unique_lock lock(mutex);
    state = may_speak;
    changed.notify_all();
    BOOST_TEST_REQUIRE(changed.wait_for(lock, kPatience, [&] { return state == has_spoken; }));
  }
  const auto second = client.get(server.url(), {});
  BOOST_TEST_REQUIRE(second.has_value());
  BOOST_TEST(second.value().body == "ok");
  BOOST_TEST(server.connections() == 2);
}

// Else a burst leaves connections behind that nobody closes while the topmost is in use.
BOOST_AUTO_TEST_CASE(what_a_burst_leaves_is_closed_once_it_is_of_no_use) {
  constexpr std::size_t kBurst = 5;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<RawConnection*> open;
  RawServer server([&](RawConnection& connection) {
    if (!connection.read_request()) return;
    {
      std::unique_lock lock(mutex);
      open.push_back(&connection);
      changed.notify_all();
      changed.wait_for(lock, kPatience, [&] { return open.size() == kBurst; });
    }
    connection.write(kOk);
    const bool is_used_again = connection.read_request().has_value();
    const std::lock_guard lock(mutex);
    if (is_used_again) {
      for (RawConnection* const other : open)
        if (other != &connection) other->write("a farewell");
      connection.write(kOk);
    }
    std::erase(open, &connection);
    changed.notify_all();
  });
  HttpClient client({});
  std::vector<std::thread> burst;
  for (std::size_t i = 0; i < kBurst; ++i)
    burst.emplace_back([&] { (void)client.get(server.url(), {}); });
  for (std::thread& each : burst) each.join();
  BOOST_TEST(client.get(server.url(), {}).has_value());
  BOOST_TEST(server.connections() == static_cast<int>(kBurst));
  std::unique_lock lock(mutex);
  BOOST_TEST(changed.wait_for(lock, kPatience, [&] { return open.empty(); }));
}

BOOST_AUTO_TEST_CASE(more_than_the_answer_ends_the_connection) {
  RawServer server([](RawConnection& connection) {
    while (connection.read_request()) connection.write(kOk + kOk);
  });
  HttpClient client({});
  for (int i = 0; i < 3; ++i) BOOST_TEST(client.get(server.url(), {}).value().body == "ok");
  BOOST_TEST(server.connections() == 3);
}

BOOST_AUTO_TEST_CASE(a_request_is_sent_once_more_and_not_twice) {
  DyingServer dying("", false, false);
  HttpClient client({});
  BOOST_TEST(client.get(dying.server.url(), {}).has_value());
  BOOST_TEST(!client.get(dying.server.url(), {}).has_value());
  BOOST_TEST(dying.requests == 3);
  BOOST_TEST(dying.server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(several_dead_connections_cost_one_more_request_only) {
  // Two connections are kept; on both the server dies when it is asked again.
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;
  std::atomic<int> late_requests{0};
  RawServer server([&](RawConnection& connection) {
    if (!connection.read_request()) return;
    if (connection.number() > 2) {
      ++late_requests;
      connection.write(kOk);
      connection.wait_for_close();
      return;
    }
    {
      std::unique_lock lock(mutex);
      ++waiting;
      changed.notify_all();
      changed.wait_for(lock, kPatience, [&] { return waiting == 2; });
    }
    connection.write(kOk);
    if (connection.read_request()) ++late_requests;
  });
  HttpClient client({});
  std::thread other([&] { (void)client.get(server.url(), {}); });
  BOOST_TEST(client.get(server.url(), {}).has_value());
  other.join();
  BOOST_TEST_REQUIRE(server.connections() == 2);
  BOOST_TEST(client.get(server.url(), {}).has_value());
  BOOST_TEST(late_requests == 2);
}

// libcurl counts its retries over a handle's life and gives up at the sixth.
BOOST_AUTO_TEST_CASE(connections_may_die_unheard_again_and_again) {
  std::atomic<int> requests{0};
  RawServer server([&](RawConnection& connection) {
    if (!connection.read_request()) return;
    ++requests;
    connection.write(kOk);
    if (connection.read_request()) ++requests;
  });
  HttpClient client({});
  constexpr int kCalls = 20;
  for (int i = 0; i < kCalls; ++i) BOOST_TEST(client.get(server.url(), {}).has_value());
  // All but the first met a dead connection, and were sent once more on a fresh one.
  BOOST_TEST(requests == 2 * kCalls - 1);
  BOOST_TEST(server.connections() == static_cast<std::size_t>(kCalls));
}

BOOST_AUTO_TEST_CASE(a_fresh_connection_that_dies_is_an_error) {
  for (const bool reset : {false, true}) {
    std::atomic<int> requests{0};
    RawServer server([&](RawConnection& connection) {
      if (connection.read_request()) ++requests;
      if (reset) connection.reset_at_end();
    });
    check_error(get(server.url()), HttpFailure::network);
    BOOST_TEST(requests == 1);
    BOOST_TEST(server.connections() == 1);
  }
}

BOOST_AUTO_TEST_CASE(after_the_first_line_nothing_is_sent_again) {
  for (const char* last_words : {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Le",
                                 "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal"}) {
    DyingServer dying(last_words);
    HttpClient client({});
    BOOST_TEST(client.get(dying.server.url(), {}).has_value());
    BOOST_TEST(!client.get(dying.server.url(), {}).has_value(), last_words);
    BOOST_TEST(dying.requests == 2, last_words);
  }
}

BOOST_AUTO_TEST_CASE(a_connection_is_not_shared_between_hosts) {
  RawServer first(once("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"));
  RawServer second(once("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"));
  HttpClient client({});
  BOOST_TEST(client.get(first.url(), {}).value().body == "first");
  BOOST_TEST(client.get(second.url(), {}).value().body == "second");
}

BOOST_AUTO_TEST_CASE(many_threads_get_each_their_own_answer) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 50;
  RawServer server([](RawConnection& connection) {
    while (const auto head = connection.read_request()) {
      const std::string path = head->substr(4, head->find(' ', 4) - 4);
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(path.size()) +
                       "\r\n\r\n" + path);
    }
  });
  HttpClient client({});
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < kRounds; ++round) {
        const std::string path = "/" + std::to_string(thread) + "/" + std::to_string(round);
        const auto result = client.get(server.url() + path, {});
        if (result.has_value() && result.value().body == path) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(right == kThreads * kRounds);
  BOOST_TEST(server.connections() <= kThreads);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(times)

BOOST_AUTO_TEST_CASE(a_server_that_hangs_costs_the_timeout) {
  RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  const auto taken =
      timed([&] { check_error(get(server.url(), impatient()), HttpFailure::timeout); });
  BOOST_TEST(taken.count() >= 300);
  BOOST_TEST((taken < 400ms + kPatience));
}

BOOST_AUTO_TEST_CASE(a_trickle_does_not_prolong_the_timeout) {
  for (const char* beginning : {"", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\n\r\n"}) {
    RawServer server([beginning](RawConnection& connection) {
      connection.write(beginning);
      do {
        // The pace of a slow network, not a wait for anything.
        std::this_thread::sleep_for(20ms);
      } while (connection.write("x"));
    });
    const auto taken = timed([&] {
      const auto result = get(server.url(), impatient());
      BOOST_TEST_REQUIRE(!result.has_value());
      if (*beginning != '\0') BOOST_TEST(result.error().failure == HttpFailure::timeout);
    });
    BOOST_TEST((taken < 400ms + kPatience));
  }
}

BOOST_AUTO_TEST_CASE(a_flood_does_not_prolong_the_timeout) {
  const std::string chunk = "1;" + std::string(30'000, 'x') + "\r\ny\r\n";
  RawServer server([&](RawConnection& connection) {
    if (!connection.read_request()) return;
    connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (connection.write(chunk)) {
    }
  });
  const auto taken =
      timed([&] { check_error(get(server.url(), impatient()), HttpFailure::timeout); });
  BOOST_TEST((taken < 400ms + kPatience));
}

BOOST_AUTO_TEST_CASE(a_server_that_cannot_be_reached_costs_the_connect_timeout) {
  SilentPort silent;
  HttpSettings settings;
  settings.connect_timeout = 300ms;
  settings.timeout = 60s;
  const std::string url = "http://127.0.0.1:" + std::to_string(silent.port()) + "/";
  const auto taken = timed([&] { check_error(get(url, settings), HttpFailure::timeout); });
  BOOST_TEST(taken.count() >= 200);
  BOOST_TEST((taken < 300ms + kPatience));
}

BOOST_AUTO_TEST_CASE(the_timeout_bounds_connecting_too) {
  SilentPort silent;
  HttpSettings settings;
  settings.connect_timeout = 60s;
  settings.timeout = 300ms;
  const std::string url = "http://127.0.0.1:" + std::to_string(silent.port()) + "/";
  const auto taken = timed([&] { check_error(get(url, settings), HttpFailure::timeout); });
  BOOST_TEST((taken < 300ms + kPatience));
}

BOOST_AUTO_TEST_CASE(a_second_try_gets_only_the_time_that_is_left) {
  static constexpr auto kTimeout = 3000ms;
  RawServer server([](RawConnection& connection) {
    if (connection.number() == 1) {
      if (connection.read_request()) connection.write(kOk);
      if (!connection.read_request()) return;
      // Most of the time is used up when the connection turns out dead.
      std::this_thread::sleep_for(2 * kTimeout / 3);
      return;
    }
    connection.wait_for_close();
  });
  HttpClient client(impatient(kTimeout));
  BOOST_TEST(client.get(server.url(), {}).has_value());
  const auto taken =
      timed([&] { check_error(client.get(server.url(), {}), HttpFailure::timeout); });
  BOOST_TEST((taken < kTimeout + kTimeout / 2), taken.count() << " ms");
}

BOOST_AUTO_TEST_CASE(after_a_timeout_the_next_call_gets_its_own_answer) {
  // The late answer to the first request must not be taken for that to the second one.
  std::mutex mutex;
  std::condition_variable changed;
  bool first_is_over = false;
  RawServer server([&](RawConnection& connection) {
    if (connection.number() > 1) {
      answer_all(connection);
      return;
    }
    if (!connection.read_request()) return;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, kPatience, [&] { return first_is_over; });
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
    connection.wait_for_close();
  });
  HttpClient client(impatient());
  check_error(client.get(server.url(), {}), HttpFailure::timeout);
  {
    const std::lock_guard lock(mutex);
    first_is_over = true;
  }
  changed.notify_all();
  const auto second = client.get(server.url(), {});
  BOOST_TEST_REQUIRE(second.has_value());
  BOOST_TEST(second.value().body == "ok");
}

BOOST_AUTO_TEST_CASE(refusals_are_told_at_once) {
  RefusingPort refusing;
  const std::string url = "http://127.0.0.1:" + std::to_string(refusing.port()) + "/";
  HttpSettings settings;
  settings.connect_timeout = 60s;
  settings.timeout = 60s;
  const auto taken = timed([&] { check_error(get(url, settings), HttpFailure::refused); });
  BOOST_TEST((taken < kPatience));
}

BOOST_AUTO_TEST_CASE(a_name_without_address_is_told) {
  // A label of more than 63 characters: nobody is asked for it.
  check_error(get("http://" + std::string(70, 'a') + ".invalid/"), HttpFailure::name_lookup);
}

// So that threads of libcurl that wait for names do not keep anybody.
BOOST_AUTO_TEST_CASE(a_name_server_that_hangs_costs_the_timeout,
                     *boost::unit_test::precondition([](auto) {
                       return LIBCURL_VERSION_NUM >= 0x075700;
                     })) {
  const HangingNames hanging;
  const auto taken = timed([&] {
    check_error(get("http://" + std::string(HangingNames::kHost) + "/", impatient()),
                HttpFailure::timeout);
  });
  BOOST_TEST((taken < 400ms + kPatience));
}

BOOST_AUTO_TEST_CASE(errors_show_nothing_of_the_headers) {
  RefusingPort refusing;
  RawServer closing([](RawConnection& connection) { connection.read_request(); });
  HttpClient client(impatient());
  for (const std::string& url :
       {"http://127.0.0.1:" + std::to_string(refusing.port()) + "/", closing.url()}) {
    const auto result = client.get(url, {"Cookie: crowd.token_key=s3cret"});
    BOOST_TEST_REQUIRE(!result.has_value());
    BOOST_TEST(result.error().text.find("s3cret") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
