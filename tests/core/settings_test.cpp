#include "crowd_confluence/settings.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>

#include "support/certificates.h"
#include "support/temporary_directory.h"

using namespace crowd_confluence;
using test_support::Certificate;
using test_support::CertificateAuthority;
using test_support::TemporaryDirectory;

namespace {

Expected<Probe, Problem> probe(std::string_view path,
                               std::initializer_list<std::string_view> words) {
  ProbeParser parser(path);
  for (const std::string_view word : words) parser.add(word);
  return parser.finish();
}

void check_problem(const Problem& problem) {
  BOOST_TEST(problem.text.size() > 10U);
  BOOST_TEST(!problem.text.ends_with('.'), problem.text);
}

void check_refused(std::string_view path, std::initializer_list<std::string_view> words) {
  const auto result = probe(path, words);
  std::string text(path);
  for (const std::string_view word : words) text.append(" ").append(word);
  BOOST_TEST(!result.has_value(), "accepted: " << text);
  if (!result.has_value()) check_problem(result.error());
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

BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(the_defaults_are_those_of_the_documents) {
  const HttpSettings http;
  BOOST_TEST((http.connect_timeout == std::chrono::seconds(2)));
  BOOST_TEST((http.timeout == std::chrono::seconds(5)));
  BOOST_TEST(http.verify_peer);
  BOOST_TEST(http.outgoing_proxy == "");

  const ConfluenceSettings settings;
  BOOST_TEST(settings.token_cookie == "crowd.token_key");
  BOOST_TEST(settings.forwarded_for);
  BOOST_TEST(settings.session_cookies.contains("JSESSIONID"));
}

BOOST_AUTO_TEST_CASE(parses_confluences_probe) {
  const auto parsed = probe("/rest/api/user/current", {"type=known", "user=username"});
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST((parsed.value() == Probe{}));
  const auto other_order = probe("/rest/api/user/current", {"user=username", "type=known"});
  BOOST_TEST_REQUIRE(other_order.has_value());
  BOOST_TEST((other_order.value() == Probe{}));
}

BOOST_AUTO_TEST_CASE(parses_jiras_probe) {
  const auto parsed = probe("/rest/api/2/myself", {"user=name"});
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed.value().path == "/rest/api/2/myself");
  BOOST_TEST(parsed.value().field == "");
  BOOST_TEST(parsed.value().value == "");
  BOOST_TEST(parsed.value().user_field == "name");
}

BOOST_AUTO_TEST_CASE(a_probe_may_ask_for_a_field_alone) {
  const auto parsed = probe("/rest/x", {"state=logged-in"});
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed.value().field == "state");
  BOOST_TEST(parsed.value().value == "logged-in");
  BOOST_TEST(parsed.value().user_field == "");
}

BOOST_AUTO_TEST_CASE(the_first_equals_sign_divides) {
  const auto parsed = probe("/rest/x", {"state=a=b"});
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed.value().field == "state");
  BOOST_TEST(parsed.value().value == "a=b");
}

BOOST_AUTO_TEST_CASE(a_probe_needs_something_that_proves) {
  check_refused("/rest/x", {});
}

BOOST_AUTO_TEST_CASE(refuses_paths_that_are_none) {
  for (const std::string_view path :
       {"", "rest/x", "http://evil.example/rest/x", "type=known", "/rest/x y", " /rest/x",
        "/rest/x\r\nX-Evil: 1", "/rest/x#top", "/rest/\x7f", "/rest/\xc3\xa4"}) {
    check_refused(path, {"user=name"});
  }
  check_refused({"/rest\0/x", 8}, {"user=name"});
}

BOOST_AUTO_TEST_CASE(refuses_words_that_are_none) {
  check_refused("/rest/x", {"type"});
  check_refused("/rest/x", {""});
  check_refused("/rest/x", {"="});
  check_refused("/rest/x", {"=known"});
  check_refused("/rest/x", {"type="});
  check_refused("/rest/x", {"user="});
  check_refused("/rest/x", {"user"});
  check_refused("/rest/x", {"user=name", "junk"});
  check_refused("/rest/x", {"junk", "user=name"});
  check_refused("/rest/x", {"type=known", "type=known"});
  check_refused("/rest/x", {"type=known", "state=in", "user=name"});
  check_refused("/rest/x", {"user=name", "user=username"});
}

BOOST_AUTO_TEST_CASE(a_problem_names_the_word) {
  const auto parsed = probe("/rest/x", {"user=name", "frobnicate"});
  BOOST_TEST_REQUIRE(!parsed.has_value());
  BOOST_TEST(parsed.error().text.find("frobnicate") != std::string::npos, parsed.error().text);
}

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
