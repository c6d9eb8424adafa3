// TLS, against a Confluence of the tests with certificates of the tests.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "crowd_confluence/http/client.h"
#include "harness/libcurl_options.h"
#include "harness/printing.h"
#include "simulator.h"
#include "support/certificates.h"
#include "support/raw_server.h"
#include "support/temporary_directory.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using test_support::Certificate;
using test_support::CertificateAuthority;
using test_support::CertificateOptions;
using test_support::hashed_name;
using test_support::TemporaryDirectory;

namespace {

/// A Confluence with the given certificate, and an authority that issued it.
class TlsServer {
 public:
  explicit TlsServer(const CertificateOptions& options = {.names = {"127.0.0.1"}},
                     bool asks_clients = false)
      : certificate_(authority_.issue(options)),
        ca_file_(directory_.write("ca.pem", authority_.certificate())),
        simulator_(listening(asks_clients)) {}

  std::string url() const { return simulator_.confluence_url() + "/"; }
  const std::string& ca_file() const { return ca_file_; }
  const Certificate& certificate() const { return certificate_; }
  const CertificateAuthority& authority() const { return authority_; }
  atlassian::Simulator& simulator() { return simulator_; }

  HttpSettings trusting() const {
    HttpSettings settings;
    settings.ca_certificate_file = ca_file_;
    return settings;
  }

 private:
  atlassian::SimulatorOptions listening(bool asks_clients) const {
    atlassian::SimulatorOptions options;
    atlassian::Listener& listener = options.confluence.listener;
    listener.certificate_file = directory_.write("server.pem", certificate_.certificate);
    listener.private_key_file = directory_.write("server.key", certificate_.private_key);
    if (asks_clients) listener.client_ca_file = ca_file_;
    return options;
  }

  TemporaryDirectory directory_;
  CertificateAuthority authority_;
  Certificate certificate_;
  std::string ca_file_;
  atlassian::Simulator simulator_;
};

/// As Java does: sends a session ticket behind each answer, in the same segment, so that there is
/// something to be read when the answer has come.
class TicketServer {
 public:
  TicketServer() : server_([this](test_support::RawConnection& raw) { serve(raw); }) {
    SSL_CTX_use_certificate_chain_file(context_.get(), certificate_file_.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), key_file_.c_str(), SSL_FILETYPE_PEM);
  }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(server_.port()) + "/"; }
  const std::string& ca_file() const { return ca_file_; }
  int connections() const { return server_.connections(); }
  int tickets() const { return tickets_; }

 private:
  void serve(test_support::RawConnection& raw) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context_.get()), &SSL_free);
    SSL_set_fd(ssl.get(), raw.descriptor());
    if (SSL_accept(ssl.get()) != 1) return;
    std::array<char, 4096> request;
    while (SSL_read(ssl.get(), request.data(), static_cast<int>(request.size())) > 0) {
      hold_back(raw, 1);
      SSL_write(ssl.get(), kAnswer.data(), static_cast<int>(kAnswer.size()));
      if (SSL_new_session_ticket(ssl.get()) == 1 && SSL_do_handshake(ssl.get()) == 1) ++tickets_;
      hold_back(raw, 0);
    }
  }

  static void hold_back(const test_support::RawConnection& raw, int on) {
    setsockopt(raw.descriptor(), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
  }

  static constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  TemporaryDirectory directory_;
  CertificateAuthority authority_;
  Certificate certificate_ = authority_.issue({.names = {"127.0.0.1"}});
  std::string ca_file_ = directory_.write("ca.pem", authority_.certificate());
  std::string certificate_file_ = directory_.write("server.pem", certificate_.certificate);
  std::string key_file_ = directory_.write("server.key", certificate_.private_key);
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_server_method()),
                                                             &SSL_CTX_free};
  std::atomic<int> tickets_{0};
  test_support::RawServer server_;
};

Expected<HttpResponse, HttpError> get(const std::string& url, const HttpSettings& settings) {
  HttpClient client(settings);
  return client.get(url, {});
}

void check_refused(const TlsServer& server, const HttpSettings& settings) {
  const auto result = get(server.url(), settings);
  BOOST_TEST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().failure == HttpFailure::tls,
             result.error().failure << ": " << result.error().text);
  BOOST_TEST(!result.error().text.empty());
}

void check_reached(const TlsServer& server, const HttpSettings& settings) {
  const auto result = get(server.url(), settings);
  BOOST_TEST(result.has_value(), (result.has_value() ? std::string() : result.error().text));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client_tls)

BOOST_AUTO_TEST_CASE(an_authority_of_ones_own_is_trusted) {
  TlsServer server;
  check_reached(server, server.trusting());
}

BOOST_AUTO_TEST_CASE(an_unknown_authority_is_not) {
  TlsServer server;
  check_refused(server, {});

  const TemporaryDirectory directory;
  const CertificateAuthority other;
  HttpSettings settings;
  settings.ca_certificate_file = directory.write("other.pem", other.certificate());
  check_refused(server, settings);
  BOOST_TEST(server.simulator().requests(atlassian::Server::kConfluence).empty());
}

BOOST_AUTO_TEST_CASE(with_an_authority_of_ones_own_no_other_is_trusted) {
  TlsServer server;
  const TemporaryDirectory directory;
  directory.write(hashed_name(server.authority().certificate()), server.authority().certificate());
  const BuiltInCaDirectory built_in(directory.path().string());
  check_reached(server, {});
  const CertificateAuthority other("Another authority");
  HttpSettings settings;
  settings.ca_certificate_file = directory.write("other.pem", other.certificate());
  check_refused(server, settings);
}

BOOST_AUTO_TEST_CASE(an_authorities_file_that_is_gone_trusts_nobody) {
  TlsServer server;
  HttpSettings settings;
  settings.ca_certificate_file = server.ca_file() + ".gone";
  check_refused(server, settings);
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name_is_refused) {
  TlsServer server({.names = {"wiki.example.com", "127.0.0.2"}});
  check_refused(server, server.trusting());
}

BOOST_AUTO_TEST_CASE(a_common_name_does_not_make_up_for_it) {
  TlsServer server({.common_name = "127.0.0.1", .names = {"wiki.example.com"}});
  check_refused(server, server.trusting());
}

BOOST_AUTO_TEST_CASE(expired_and_future_certificates_are_refused) {
  TlsServer old(test_support::expired({.names = {"127.0.0.1"}}));
  check_refused(old, old.trusting());
  TlsServer future(test_support::not_yet_valid({.names = {"127.0.0.1"}}));
  check_refused(future, future.trusting());
}

BOOST_AUTO_TEST_CASE(a_pinned_key_must_be_the_servers) {
  TlsServer server;
  HttpSettings settings = server.trusting();
  settings.pinned_public_key = server.certificate().pinned_public_key;
  check_reached(server, settings);

  const std::string other = server.authority().issue({}).pinned_public_key;
  settings.pinned_public_key = other;
  check_refused(server, settings);

  settings.pinned_public_key = other + ";" + server.certificate().pinned_public_key;
  check_reached(server, settings);
}

BOOST_AUTO_TEST_CASE(a_pinned_key_is_not_enough) {
  TlsServer server;
  HttpSettings settings;
  settings.pinned_public_key = server.certificate().pinned_public_key;
  check_refused(server, settings);
}

BOOST_AUTO_TEST_CASE(without_verification_any_certificate_is_taken) {
  TlsServer unknown;
  TlsServer other_name({.names = {"wiki.example.com"}});
  TlsServer old(test_support::expired({.names = {"127.0.0.1"}}));
  HttpSettings settings;
  settings.verify_peer = false;
  for (const TlsServer* server : {&unknown, &other_name, &old}) check_reached(*server, settings);
}

BOOST_AUTO_TEST_CASE(a_pinned_key_counts_without_verification_too) {
  TlsServer server;
  HttpSettings settings;
  settings.verify_peer = false;
  settings.pinned_public_key = server.authority().issue({}).pinned_public_key;
  check_refused(server, settings);
  settings.pinned_public_key = server.certificate().pinned_public_key;
  check_reached(server, settings);
}

BOOST_AUTO_TEST_CASE(a_server_that_asks_for_a_certificate_gets_it) {
  TlsServer server({.names = {"127.0.0.1"}}, true);
  const Certificate client = server.authority().issue({.common_name = "httpd-at-the-door"});
  HttpSettings settings = server.trusting();
  settings.client_certificate.certificate_pem = client.certificate;
  settings.client_certificate.key_pem = client.private_key;
  check_reached(server, settings);
  const auto requests = server.simulator().requests(atlassian::Server::kConfluence);
  BOOST_TEST_REQUIRE(requests.size() == 1U);
  BOOST_TEST(requests[0].client_certificate.find("httpd-at-the-door") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_server_that_asks_for_a_certificate_refuses_without) {
  TlsServer server({.names = {"127.0.0.1"}}, true);
  check_refused(server, server.trusting());

  const CertificateAuthority stranger;
  const Certificate client = stranger.issue({.common_name = "stranger"});
  HttpSettings settings = server.trusting();
  settings.client_certificate.certificate_pem = client.certificate;
  settings.client_certificate.key_pem = client.private_key;
  check_refused(server, settings);
  BOOST_TEST(server.simulator().requests(atlassian::Server::kConfluence).empty());
}

// A libcurl with another library for TLS may not know an option, and memory may be short.
BOOST_AUTO_TEST_CASE(nothing_is_asked_without_a_setting_that_libcurl_does_not_take) {
  TlsServer server({.names = {"127.0.0.1"}}, true);
  const Certificate client = server.authority().issue({.common_name = "httpd-at-the-door"});
  HttpSettings settings = server.trusting();
  settings.client_certificate.certificate_pem = client.certificate;
  settings.client_certificate.key_pem = client.private_key;
  settings.pinned_public_key = server.certificate().pinned_public_key;
  constexpr auto kProtocols = LIBCURL_VERSION_NUM >= 0x075500 ? "PROTOCOLS_STR" : "PROTOCOLS";
  for (const std::string name :
       {"CAINFO", "PINNEDPUBLICKEY", "SSLCERT_BLOB", "SSLKEY_BLOB", "SSL_VERIFYPEER",
        "SSL_VERIFYHOST", "PROXY", "NOPROXY", kProtocols, "TIMEOUT_MS"}) {
    const curl_easyoption* const option = curl_easy_option_by_name(name.c_str());
    BOOST_TEST_REQUIRE(option != nullptr, name);
    for (const CURLcode why : {CURLE_NOT_BUILT_IN, CURLE_OUT_OF_MEMORY}) {
      const RefusedOption refused(option->id, why);
      const auto result = get(server.url(), settings);
      BOOST_TEST_REQUIRE(!result.has_value(), name);
      BOOST_TEST(result.error().failure == HttpFailure::internal,
                 name << ": " << result.error().text);
      BOOST_TEST(result.error().text.find(' ' + name + ':') != std::string::npos,
                 result.error().text);
    }
  }
  BOOST_TEST(server.simulator().requests(atlassian::Server::kConfluence).empty());
  check_reached(server, settings);
}

BOOST_AUTO_TEST_CASE(a_server_is_asked_without_what_it_can_be_asked_without) {
  TlsServer server;
  for (const CURLoption option : {CURLOPT_TCP_KEEPALIVE, CURLOPT_CAPATH}) {
    const RefusedOption refused(option, CURLE_UNKNOWN_OPTION);
    check_reached(server, server.trusting());
  }
}

BOOST_AUTO_TEST_CASE(a_tls_connection_is_used_again) {
  TlsServer server;
  HttpClient client(server.trusting());
  for (int i = 0; i < 5; ++i) BOOST_TEST(client.get(server.url(), {}).has_value());
  BOOST_TEST(server.simulator().counters().confluence_connections == 1U);
}

BOOST_AUTO_TEST_CASE(also_when_tls_has_something_to_say_of_its_own) {
  TicketServer server;
  HttpSettings settings;
  settings.ca_certificate_file = server.ca_file();
  HttpClient client(settings);
  for (int i = 0; i < 5; ++i) BOOST_TEST(client.get(server.url(), {}).has_value());
  BOOST_TEST(server.connections() == 1);
  BOOST_TEST(server.tickets() >= 4);
}

BOOST_AUTO_TEST_CASE(a_handshake_that_is_cut_off_is_no_matter_of_certificates) {
  for (const bool reset : {false, true}) {
    test_support::RawServer server([&](test_support::RawConnection& connection) {
      if (reset) connection.reset_at_end();
    });
    const auto result = get("https://127.0.0.1:" + std::to_string(server.port()) + "/", {});
    BOOST_TEST_REQUIRE(!result.has_value());
    BOOST_TEST(result.error().failure == HttpFailure::network, result.error().text);
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_speaks_no_tls_is_told) {
  test_support::RawServer server([](test_support::RawConnection& connection) {
    connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const auto result = get("https://127.0.0.1:" + std::to_string(server.port()) + "/", {});
  BOOST_TEST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().failure == HttpFailure::tls, result.error().text);
}

BOOST_AUTO_TEST_CASE(plain_http_to_a_server_of_tls_is_no_answer) {
  TlsServer server;
  const auto result = get("http" + server.url().substr(std::string_view("https").size()), {});
  BOOST_TEST((!result.has_value() || result.value().status == 400));
}

BOOST_AUTO_TEST_CASE(a_handshake_that_hangs_costs_the_connect_timeout) {
  test_support::RawServer server(
      [](test_support::RawConnection& connection) { connection.wait_for_close(); });
  HttpSettings settings;
  settings.connect_timeout = 300ms;
  settings.timeout = 60s;
  const auto start = std::chrono::steady_clock::now();
  const auto result = get("https://127.0.0.1:" + std::to_string(server.port()) + "/", settings);
  BOOST_TEST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().failure == HttpFailure::timeout);
  BOOST_TEST((std::chrono::steady_clock::now() - start < 10s));
}

BOOST_AUTO_TEST_SUITE_END()
