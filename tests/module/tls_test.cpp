// https between httpd and Confluence.

#include <boost/test/unit_test.hpp>

#include "stage.h"
#include "support/certificates.h"

using namespace module_tests;
using test_support::Certificate;
using test_support::CertificateAuthority;

namespace {

/// A Confluence that speaks TLS with this certificate.
class TlsStage {
 public:
  explicit TlsStage(const Certificate& certificate, const std::string& client_ca = {})
      : stage({}, options(certificate, client_ca)) {
    stage.httpd.write("ca.pem", authority().certificate());
    stage.httpd.write("other-ca.pem", other_authority().certificate());
  }

  static const CertificateAuthority& authority() {
    static const CertificateAuthority made("Authority of the test");
    return made;
  }
  static const CertificateAuthority& other_authority() {
    static const CertificateAuthority made("Somebody else's authority");
    return made;
  }

  /// The request of a user who is logged in.
  Response ask(const std::string& path = "/") {
    return stage.get(path, {stage.cookie_line("alice")});
  }

  void check_refused(const std::string& path = "/") {
    stage.httpd.log().expect("CCF0010: .*\\btls\\b");
    const Response response = ask(path);
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.result() == "unavailable");
    BOOST_TEST(response.reason() == "tls");
  }

 private:
  atlassian::SimulatorOptions options(const Certificate& certificate,
                                      const std::string& client_ca) {
    atlassian::SimulatorOptions result = trusting_loopback();
    result.confluence.listener.certificate_file =
        files_.write("server.pem", certificate.certificate);
    result.confluence.listener.private_key_file =
        files_.write("server.key", certificate.private_key);
    if (!client_ca.empty())
      result.confluence.listener.client_ca_file = files_.write("client-ca.pem", client_ca);
    return result;
  }

  test_support::TemporaryDirectory files_;

 public:
  Stage stage;
};

Certificate good_certificate() {
  return TlsStage::authority().issue({"confluence", {"127.0.0.1", "localhost"}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls)

BOOST_AUTO_TEST_CASE(a_ca_of_ones_own_is_trusted_when_named) {
  TlsStage tls(good_certificate());
  tls.stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" +
                  location("/named/", "CrowdConfluenceCACertificateFile ca.pem") +
                  location("/systems/") +
                  location("/others/", "CrowdConfluenceCACertificateFile other-ca.pem"));
  BOOST_TEST(tls.ask("/named/").user() == "alice");
  tls.check_refused("/systems/");
  tls.check_refused("/others/");
  BOOST_TEST(tls.ask("/named/").user() == "alice");
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name_is_refused) {
  TlsStage tls(TlsStage::authority().issue({"confluence", {"wiki.example.com", "127.0.0.2"}}));
  tls.stage.start_with("CrowdConfluenceCACertificateFile ca.pem");
  tls.check_refused();
}

BOOST_AUTO_TEST_CASE(an_expired_certificate_is_refused) {
  TlsStage tls(TlsStage::authority().issue(test_support::expired({"confluence", {"127.0.0.1"}})));
  tls.stage.start_with("CrowdConfluenceCACertificateFile ca.pem");
  tls.check_refused();
}

BOOST_AUTO_TEST_CASE(a_certificate_of_tomorrow_is_refused) {
  TlsStage tls(
      TlsStage::authority().issue(test_support::not_yet_valid({"confluence", {"127.0.0.1"}})));
  tls.stage.start_with("CrowdConfluenceCACertificateFile ca.pem");
  tls.check_refused();
}

BOOST_AUTO_TEST_CASE(without_verification_anybody_is_trusted_with_a_warning) {
  TlsStage tls(
      TlsStage::other_authority().issue(test_support::expired({"x", {"wiki.example.com"}})));
  tls.stage.start_with("CrowdConfluenceVerifyPeer Off");
  tls.stage.httpd.log().expect("warn.*CCF0004: ");
  BOOST_TEST(tls.ask().user() == "alice");
}

BOOST_AUTO_TEST_CASE(a_pinned_key_must_be_the_servers) {
  const Certificate certificate = good_certificate();
  const std::string other = TlsStage::authority().issue({"other", {"127.0.0.1"}}).pinned_public_key;
  TlsStage tls(certificate);
  const std::string ca = "CrowdConfluenceCACertificateFile ca.pem\n";
  const std::string pin = "CrowdConfluencePinnedPublicKey ";
  tls.stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\n" +
      location("/right/", ca + pin + certificate.pinned_public_key) +
      location("/wrong/", ca + pin + other) +
      location("/either/", ca + pin + "\"" + other + ";" + certificate.pinned_public_key + "\"") +
      // A pin alone does not do without a trusted CA.
      location("/alone/", pin + certificate.pinned_public_key) +
      location("/unverified/", "CrowdConfluenceVerifyPeer Off\n" + pin + other));
  tls.stage.httpd.log().expect("warn.*CCF0004: ");
  tls.stage.httpd.log().allow("CCF0014: ");
  BOOST_TEST(tls.ask("/right/").user() == "alice");
  BOOST_TEST(tls.ask("/either/").user() == "alice");
  tls.check_refused("/wrong/");
  tls.check_refused("/alone/");
  tls.check_refused("/unverified/");
}

BOOST_AUTO_TEST_CASE(a_client_certificate_is_shown) {
  TlsStage tls(good_certificate(), TlsStage::authority().certificate());
  const Certificate client = TlsStage::authority().issue({"the module", {}});
  const Certificate stranger = TlsStage::other_authority().issue({"a stranger", {}});
  tls.stage.httpd.write("client.pem", client.certificate);
  const auto key = tls.stage.httpd.write("client.key", client.private_key);
  // As a careful administrator has it: read at the start, as root, and by nobody else.
  std::filesystem::permissions(key, std::filesystem::perms(0600));
  tls.stage.httpd.write("both.pem", client.certificate + client.private_key);
  tls.stage.httpd.write("stranger.pem", stranger.certificate + stranger.private_key);
  tls.stage.start("CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluenceCACertificateFile ca.pem\n" +
                  location("/two/", "CrowdConfluenceClientCertificateFile client.pem client.key") +
                  location("/one/", "CrowdConfluenceClientCertificateFile both.pem") +
                  location("/none/") +
                  location("/stranger/", "CrowdConfluenceClientCertificateFile stranger.pem"));
  for (const std::string path : {"/two/", "/one/"}) {
    BOOST_TEST(tls.ask(path).user() == "alice");
    BOOST_TEST(tls.stage.simulator.requests(atlassian::Server::kConfluence)
                   .back()
                   .client_certificate.find("the module") != std::string::npos);
  }
  // With TLS 1.3 the server refuses after the handshake, which may look like a broken connection.
  tls.stage.httpd.log().expect("CCF0010: ");
  for (const std::string path : {"/none/", "/stranger/"}) {
    const Response response = tls.ask(path);
    BOOST_TEST(response.result() == "unavailable");
    BOOST_TEST((response.reason() == "tls" || response.reason() == "network"), response.reason());
  }
}

BOOST_AUTO_TEST_CASE(connections_are_reused) {
  TlsStage tls(good_certificate());
  tls.stage.start_with("CrowdConfluenceCACertificateFile ca.pem");
  Client client = tls.stage.client();
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(client.get("/", {tls.stage.cookie_line("alice")}).user() == "alice");
  // At most one for each of the child's threads.
  BOOST_TEST(tls.stage.simulator.counters().confluence_connections <=
             tls.stage.httpd.options().threads);
}

BOOST_AUTO_TEST_CASE(settings_of_tls_are_inherited) {
  TlsStage tls(good_certificate());
  tls.stage.start(
      "CrowdConfluence On\nCrowdConfluenceURL ${CONFLUENCE}\nProxyPass / ${APP}/\n"
      "CrowdConfluenceCACertificateFile other-ca.pem\n"
      "<VirtualHost *:${PORT}>\nServerName outer.test\n</VirtualHost>\n"
      "<VirtualHost *:${PORT}>\nServerName inner.test\nCrowdConfluenceCACertificateFile ca.pem\n"
      "<Location /wrong>\nCrowdConfluencePinnedPublicKey "
      "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n</Location>\n"
      "<Location /off>\nCrowdConfluenceCACertificateFile other-ca.pem\nCrowdConfluenceVerifyPeer "
      "Off\n"
      "</Location>\n</VirtualHost>\n");
  tls.stage.httpd.log().expect("CCF0004: ");
  tls.stage.httpd.log().expect("CCF0010: ");
  const auto reason_or_user = [&](const std::string& host, const std::string& path) {
    const Response response =
        tls.stage.get(path, {"Host: " + host, tls.stage.cookie_line("alice")});
    return response.result() == "session" ? response.user() : response.reason();
  };
  BOOST_TEST(reason_or_user("outer.test", "/") == "tls");
  BOOST_TEST(reason_or_user("inner.test", "/") == "alice");
  BOOST_TEST(reason_or_user("inner.test", "/wrong") == "tls");
  BOOST_TEST(reason_or_user("inner.test", "/off") == "alice");
}

BOOST_AUTO_TEST_SUITE_END()
