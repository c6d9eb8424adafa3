// Connections over TLS: what comes over them unasked, sessions that are resumed, what a new one
// costs.

#include <openssl/ssl.h>
#include <algorithm>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <functional>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "crowd_confluence/http/client.h"
#include "harness/http_testing.h"
#include "harness/libcurl_options.h"
#include "harness/printing.h"
#include "harness/processes.h"
#include "harness/raw_tls_server.h"
#include "harness/sockets.h"
#include "support/certificates.h"
#include "support/temporary_directory.h"

using namespace crowd_confluence;
using namespace http_testing;
using namespace std::chrono_literals;
using test_support::Certificate;

namespace {

const std::string kStray = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsomebody";

void answer_all_over_tls(RawTlsConnection& connection) {
  while (connection.read_request()) connection.write(kOk);
}

HttpSettings trusting(const RawTlsServer& server) {
  HttpSettings settings;
  settings.ca_certificate_file = server.ca_file();
  return settings;
}

/// Until a time that the test and a server's thread agree on.
class Signal {
 public:
  void give() {
    const std::lock_guard lock(mutex_);
    ++given_;
    changed_.notify_all();
  }
  bool wait_for(int times = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return given_ >= times; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int given_ = 0;
};

using Step = std::function<void(RawTlsConnection&)>;

/// A way to the server: with a handler for its connections, of this version of TLS.
struct Way {
  Way(const Step& serve, int version, bool has_proxy)
      : server(
            [serve, has_proxy](RawTlsConnection& connection) {
              if (!has_proxy) return serve(connection);
              if (!connection.read_request()) return;
              connection.write("HTTP/1.1 200 Connected\r\n\r\n");
              connection.serve_inside(serve);
            },
            version),
        authorities(directory.path().string()) {
    const std::string& authority = server.authority().certificate();
    directory.write(test_support::hashed_name(authority), authority);
    if (has_proxy) settings.outgoing_proxy = server.url().substr(0, server.url().size() - 1);
  }

  RawTlsServer server;
  test_support::TemporaryDirectory directory;
  BuiltInCaDirectory authorities;  // for server and proxy alike
  HttpSettings settings;
};

/// On the first connection `answer` answers the first request; `later` happens while the connection
/// is idle. The next request must get an answer of its own, over a new connection.
void check_unasked_is_no_answer(const Step& answer, const Step& later, int version,
                                bool has_proxy) {
  Signal may_speak;
  Signal has_spoken;
  const Way way(
      [&](RawTlsConnection& connection) {
        if (connection.number() > 1) return answer_all_over_tls(connection);
        if (!connection.read_request()) return;
        answer(connection);
        may_speak.wait_for();
        later(connection);
        has_spoken.give();
        connection.raw().wait_for_close();
      },
      version, has_proxy);
  HttpClient client(way.settings);
  const auto first = client.get(way.server.url(), {});
  BOOST_TEST_REQUIRE(first.has_value(), (first ? std::string() : first.error().text));
  BOOST_TEST(first.value().body == "ok");
  may_speak.give();
  BOOST_TEST_REQUIRE(has_spoken.wait_for());
  const auto second = client.get(way.server.url(), {});
  BOOST_TEST_REQUIRE(second.has_value());
  BOOST_TEST(second.value().body == "ok");
  BOOST_TEST(way.server.connections() == 2);
}

void check_unasked_is_no_answer(const Step& answer, const Step& later) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
    for (const bool has_proxy : {false, true})
      check_unasked_is_no_answer(answer, later, version, has_proxy);
}

void nothing(RawTlsConnection&) {}

void check_refused(HttpClient& client, const RawTlsServer& server) {
  check_error(client.get(server.url(), {}), HttpFailure::tls);
}

/// A client's connections end with each answer.
void answer_and_close(RawTlsConnection& connection) {
  if (connection.read_request())
    connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
}

std::chrono::nanoseconds cpu_of_this_thread() {
  std::timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// CPU of this thread for each of some new connections after a first one.
std::chrono::nanoseconds cost_of_connection(const std::string& url, const HttpSettings& settings) {
  constexpr int kConnections = 10;
  HttpClient client(settings);
  BOOST_TEST_REQUIRE(client.get(url, {}).has_value());
  const auto start = cpu_of_this_thread();
  for (int i = 0; i < kConnections; ++i) BOOST_TEST_REQUIRE(client.get(url, {}).has_value());
  return (cpu_of_this_thread() - start) / kConnections;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client_tls_connections)

BOOST_AUTO_TEST_SUITE(unasked)

BOOST_AUTO_TEST_CASE(in_the_record_of_the_answer) {
  check_unasked_is_no_answer([](auto& connection) { connection.write(kOk + kStray); }, nothing);
}

BOOST_AUTO_TEST_CASE(in_another_record_at_once) {
  check_unasked_is_no_answer(
      [](auto& connection) {
        const RawTlsConnection::InOneSegment together(connection);
        connection.write(kOk);
        connection.write(kStray);
      },
      nothing);
}

BOOST_AUTO_TEST_CASE(while_the_connection_is_idle) {
  check_unasked_is_no_answer([](auto& connection) { connection.write(kOk); },
                             [](auto& connection) { connection.write(kStray); });
}

// An answer that says where it ends, and one byte that fills the last of many buffers.
BOOST_AUTO_TEST_CASE(behind_an_answer_of_several_records) {
  check_unasked_is_no_answer(
      [](auto& connection) {
        const RawTlsConnection::InOneSegment together(connection);
        connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        connection.write("2\r\nok\r\n");
        connection.write("0\r\n\r\n");
        connection.write("H");
      },
      nothing);
}

BOOST_AUTO_TEST_CASE(a_record_of_which_the_end_is_still_to_come) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{5}, std::size_t{20}})
    check_unasked_is_no_answer(
        [](auto& connection) { connection.write(kOk); },
        [bytes](auto& connection) { connection.write_part_of_record(kStray, bytes); });
}

BOOST_AUTO_TEST_CASE(read_ahead_by_tls) {
  const TlsReadsAhead ahead;
  check_unasked_is_no_answer(
      [](auto& connection) {
        const RawTlsConnection::InOneSegment together(connection);
        connection.write(kOk);
        connection.write(kStray);
      },
      nothing);
  check_unasked_is_no_answer(
      [](auto& connection) {
        const RawTlsConnection::InOneSegment together(connection);
        connection.write(kOk);
        connection.write_part_of_record(kStray, 9);
      },
      nothing);
}

BOOST_AUTO_TEST_CASE(tickets_cost_no_connection) {
  for (const bool is_ahead : {false, true}) {
    for (const bool has_proxy : {false, true}) {
      std::optional<TlsReadsAhead> ahead;
      if (is_ahead) ahead.emplace();
      std::atomic<int> tickets{0};
      const Way way(
          [&](RawTlsConnection& connection) {
            while (connection.read_request()) {
              const RawTlsConnection::InOneSegment together(connection);
              connection.write(kOk);
              if (connection.write_ticket()) ++tickets;
            }
          },
          TLS1_3_VERSION, has_proxy);
      HttpClient client(way.settings);
      for (int i = 0; i < 5; ++i) BOOST_TEST(client.get(way.server.url(), {}).has_value());
      BOOST_TEST(way.server.connections() == 1);
      BOOST_TEST(tickets >= 4);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sessions)

BOOST_AUTO_TEST_CASE(are_resumed_by_connections_at_once) {
  constexpr int kAtOnce = 32;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Signal all_are_here;
    RawTlsServer server(
        [&](RawTlsConnection& connection) {
          if (!connection.read_request()) return;
          if (connection.number() > 1) {
            all_are_here.give();
            all_are_here.wait_for(kAtOnce);
          }
          connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        },
        version);
    HttpSettings settings = trusting(server);
    settings.connect_timeout = settings.timeout = 20s;
    HttpClient client(settings);
    BOOST_TEST_REQUIRE(client.get(server.url(), {}).has_value());
    std::atomic<int> answers{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kAtOnce; ++i)
      threads.emplace_back([&] { answers += client.get(server.url(), {}).has_value() ? 1 : 0; });
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(answers == kAtOnce);
    BOOST_TEST(server.connections() == kAtOnce + 1);
    BOOST_TEST(server.resumed() >= 30);
  }
}

BOOST_AUTO_TEST_CASE(are_not_resumed_by_another_client) {
  RawTlsServer server(answer_and_close);
  HttpClient first(trusting(server));
  BOOST_TEST(first.get(server.url(), {}).has_value());
  BOOST_TEST(first.get(server.url(), {}).has_value());
  BOOST_TEST(server.resumed() == 1);
  HttpClient second(trusting(server));
  BOOST_TEST(second.get(server.url(), {}).has_value());
  BOOST_TEST(server.resumed() == 1);
}

BOOST_AUTO_TEST_CASE(of_one_server_open_no_door_to_another) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawTlsServer server(answer_and_close, version);
    HttpClient client(trusting(server));
    BOOST_TEST(client.get(server.url(), {}).has_value());
    const Certificate others[] = {
        test_support::CertificateAuthority().issue({.names = {"127.0.0.1"}}),
        server.authority().issue({.names = {"wiki.example.com"}}),
        server.authority().issue(test_support::expired({.names = {"127.0.0.1"}}))};
    for (const Certificate& other : others) {
      server.become(other);
      for (int i = 0; i < 3; ++i) check_refused(client, server);
    }
    server.become(server.certificate());
    BOOST_TEST(client.get(server.url(), {}).has_value());
  }
}

// With TLS 1.2 there is a session before the name and the pin are looked at.
BOOST_AUTO_TEST_CASE(make_no_name_or_pin_right) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawTlsServer other_name(answer_and_close, version, {.names = {"wiki.example.com"}});
    HttpClient client(trusting(other_name));
    for (int i = 0; i < 3; ++i) check_refused(client, other_name);

    RawTlsServer other_key(answer_and_close, version);
    HttpSettings settings = trusting(other_key);
    settings.pinned_public_key = other_name.certificate().pinned_public_key;
    HttpClient pinning_another(settings);
    for (int i = 0; i < 3; ++i) check_refused(pinning_another, other_key);
    if (version == TLS1_2_VERSION)
      BOOST_TEST(processes::eventually(
          [&] { return other_name.resumed() > 0 && other_key.resumed() > 0; }));

    RawTlsServer server(answer_and_close, version);
    settings = trusting(server);
    settings.pinned_public_key = server.certificate().pinned_public_key;
    HttpClient pinning(settings);
    for (int i = 0; i < 3; ++i) BOOST_TEST(pinning.get(server.url(), {}).has_value());
    BOOST_TEST(server.resumed() == 2);
    server.become(server.authority().issue({.names = {"127.0.0.1"}}));
    for (int i = 0; i < 3; ++i) check_refused(pinning, server);
  }
}

BOOST_AUTO_TEST_CASE(without_verification_are_no_proof_for_those_who_verify) {
  RawTlsServer server(answer_and_close);
  HttpSettings settings;
  settings.verify_peer = false;
  HttpClient careless(settings);
  for (int i = 0; i < 2; ++i) BOOST_TEST(careless.get(server.url(), {}).has_value());
  BOOST_TEST(server.resumed() == 1);
  const test_support::TemporaryDirectory directory;
  settings.verify_peer = true;
  settings.ca_certificate_file =
      directory.write("ca.pem", test_support::CertificateAuthority("Another").certificate());
  HttpClient careful(settings);
  for (int i = 0; i < 2; ++i) check_refused(careful, server);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(authorities)

BOOST_AUTO_TEST_CASE(many_cost_no_more_than_one) {
  RawTlsServer server(answer_and_close);
  // As many as a system trusts.
  std::ostringstream bundle;
  for (int i = 0; i < 40; ++i) bundle << test_support::CertificateAuthority().certificate();
  bundle << server.authority().certificate();
  const test_support::TemporaryDirectory directory;
  HttpSettings many = trusting(server);
  many.ca_certificate_file = directory.write("bundle.pem", bundle.str());
  // The least of some: what else the machine does only adds to it.
  auto one = cost_of_connection(server.url(), trusting(server));
  auto all = cost_of_connection(server.url(), many);
  for (int i = 0; i < 4; ++i) {
    one = std::min(one, cost_of_connection(server.url(), trusting(server)));
    all = std::min(all, cost_of_connection(server.url(), many));
  }
  BOOST_TEST_MESSAGE("one authority " << one.count() / 1000 << " us, many " << all.count() / 1000
                                      << " us");
  BOOST_TEST((all < 2 * one), all.count() << " ns, and " << one.count() << " ns with one");
}

BOOST_AUTO_TEST_CASE(are_read_by_each_client_anew) {
  RawTlsServer server(answer_and_close);
  const test_support::TemporaryDirectory directory;
  HttpSettings settings;
  settings.ca_certificate_file = directory.write("ca.pem", server.authority().certificate());
  HttpClient before(settings);
  BOOST_TEST(before.get(server.url(), {}).has_value());
  directory.write("ca.pem", test_support::CertificateAuthority("Another").certificate());
  BOOST_TEST(before.get(server.url(), {}).has_value());
  HttpClient after(settings);
  check_refused(after, server);
}

BOOST_AUTO_TEST_CASE(that_cannot_be_read_at_first_are_read_later) {
  RawTlsServer server(answer_and_close);
  const test_support::TemporaryDirectory directory;
  HttpSettings settings;
  settings.ca_certificate_file = directory.file("ca.pem");
  HttpClient client(settings);
  check_refused(client, server);
  directory.write("ca.pem", "no certificate\n");
  check_refused(client, server);
  directory.write("ca.pem", server.authority().certificate());
  BOOST_TEST(client.get(server.url(), {}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
