// What this process lacks is no fault of the server, and what it does to a socket ends no program.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>

#include "crowd_confluence/http/client.h"
#include "harness/hanging_names.h"
#include "harness/http_testing.h"
#include "harness/printing.h"
#include "harness/processes.h"
#include "harness/raw_tls_server.h"
#include "harness/sockets.h"
#include "support/raw_server.h"

using namespace crowd_confluence;
using namespace http_testing;
using namespace std::chrono_literals;
using processes::Child;
using processes::children_may_have_threads;
using test_support::RawConnection;
using test_support::RawServer;

namespace utf = boost::unit_test;

namespace {

constexpr int kShortages[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL};

/// To be called in a child process: leaves so many descriptors.
void leave_descriptors(int left) {
  const int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
  close(next);
  const rlimit limit{static_cast<rlim_t>(next + left), static_cast<rlim_t>(next + left)};
  setrlimit(RLIMIT_NOFILE, &limit);
}

bool is_pending(int signal) {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, signal) == 1;
}

bool is_blocked(int signal) {
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  return sigismember(&blocked, signal) == 1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client_shortage)

BOOST_AUTO_TEST_CASE(a_socket_that_cannot_be_made_is_no_refusal) {
  RawServer server(answer_all);
  HttpSettings with_proxy;
  with_proxy.outgoing_proxy = server.url();
  for (const HttpSettings& settings : {HttpSettings{}, with_proxy}) {
    for (const int error_number : kShortages) {
      const FailingCall failing(FailingCall::socket, error_number);
      check_error(get(server.url(), settings), HttpFailure::internal);
      check_error(get("https://127.0.0.1:" + std::to_string(server.port()) + "/", settings),
                  HttpFailure::internal);
    }
  }
  BOOST_TEST(server.connections() == 0);
  BOOST_TEST(get(server.url()).has_value());
}

BOOST_AUTO_TEST_CASE(a_connection_that_lacks_a_port_or_memory_is_no_refusal) {
  RawServer server(answer_all);
  for (const int error_number : {EADDRNOTAVAIL, ENOBUFS, ENOMEM}) {
    const FailingCall failing(FailingCall::connect, error_number);
    check_error(get(server.url()), HttpFailure::internal);
  }
  for (const int error_number : {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH}) {
    const FailingCall failing(FailingCall::connect, error_number);
    check_error(get(server.url()), HttpFailure::refused);
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_lacks_memory_is_no_broken_connection) {
  RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  for (const int error_number : {ENOBUFS, ENOMEM}) {
    const FailingCall failing(FailingCall::send, error_number);
    check_error(get(server.url()), HttpFailure::internal);
  }
  const FailingCall failing(FailingCall::send, ECONNRESET);
  check_error(get(server.url()), HttpFailure::network);
}

BOOST_AUTO_TEST_CASE(a_process_without_descriptors_asks_nobody,
                     *utf::precondition(children_may_have_threads)) {
  RawServer server(answer_all);
  const MovingName name(server.port());
  const std::string port = ":" + std::to_string(server.port()) + "/";
  for (const std::string& url :
       {server.url(), "https://127.0.0.1" + port, "http://localhost" + port,
        "http://" + std::string(MovingName::kHost) + port}) {
    for (const int left : {0, 1, 2}) {
      Child child([&] {
        HttpSettings settings;
        settings.timeout = 500ms;
        HttpClient client(settings);
        leave_descriptors(left);
        const auto result = client.get(url, {});
        if (left == 0) return !result && result.error().failure == HttpFailure::internal;
        // It may be enough, also for being misunderstood by a server that speaks no TLS.
        return result || (result.error().failure != HttpFailure::refused &&
                          result.error().failure != HttpFailure::name_lookup);
      });
      BOOST_TEST(child.succeeds(), url << " with " << left);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_name_that_there_is_not_is_no_shortage) {
  check_error(get("http://" + std::string(70, 'a') + ".invalid/"), HttpFailure::name_lookup);
}

BOOST_AUTO_TEST_CASE(no_program_ends_by_sigpipe, *utf::precondition(children_may_have_threads)) {
  RawServer plain([](RawConnection& connection) {
    if (!connection.read_request()) return;
    connection.write(kOk);
    connection.reset_at_end();
  });
  RawTlsServer tls([](RawTlsConnection& connection) {
    if (!connection.read_request()) return;
    connection.write(kOk);
    connection.raw().reset_at_end();
  });
  HttpSettings settings;
  settings.ca_certificate_file = tls.ca_file();
  for (const std::string& url : {plain.url(), tls.url()}) {
    for (const bool ends_client_only : {false, true}) {
      Child child([&] {
        signal(SIGPIPE, SIG_DFL);
        const SendsRaiseSigpipe raising;
        std::optional<HttpClient> client;
        client.emplace(settings);
        for (int i = 0; i < (ends_client_only ? 1 : 5); ++i) (void)client->get(url, {});
        client.reset();
        return !is_pending(SIGPIPE) && !is_blocked(SIGPIPE);
      });
      BOOST_TEST(child.succeeds(), url);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_sigpipe_of_the_programs_own_stays,
                     *utf::precondition(children_may_have_threads)) {
  RawServer server(answer_all);
  Child child([&] {
    sigset_t sigpipe;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe, nullptr);
    raise(SIGPIPE);
    HttpClient client({});
    return client.get(server.url(), {}).has_value() && is_pending(SIGPIPE) && is_blocked(SIGPIPE);
  });
  BOOST_TEST(child.succeeds());
}

BOOST_AUTO_TEST_SUITE_END()
