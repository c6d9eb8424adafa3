#include "broker/visitor_hash.h"

#include <sodium/crypto_shorthash_siphash24.h>

#include <array>
#include <cstring>
#include <string>

namespace crowd_confluence {
namespace {

/// Tokens and addresses that are hashed in one piece, without heap.
constexpr std::size_t kShortBytes = 1024;

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
  /// certificate is renewed in its file, sessions and what is known of the server go on.
  Fields& add(const HttpSettings& http) {
    return add(http.ca_certificate_file)
        .add(http.client_certificate.file)
        .add(http.pinned_public_key)
        .add(http.verify_peer)
        .add(http.outgoing_proxy);
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

VisitorKey hash_settings(const std::array<std::uint8_t, 16>& key,
                         const ConfluenceSettings& settings) {
  Fields fields;
  fields.add(settings.base_url.text)
      .add(settings.token_cookie)
      .add(settings.forwarded_for)
      .add(settings.probe.path)
      .add(settings.probe.field)
      .add(settings.probe.value)
      .add(settings.probe.user_field);
  for (const std::string& pattern : settings.session_cookies.patterns()) fields.add(pattern);
  fields.add(settings.http);
  return hash(key, fields.text().data(), fields.text().size());
}

}  // namespace

/// A key for each Confluence, so that its settings need not be hashed again for every visitor.
VisitorHash::VisitorHash(const Secret& secret, const ConfluenceSettings& settings) {
  const VisitorKey derived = hash_settings(secret.hash_key, settings);
  static_assert(sizeof derived == sizeof key_);
  std::memcpy(key_.data(), derived.data(), sizeof key_);
}

VisitorKey VisitorHash::key_of(const Visitor& visitor) const {
  std::array<char, kShortBytes> buffer;
  // No address has a NUL, so it is clear where the token begins.
  const std::size_t size = visitor.address.size() + 1 + visitor.token.size();
  std::string large;
  char* text = buffer.data();
  if (size > buffer.size()) {
    large.resize(size);
    text = large.data();
  }
  std::memcpy(text, visitor.address.data(), visitor.address.size());
  text[visitor.address.size()] = '\0';
  std::memcpy(text + visitor.address.size() + 1, visitor.token.data(), visitor.token.size());
  return hash(key_, text, size);
}

std::uint64_t upstream_id(const Secret& secret, const ConfluenceSettings& settings) {
  Fields fields;
  fields.add(settings.base_url.text).add(settings.http);
  return tag_of(hash(secret.hash_key, fields.text().data(), fields.text().size()));
}

}  // namespace crowd_confluence
