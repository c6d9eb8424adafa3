#include "crowd_confluence/http/certificates.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>
#include <utility>

#include "support/certificates.h"
#include "support/temporary_directory.h"

using namespace crowd_confluence;
using test_support::Certificate;
using test_support::CertificateAuthority;
using test_support::TemporaryDirectory;

namespace {

void check_problem(const Problem& problem) {
  BOOST_TEST(problem.text.size() > 10U);
  BOOST_TEST(!problem.text.ends_with('.'), problem.text);
}

template <typename T>
void check_refused_naming(const Expected<T, Problem>& result, const std::string& path) {
  BOOST_TEST(!result.has_value(), "accepted: " << path);
  if (result.has_value()) return;
  check_problem(result.error());
  BOOST_TEST(result.error().text.find(path) != std::string::npos, result.error().text);
}

/// Files of a certificate, its key, and of others.
struct Files {
  TemporaryDirectory directory;
  CertificateAuthority authority;
  Certificate client = authority.issue({.common_name = "client"});
  Certificate other = authority.issue({.common_name = "other"});
  std::string ca = directory.write("ca.pem", authority.certificate());
  std::string certificate = directory.write("client.pem", client.certificate);
  std::string key = directory.write("client.key", client.private_key);
  std::string other_key = directory.write("other.key", other.private_key);
  std::string both = directory.write("both.pem", client.certificate + client.private_key);
  std::string key_first = directory.write("key-first.pem", client.private_key + client.certificate);
  std::string empty = directory.write("empty.pem", "");
  std::string junk = directory.write("junk.pem", "this is no certificate\n");
  std::string broken = directory.write("broken.pem",
                                       "-----BEGIN CERTIFICATE-----\nQUJD\n"
                                       "-----END CERTIFICATE-----\n");
  std::string missing = directory.file("missing.pem");
};

const std::string kPin = "sha256//" + std::string(43, 'A') + "=";

}  // namespace

BOOST_AUTO_TEST_SUITE(certificates)

BOOST_AUTO_TEST_CASE(takes_pinned_keys) {
  const CertificateAuthority authority;
  const std::string real = authority.issue({}).pinned_public_key;
  const std::string other = authority.issue({}).pinned_public_key;
  for (const std::string& text : {kPin, real, real + ";" + other, real + ";" + other + ";" + kPin,
                                  "sha256//" + std::string(21, '+') + std::string(22, '/') + "="}) {
    const auto parsed = parse_pinned_public_key(text);
    BOOST_TEST_REQUIRE(parsed.has_value(), text);
    BOOST_TEST(parsed.value() == text);
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_pinned_key) {
  const std::string base64 = std::string(43, 'A') + "=";
  for (const std::string& text : {std::string(),
                                  std::string("sha256//"),
                                  base64,
                                  "sha1//" + base64,
                                  "sha256:" + base64,
                                  "sha256/" + base64,
                                  "SHA256//" + base64,
                                  " " + kPin,
                                  kPin + " ",
                                  kPin + "\n",
                                  kPin + ";",
                                  ";" + kPin,
                                  kPin + ";;" + kPin,
                                  kPin + "," + kPin,
                                  kPin + kPin,
                                  kPin + ";sha256//short=",
                                  "sha256//" + std::string(43, 'A'),
                                  "sha256//" + std::string(44, 'A'),
                                  "sha256//" + std::string(44, 'A') + "=",
                                  "sha256//" + std::string(42, 'A') + "=",
                                  "sha256//" + std::string(20, 'A') + "=" + std::string(23, 'A'),
                                  "sha256//" + std::string(42, 'A') + "-=",
                                  "sha256//" + std::string(42, 'A') + "_=",
                                  "sha256//" + std::string(42, 'A') + " =",
                                  std::string("/etc/ssl/certs/ca-certificates.crt")}) {
    const auto parsed = parse_pinned_public_key(text);
    BOOST_TEST(!parsed.has_value(), "accepted: " << text);
    if (!parsed.has_value()) check_problem(parsed.error());
  }
}

BOOST_FIXTURE_TEST_CASE(takes_files_with_certificates, Files) {
  BOOST_TEST(check_certificate_file(ca).has_value());
  BOOST_TEST(check_certificate_file(certificate).has_value());
  BOOST_TEST(check_certificate_file(both).has_value());
  BOOST_TEST(check_certificate_file(key_first).has_value());
  const std::string bundle = directory.write(
      "bundle.pem", "# our authority\n" + authority.certificate() + "\n# another\n" +
                        CertificateAuthority("other").certificate());
  BOOST_TEST(check_certificate_file(bundle).has_value());
}

BOOST_FIXTURE_TEST_CASE(refuses_files_without_certificates, Files) {
  for (const std::string& path : {missing, empty, junk, key, broken}) {
    check_refused_naming(check_certificate_file(path), path);
  }
  check_refused_naming(check_certificate_file(directory.path()), directory.path());
  BOOST_TEST(!check_certificate_file("").has_value());
}

BOOST_FIXTURE_TEST_CASE(refuses_files_that_cannot_be_read, Files,
                        *boost::unit_test::precondition([](auto) {
                          boost::test_tools::assertion_result ordinary_user(geteuid() != 0);
                          ordinary_user.message() << "root can read every file";
                          return ordinary_user;
                        })) {
  std::filesystem::permissions(ca, std::filesystem::perms::none);
  check_refused_naming(check_certificate_file(ca), ca);
}

BOOST_FIXTURE_TEST_CASE(reads_a_certificate_and_its_key, Files) {
  const std::pair<std::string, std::string> usable[] = {
      {certificate, key}, {both, both}, {key_first, key_first}, {both, key}, {certificate, both}};
  for (const auto& [certificate_path, key_path] : usable) {
    const auto result = read_client_certificate(certificate_path, key_path);
    BOOST_TEST_REQUIRE(result.has_value(), certificate_path << " " << key_path);
    BOOST_TEST(result.value().certificate_pem.find(client.certificate) != std::string::npos);
    BOOST_TEST(result.value().key_pem.find(client.private_key) != std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(reads_the_chain_of_a_certificate, Files) {
  const std::string chain =
      directory.write("chain.pem", client.certificate + authority.certificate());
  const auto result = read_client_certificate(chain, key);
  BOOST_TEST_REQUIRE(result.has_value());
  BOOST_TEST(result.value().certificate_pem.find(client.certificate) != std::string::npos);
  BOOST_TEST(result.value().certificate_pem.find(authority.certificate()) != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(refuses_a_certificate_that_cannot_be_used, Files) {
  for (const std::string& path : {missing, empty, junk, broken, key}) {
    check_refused_naming(read_client_certificate(path, key), path);
  }
  for (const std::string& path : {missing, empty, junk, broken, certificate}) {
    check_refused_naming(read_client_certificate(certificate, path), path);
  }
}

BOOST_FIXTURE_TEST_CASE(refuses_the_key_of_another_certificate, Files) {
  check_refused_naming(read_client_certificate(certificate, other_key), other_key);
}

BOOST_FIXTURE_TEST_CASE(the_key_belongs_to_the_first_certificate, Files) {
  // curl sends the first certificate of the file.
  const std::string swapped =
      directory.write("swapped.pem", authority.certificate() + client.certificate);
  BOOST_TEST(!read_client_certificate(swapped, key).has_value());
}

BOOST_FIXTURE_TEST_CASE(an_encrypted_key_is_refused_without_a_question, Files) {
  // A server that starts has nobody to ask for a password.
  const std::string encrypted = directory.write(
      "encrypted.key", test_support::encrypted_private_key(client.private_key, "hunter2"));
  check_refused_naming(read_client_certificate(certificate, encrypted), encrypted);
}

BOOST_FIXTURE_TEST_CASE(no_problem_shows_a_key, Files) {
  const std::string secret = client.private_key.substr(40, 40);
  const std::string cut = directory.write("cut.key", client.private_key.substr(0, 120));
  const auto result = read_client_certificate(certificate, cut);
  BOOST_TEST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().text.find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
