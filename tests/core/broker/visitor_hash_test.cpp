#include "broker/visitor_hash.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "harness/processes.h"

using namespace crowd_confluence;

namespace {

ConfluenceSettings confluence(const std::string& url = "https://wiki.example.com/confluence") {
  ConfluenceSettings settings;
  settings.base_url = parse_base_url(url).value();
  return settings;
}

const Secret kSecret = Secret::derived_from("some words");
const Visitor kVisitor{.token = "T0kenT0ken00", .address = "192.0.2.7"};

VisitorKey key_of(const ConfluenceSettings& settings, const Visitor& visitor = kVisitor) {
  return VisitorHash(kSecret, settings).key_of(visitor);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(visitor_hash)

BOOST_AUTO_TEST_CASE(the_same_visitor_has_the_same_key_everywhere) {
  BOOST_TEST((key_of(confluence()) == key_of(confluence())));
  const std::string token(kVisitor.token);
  BOOST_TEST((key_of(confluence(), {token, kVisitor.address}) == key_of(confluence())));
}

BOOST_AUTO_TEST_CASE(token_and_address_are_fields_of_their_own) {
  std::set<VisitorKey> keys;
  const std::vector<Visitor> visitors = {
      {"abc", "192.0.2.7"}, {"abc", "192.0.2.8"}, {"abd", "192.0.2.7"},
      {"abc1", "92.0.2.7"}, {"ab", "c192.0.2.7"}, {"abc192.0.2.7", ""},
      {"abc", ""},          {"ABC", "192.0.2.7"}, {"abc ", "192.0.2.7"},
      {"192.0.2.7", "abc"}, {"abc", "::1"},       {"abc", "0:0:0:0:0:0:0:1"}};
  for (const Visitor& visitor : visitors) keys.insert(key_of(confluence(), visitor));
  BOOST_TEST(keys.size() == visitors.size());
}

BOOST_AUTO_TEST_CASE(the_second_half_is_the_tokens_alone) {
  const auto half = [](std::string_view token, std::string_view address) {
    return key_of(confluence(), {token, address})[1];
  };
  BOOST_TEST(half("abc", "192.0.2.7") == half("abc", "192.0.2.8"));
  BOOST_TEST(half("abc", "192.0.2.7") == half("abc", "2001:db8::1"));
  BOOST_TEST(half("abc", "192.0.2.7") != half("abd", "192.0.2.7"));
  BOOST_TEST(half("abc", "192.0.2.7") !=
             key_of(confluence("https://other.example.com"), {"abc", "192.0.2.7"})[1]);
}

BOOST_AUTO_TEST_CASE(a_client_is_an_address_or_a_network_of_ipv6) {
  const auto client = [](std::string_view address, const std::string& url = "https://a.example") {
    return VisitorHash(kSecret, confluence(url)).client_of(address);
  };
  BOOST_TEST(client("192.0.2.7") == client("192.0.2.7", "https://b.example"));
  BOOST_TEST(client("192.0.2.7") != client("192.0.2.8"));
  BOOST_TEST(client("2001:db8:1:2::1") == client("2001:db8:1:2:ffff::"));
  BOOST_TEST(client("2001:db8:1:2::1") != client("2001:db8:1:3::1"));
  BOOST_TEST(client("::1") != client("192.0.2.7"));
  for (const std::string& address : {std::string(), std::string(200, ':'), std::string("a:b")})
    BOOST_TEST(client(address) != 0u);
}

BOOST_AUTO_TEST_CASE(whatever_tells_one_confluence_from_another_changes_the_key) {
  using Change = std::function<void(ConfluenceSettings&)>;
  const std::vector<Change> changes = {
      [](auto& s) { s.base_url = parse_base_url("https://wiki.example.com").value(); },
      [](auto& s) { s.base_url = parse_base_url("http://wiki.example.com/confluence").value(); },
      [](auto& s) { s.token_cookie = "crowd.p.token_key"; },
      [](auto& s) { s.forwarded_for = false; },
      [](auto& s) { s.probe.path = "/rest/api/2/myself"; },
      [](auto& s) { s.probe.field = "kind"; },
      [](auto& s) { s.probe.value = "user"; },
      [](auto& s) { s.probe.user_field = "name"; },
      [](auto& s) { s.http.ca_certificate_file = "/etc/ca.pem"; },
      [](auto& s) { s.http.client_certificate.file = "client.pem"; },
      [](auto& s) { s.http.pinned_public_key = "sha256//x"; },
      [](auto& s) { s.http.verify_peer = false; },
      [](auto& s) { s.http.outgoing_proxy = "http://proxy.example.com:3128"; }};
  std::set<VisitorKey> keys{key_of(confluence())};
  for (const Change& change : changes) {
    ConfluenceSettings settings = confluence();
    change(settings);
    keys.insert(key_of(settings));
  }
  BOOST_TEST(keys.size() == changes.size() + 1);
}

BOOST_AUTO_TEST_CASE(time_outs_do_not_change_the_key) {
  ConfluenceSettings patient = confluence();
  patient.http.timeout *= 2;
  patient.http.connect_timeout *= 2;
  BOOST_TEST((key_of(patient) == key_of(confluence())));
}

BOOST_AUTO_TEST_CASE(a_client_certificate_may_be_renewed_in_its_file) {
  ConfluenceSettings before = confluence();
  before.http.client_certificate = {"client.pem", "a certificate", "a key"};
  ConfluenceSettings after = before;
  after.http.client_certificate = {"client.pem", "another certificate", "another key"};
  BOOST_TEST((key_of(after) == key_of(before)));
  BOOST_TEST(upstream_id(kSecret, after) == upstream_id(kSecret, before));
}

BOOST_AUTO_TEST_CASE(another_secret_gives_another_key) {
  const Secret other = Secret::derived_from("other words");
  BOOST_TEST((VisitorHash(other, confluence()).key_of(kVisitor) != key_of(confluence())));
  // The seal's key plays no part.
  Secret resealed = kSecret;
  resealed.seal_key[0] ^= 1;
  BOOST_TEST((VisitorHash(resealed, confluence()).key_of(kVisitor) == key_of(confluence())));
}

BOOST_AUTO_TEST_CASE(tokens_of_any_length_count_to_their_last_character) {
  const VisitorHash hash(kSecret, confluence());
  std::set<VisitorKey> keys;
  std::string token;
  for (std::size_t length = 1; length <= 3000; ++length) {
    token.push_back('a');
    keys.insert(hash.key_of({token, "::1"}));
    token.back() = 'b';
    keys.insert(hash.key_of({token, "::1"}));
    token.back() = 'a';
  }
  BOOST_TEST(keys.size() == 6000u);
}

BOOST_AUTO_TEST_CASE(upstreams_are_told_apart_by_url_and_the_way_there) {
  const std::uint64_t id = upstream_id(kSecret, confluence());
  BOOST_TEST(id != 0u);
  ConfluenceSettings settings = confluence();
  settings.probe.path = "/other";
  settings.token_cookie = "other";
  BOOST_TEST(upstream_id(kSecret, settings) == id);
  settings.http.outgoing_proxy = "http://proxy.example.com:3128";
  BOOST_TEST(upstream_id(kSecret, settings) != id);
  BOOST_TEST(upstream_id(kSecret, confluence("https://wiki.example.com")) != id);
  const std::vector<std::function<void(HttpSettings&)>> ways = {
      [](HttpSettings& http) { http.ca_certificate_file = "/etc/ca.pem"; },
      [](HttpSettings& http) { http.client_certificate.file = "client.pem"; },
      [](HttpSettings& http) { http.pinned_public_key = "sha256//x"; },
      [](HttpSettings& http) { http.verify_peer = false; }};
  for (const auto& change : ways) {
    ConfluenceSettings other = confluence();
    change(other.http);
    BOOST_TEST(upstream_id(kSecret, other) != id);
  }
  BOOST_TEST(upstream_id(Secret::derived_from("other"), confluence()) != id);
}

BOOST_AUTO_TEST_SUITE_END()
