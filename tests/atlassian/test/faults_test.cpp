// Misbehaviour, connections, and leaving nothing behind.
#include <dirent.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <deque>

#include "client.h"
#include "support/certificates.h"
#include "support/temporary_directory.h"

namespace atlassian {
namespace {

using std::chrono::milliseconds;

struct Fixture {
  Simulator simulator{trusting()};
  std::uint16_t port = simulator.confluence_port();

  void fault(Fault fault) { simulator.misbehave(Server::kConfluence, std::move(fault)); }
};

std::size_t entries(const char* directory) {
  std::size_t count = 0;
  DIR* const opened = ::opendir(directory);
  BOOST_TEST_REQUIRE(opened != nullptr);
  while (::readdir(opened) != nullptr) ++count;
  ::closedir(opened);
  return count;
}

bool refused(std::uint16_t port) {
  try {
    const Client client(port);
    return false;
  } catch (const std::system_error& error) {
    return error.code() == std::errc::connection_refused;
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(faults, Fixture)

BOOST_AUTO_TEST_CASE(keep_alive_is_the_rule) {
  Client client(port);
  for (int i = 0; i < 3; ++i) BOOST_TEST(client.get(kProbe).status == 200U);
  BOOST_TEST(simulator.counters().confluence_connections == 1U);
  const auto requests = simulator.requests(Server::kConfluence);
  BOOST_TEST_REQUIRE(requests.size() == 3U);
  BOOST_TEST(requests[2].connection == 1U);
  const Answer last = client.get(kProbe, {{"Connection", "close"}});
  BOOST_TEST(last.header("Connection") == "close");
  BOOST_TEST(client.closed());

  Client old(port);
  old.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  BOOST_TEST(old.read_answer().header("Connection") == "close");
  BOOST_TEST(old.closed());
}

BOOST_AUTO_TEST_CASE(what_arrived_is_told) {
  Client(port, "127.0.0.3")
      .get("/x?y=z", {{"x-tEST", "1"}, {"X-Test", "2"}, {"Cookie", "a=\"b\""}});
  const ReceivedRequest received = simulator.requests(Server::kConfluence).at(0);
  BOOST_TEST(received.method == "GET");
  BOOST_TEST(received.target == "/x?y=z");
  BOOST_TEST(received.peer_address == "127.0.0.3");
  BOOST_TEST(received.headers.at(1).first == "x-tEST");
  BOOST_TEST((received.header("X-TEST") == std::vector<std::string>{"1", "2"}));
  BOOST_TEST((received.cookie("a") == "b"));
  simulator.forget_requests();
  BOOST_TEST(simulator.requests(Server::kConfluence).empty());
}

BOOST_AUTO_TEST_CASE(late) {
  fault(Fault::late(milliseconds(30)).once());
  const auto before = std::chrono::steady_clock::now();
  BOOST_TEST(Client(port).get(kProbe).status == 200U);
  BOOST_TEST((std::chrono::steady_clock::now() - before >= milliseconds(30)));
}

BOOST_AUTO_TEST_CASE(hang_until_released) {
  fault(Fault::hang().on("/rest/").times(2));
  Client first(port);
  Client second(port);
  Client third(port);
  first.send("GET /rest/a HTTP/1.1\r\nHost: x\r\n\r\n");
  second.send("GET /rest/b HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(simulator.wait_for_hanging(2));
  BOOST_TEST(third.get("/rest/c").status == 403U);
  BOOST_TEST(simulator.counters().sessions_created == 1U);
  simulator.release();
  BOOST_TEST(first.read_answer().status == 403U);
  BOOST_TEST(second.read_answer().status == 403U);
  BOOST_TEST(simulator.counters().hanging == 0U);
}

BOOST_AUTO_TEST_CASE(client_that_leaves_is_noticed_while_hanging) {
  fault(Fault::hang());
  {
    Client client(port);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    BOOST_TEST(simulator.wait_for_hanging(1));
  }
  BOOST_TEST(simulator.wait_until([](const Counters& counters) {
    return counters.hanging == 0 && counters.open_connections == 0;
  }));
}

BOOST_AUTO_TEST_CASE(hundreds_hang_at_little_cost) {
  constexpr std::size_t kClients = 300;
  fault(Fault::hang());
  const std::size_t threads = entries("/proc/self/task");
  std::deque<Client> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.emplace_back(port).send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  BOOST_TEST(simulator.wait_for_hanging(kClients));
  BOOST_TEST(entries("/proc/self/task") == threads);
  simulator.clear_faults();
  for (Client& client : clients) BOOST_TEST(client.read_answer().status == 302U);
}

BOOST_AUTO_TEST_CASE(close_reset_and_break_off) {
  fault(Fault::close().once());
  Client closed(port);
  BOOST_TEST(closed.get(kProbe).broken);
  BOOST_TEST(closed.last_error() == 0);

  fault(Fault::reset().once());
  Client reset(port);
  BOOST_TEST(reset.get(kProbe).broken);
  BOOST_TEST(reset.last_error() == ECONNRESET);
  BOOST_TEST(simulator.counters().sessions_created == 0U);

  fault(Fault::break_off_in_headers(12).once());
  const Answer headers = Client(port).get(kProbe);
  BOOST_TEST(headers.broken);
  BOOST_TEST(headers.body == "HTTP/1.1 200");

  fault(Fault::break_off_in_body(5).once());
  const Answer body = Client(port).get(kProbe);
  BOOST_TEST(body.broken);
  BOOST_TEST(body.status == 200U);
  BOOST_TEST(body.body.size() == 5U);
  BOOST_TEST(simulator.counters().sessions_created == 2U);
  BOOST_TEST(simulator.counters().faults_applied == 4U);
  BOOST_TEST(Client(port).get(kProbe).status == 200U);
}

BOOST_AUTO_TEST_CASE(raw_bytes_and_rewriting) {
  fault(Fault::respond_with("HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nhi", true).once());
  Client client(port);
  BOOST_TEST(client.get(kProbe).body == "hi");
  BOOST_TEST(client.get(kProbe).status == 200U);

  fault(Fault::respond_with("junk").once());
  BOOST_TEST(client.get(kProbe).body == "junk");

  fault(Fault::rewrite([](std::string all) {
          return all.replace(all.find("anonymous\""), 9, "unknown!!");
        }).once());
  BOOST_TEST(Client(port).get(kProbe).body.rfind("{\"type\":\"unknown!!\"", 0) == 0U);
}

BOOST_AUTO_TEST_CASE(huge_and_slow) {
  fault(Fault::huge_headers(100'000).once());
  const Answer headers = Client(port).get(kProbe);
  BOOST_TEST(headers.header("X-Filler-99").size() == 1000U);
  BOOST_TEST(headers.header("X-Filler-100").empty());

  fault(Fault::huge_body(3'000'000).once());
  const Answer body = Client(port).get(kProbe);
  BOOST_TEST(body.body.size() == 3'000'000U);
  BOOST_TEST(!body.broken);

  fault(Fault::trickle(milliseconds(0)).once());
  BOOST_TEST(Client(port).get(kProbe).status == 200U);
}

BOOST_AUTO_TEST_CASE(connection_that_is_dead_when_used_again) {
  fault(Fault::close_after_response().once());
  Client client(port);
  const Answer answer = client.get(kProbe);
  BOOST_TEST(answer.status == 200U);
  BOOST_TEST(answer.all("Connection").empty());
  BOOST_TEST(client.closed());

  Client idle(port);
  idle.get(kProbe);
  simulator.close_idle_connections(Server::kConfluence);
  BOOST_TEST(idle.closed());
}

BOOST_AUTO_TEST_CASE(hang_on_connect) {
  fault(Fault::hang_on_connect().once());
  Client client(port);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(simulator.wait_for_hanging(1));
  BOOST_TEST(simulator.counters().confluence_requests == 0U);
  simulator.release();
  BOOST_TEST(client.read_answer().status == 302U);
}

BOOST_AUTO_TEST_CASE(narrowed_faults) {
  fault(Fault::close().for_method("POST").on("/rest/").after(1).once());
  const auto broken = [&](const char* method, const char* target) {
    return Client(port).request(method, target).broken;
  };
  BOOST_TEST(!broken("GET", "/rest/a"));
  BOOST_TEST(!broken("POST", "/a"));
  BOOST_TEST(!broken("POST", "/rest/a"));
  BOOST_TEST(broken("POST", "/rest/a"));
  BOOST_TEST(!broken("POST", "/rest/a"));
}

BOOST_AUTO_TEST_CASE(crowd_has_faults_of_its_own) {
  simulator.misbehave(Server::kCrowd, Fault::close());
  BOOST_TEST(Client(port).get(kProbe).status == 200U);
  BOOST_TEST(Client(simulator.crowd_port()).get("/crowd/console/login").broken);
  simulator.clear_faults();
  BOOST_TEST(Client(simulator.crowd_port()).get("/crowd/console/login").status == 200U);
}

BOOST_AUTO_TEST_CASE(refusing_connections_for_a_while) {
  Client client(port);
  client.get(kProbe);
  simulator.stop_listening(Server::kConfluence);
  BOOST_TEST(client.closed());
  BOOST_TEST(refused(port));
  BOOST_TEST(!refused(simulator.crowd_port()));
  simulator.start_listening(Server::kConfluence);
  BOOST_TEST(Client(port).get(kProbe).status == 200U);
  BOOST_TEST(simulator.confluence_port() == port);
}

BOOST_AUTO_TEST_CASE(junk_from_a_client_gets_400) {
  Client client(port);
  client.send("\x16\x03\x01 nonsense\r\n\r\n");
  BOOST_TEST(client.read_answer().status == 400U);
  BOOST_TEST(client.closed());
}

BOOST_AUTO_TEST_CASE(counters_can_be_reset_and_waited_for) {
  Client client(port);
  client.get(kProbe);
  simulator.reset_counters();
  BOOST_TEST(simulator.counters().exchanges == 0U);
  BOOST_TEST(simulator.counters().open_connections == 1U);
  BOOST_TEST(!simulator.wait_for_requests(Server::kConfluence, 1, milliseconds(1)));
  client.get(kProbe);
  BOOST_TEST(simulator.wait_for_requests(Server::kConfluence, 1));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(lifetime)

BOOST_AUTO_TEST_CASE(nothing_is_left_behind) {
  // The first one opens what the process keeps (time zones, random numbers).
  { const Simulator warm_up; }
  const std::size_t threads = entries("/proc/self/task");
  const std::size_t descriptors = entries("/proc/self/fd");
  std::uint16_t crowd_port = 0;
  std::uint16_t port = 0;
  for (int i = 0; i < 20; ++i) {
    SimulatorOptions options;
    options.control.emplace().threads = 2;
    Simulator simulator(options);
    crowd_port = simulator.crowd_port();
    port = simulator.confluence_port();
    simulator.misbehave(Server::kConfluence, Fault::hang().after(1));
    Client client(port);
    client.get(kProbe);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    BOOST_TEST(simulator.wait_for_hanging(1));
  }
  BOOST_TEST(entries("/proc/self/task") == threads);
  BOOST_TEST(entries("/proc/self/fd") == descriptors);
  BOOST_TEST(refused(crowd_port));
  BOOST_TEST(refused(port));
}

BOOST_AUTO_TEST_CASE(several_at_once) {
  Simulator one;
  Simulator other;
  one.log_in_as("alice", "127.0.0.1", "shared");
  other.log_in_as("bob", "127.0.0.1", "shared");
  const HeaderLines headers = {{"Cookie", "crowd.token_key=shared"}};
  BOOST_TEST(Client(one.confluence_port()).get(kProbe, headers).header("X-AUSERNAME") == "alice");
  BOOST_TEST(Client(other.confluence_port()).get(kProbe, headers).header("X-AUSERNAME") == "bob");
}

BOOST_AUTO_TEST_CASE(unusable_options_are_refused) {
  SimulatorOptions options;
  options.crowd.trusted_proxies = {"10.0.0.0/33"};
  BOOST_CHECK_THROW(Simulator{options}, std::invalid_argument);
  options = {};
  options.confluence.context_path = "wiki/";
  BOOST_CHECK_THROW(Simulator{options}, std::invalid_argument);
  options = {};
  options.confluence.listener.certificate_file = "/does/not/exist";
  options.confluence.listener.private_key_file = "/does/not/exist";
  BOOST_CHECK_THROW(Simulator{options}, std::exception);
  Simulator simulator;
  BOOST_CHECK_THROW(simulator.configure_confluence([](auto& changed) { changed.nodes = 0; }),
                    std::invalid_argument);
  BOOST_TEST(simulator.confluence_options().nodes == 1U);
  options = {};
  options.confluence.listener.port = simulator.confluence_port();
  BOOST_CHECK_THROW(Simulator{options}, std::system_error);
}

BOOST_AUTO_TEST_CASE(tls_with_a_client_certificate) {
  namespace asio = boost::asio;
  const test_support::TemporaryDirectory directory;
  const test_support::CertificateAuthority authority;
  const auto own = authority.issue({.common_name = "server", .names = {"127.0.0.1"}});
  const auto client = authority.issue({.common_name = "the-module"});
  SimulatorOptions options;
  Listener& listener = options.confluence.listener;
  listener.certificate_file = directory.write("server.pem", own.certificate);
  listener.private_key_file = directory.write("server.key", own.private_key);
  listener.client_ca_file = directory.write("ca.pem", authority.certificate());
  Simulator simulator(options);
  BOOST_TEST(simulator.confluence_url().rfind("https://127.0.0.1:", 0) == 0U);

  const auto answer = [&](bool with_certificate) {
    asio::io_context context;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.set_verify_mode(asio::ssl::verify_peer);
    tls.load_verify_file(listener.client_ca_file);
    if (with_certificate) {
      tls.use_certificate(asio::buffer(client.certificate), asio::ssl::context::pem);
      tls.use_private_key(asio::buffer(client.private_key), asio::ssl::context::pem);
    }
    asio::ssl::stream<asio::ip::tcp::socket> stream(context, tls);
    stream.lowest_layer().connect(
        {asio::ip::make_address("127.0.0.1"), simulator.confluence_port()});
    stream.handshake(asio::ssl::stream_base::client);
    const std::string request = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    asio::write(stream, asio::buffer(request));
    std::string text;
    boost::system::error_code error;
    asio::read(stream, asio::dynamic_buffer(text), error);
    return text;
  };
  const Answer known = parse_answer(answer(true));
  BOOST_TEST(known.status == 302U);
  BOOST_TEST(known.all("Set-Cookie").at(0).find("; Secure") != std::string::npos);
  BOOST_TEST(simulator.requests(Server::kConfluence).at(0).client_certificate.find("the-module") !=
             std::string::npos);
  try {
    BOOST_TEST(answer(false) == "");
  } catch (const boost::system::system_error&) {
    // With TLS 1.2 the handshake itself fails.
  }
  BOOST_TEST(simulator.counters().confluence_requests == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace atlassian
