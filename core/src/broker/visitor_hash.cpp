#include "broker/visitor_hash.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium/crypto_shorthash_siphash24.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "crowd_confluence/address.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxAddressBytes = sizeof(AddressBuffer);

std::uint64_t short_hash(const std::array<std::uint8_t, 16>& key, const char* data,
                         std::size_t size) {
  std::uint64_t result;
  crypto_shorthash_siphash24(reinterpret_cast<unsigned char*>(&result),
                             reinterpret_cast<const unsigned char*>(data), size, key.data());
  return result;
}

VisitorKey hash(const std::array<std::uint8_t, 16>& key, const char* data, std::size_t size) {
  VisitorKey result;
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(result.data()),
                              reinterpret_cast<const unsigned char*>(data), size, key.data());
  return result;
}

/// Fields with their lengths before them, so that no two lists of fields look alike.
class Fields {
 public:
  Fields& add(std::string_view field) {
    const auto length = static_cast<std::uint64_t>(field.size());
    text_.append(reinterpret_cast<const char*>(&length), sizeof length);
    text_.append(field);
    return *this;
  }
  Fields& add(bool field) { return add(std::string_view(field ? "1" : "0")); }
  /// What makes one way to a server differ from another, but not what changes with time: when a
  /// certificate is renewed in its file, sessions and what is known of the server go on. (A new
  /// member does not compile before it has a name here.)
  Fields& add(const HttpSettings& http) {
    const auto& [connect_timeout, timeout, ca_certificate_file, client_certificate,
                 pinned_public_key, outgoing_proxy, verify_peer] = http;
    return add(ca_certificate_file)
        .add(client_certificate.file)
        .add(pinned_public_key)
        .add(verify_peer)
        .add(outgoing_proxy);
  }
  Fields& add(const Probe& probe) {
    const auto& [path, field, value, user_field] = probe;
    return add(path).add(field).add(value).add(user_field);
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

VisitorKey hash_settings(const std::array<std::uint8_t, 16>& key,
                         const ConfluenceSettings& settings) {
  // A new member does not compile before it has a name here.
  const auto& [base_url, probe, token_cookie, session_cookies, forwarded_for, http] = settings;
  Fields fields;
  fields.add(base_url.text).add(token_cookie).add(forwarded_for).add(probe);
  for (const std::string& pattern : session_cookies.patterns()) fields.add(pattern);
  fields.add(http);
  return hash(key, fields.text().data(), fields.text().size());
}

}  // namespace

/// A key for each Confluence, so that its settings need not be hashed again for every visitor.
VisitorHash::VisitorHash(const Secret& secret, const ConfluenceSettings& settings)
    : client_key_(secret.hash_key) {
  const VisitorKey derived = hash_settings(secret.hash_key, settings);
  static_assert(sizeof derived == sizeof key_);
  std::memcpy(key_.data(), derived.data(), sizeof key_);
}

/// The second half is the token's alone, and the first one that of the address and of another half
/// of the token's hash: two tokens share a key only if they share all of 128 bits.
VisitorKey VisitorHash::key_of(const Visitor& visitor) const {
  const VisitorKey token = hash(key_, visitor.token.data(), visitor.token.size());
  std::array<char, sizeof token[0] + kMaxAddressBytes> buffer;
  std::string large;
  const std::size_t size = sizeof token[0] + visitor.address.size();
  char* text = buffer.data();
  if (size > buffer.size()) {  // no address is so long
    large.resize(size);
    text = large.data();
  }
  std::memcpy(text, token.data(), sizeof token[0]);
  std::memcpy(text + sizeof token[0], visitor.address.data(), visitor.address.size());
  return {short_hash(key_, text, size), token[1]};
}

std::uint64_t VisitorHash::client_of(std::string_view address) const {
  std::array<char, kMaxAddressBytes + 1> terminated;
  in6_addr ipv6;
  if (address.find(':') != std::string_view::npos && address.size() < terminated.size()) {
    *std::copy(address.begin(), address.end(), terminated.begin()) = '\0';
    // Whoever has one address of IPv6 has the whole /64.
    if (inet_pton(AF_INET6, terminated.data(), &ipv6) == 1)
      address = {reinterpret_cast<const char*>(&ipv6), 8};
  }
  return std::max<std::uint64_t>(short_hash(client_key_, address.data(), address.size()), 1);
}

std::uint64_t upstream_id(const Secret& secret, const ConfluenceSettings& settings) {
  Fields fields;
  fields.add(settings.base_url.text).add(settings.http);
  return tag_of(hash(secret.hash_key, fields.text().data(), fields.text().size()));
}

}  // namespace crowd_confluence
