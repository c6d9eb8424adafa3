#include "crowd_confluence/broker/session_store.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstring>
#include <memory>
#include <new>

// What is sealed: the format's number, a nonce, then under AES-256-GCM the end of life, the two
// lengths and the text, then the tag. Numbers are little-endian. The visitor's key is authenticated
// with it.

namespace crowd_confluence {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kHeadBytes = 1 + kNonceBytes;
constexpr std::size_t kNumberBytes = 8 + 2 + 2;

struct CipherDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CipherDeleter>;

unsigned char* bytes(std::string& text, std::size_t offset) {
  return reinterpret_cast<unsigned char*>(text.data()) + offset;
}
const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
int length(std::size_t size) {
  return static_cast<int>(size);
}

void append_number(std::string& text, std::uint64_t number, int size) {
  for (int i = 0; i < size; ++i) text.push_back(static_cast<char>(number >> (8 * i) & 0xff));
}

std::uint64_t read_number(std::string_view text, std::size_t offset, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(text[offset + i]);
  return number;
}

std::string plain_text(const StoredSession& stored) {
  std::string text;
  append_number(text, static_cast<std::uint64_t>(stored.expires.count()), 8);
  append_number(text, stored.session.user().size(), 2);
  append_number(text, stored.session.cookies().size(), 2);
  return text.append(stored.session.user()).append(stored.session.cookies());
}

std::optional<StoredSession> from_plain_text(std::string_view text) {
  if (text.size() < kNumberBytes) return std::nullopt;
  StoredSession stored;
  stored.expires = WallClockTime(static_cast<std::int64_t>(read_number(text, 0, 8)));
  const std::size_t user_length = read_number(text, 8, 2);
  const std::size_t cookies_length = read_number(text, 10, 2);
  text.remove_prefix(kNumberBytes);
  if (text.size() != user_length + cookies_length) return std::nullopt;
  if (!stored.session.assign(text.substr(0, user_length), text.substr(user_length)))
    return std::nullopt;
  return stored;
}

}  // namespace

SessionStore::~SessionStore() = default;

std::string seal_session(const Secret& secret, const VisitorKey& key, const StoredSession& stored) {
  const std::string plain = plain_text(stored);
  std::string sealed(kHeadBytes + plain.size() + kTagBytes, kFormat);
  const Cipher cipher(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* const context = cipher.get();
  int written = 0;
  const bool is_sealed =
      context != nullptr && RAND_bytes(bytes(sealed, 1), kNonceBytes) == 1 &&
      EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, secret.seal_key.data(),
                         bytes(sealed, 1)) == 1 &&
      EVP_EncryptUpdate(context, nullptr, &written,
                        reinterpret_cast<const unsigned char*>(key.data()), sizeof key) == 1 &&
      EVP_EncryptUpdate(context, bytes(sealed, kHeadBytes), &written, bytes(plain),
                        length(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(context, nullptr, &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, kTagBytes,
                          bytes(sealed, kHeadBytes + plain.size())) == 1;
  if (!is_sealed) throw std::bad_alloc();  // out of memory or entropy: it fails in no other way
  return sealed;
}

std::optional<StoredSession> open_session(const Secret& secret, const VisitorKey& key,
                                          std::string_view sealed) {
  constexpr std::size_t kMaxBytes = kHeadBytes + kNumberBytes + Session::kCapacity + kTagBytes;
  if (sealed.size() < kHeadBytes + kNumberBytes + kTagBytes || sealed.size() > kMaxBytes ||
      sealed.front() != kFormat)
    return std::nullopt;
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const std::string_view encrypted =
      sealed.substr(kHeadBytes, sealed.size() - kHeadBytes - kTagBytes);
  std::string plain(encrypted.size(), '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* const context = cipher.get();
  int written = 0;
  const bool is_genuine =
      context != nullptr &&
      EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nullptr, secret.seal_key.data(),
                         bytes(sealed.substr(1))) == 1 &&
      EVP_DecryptUpdate(context, nullptr, &written,
                        reinterpret_cast<const unsigned char*>(key.data()), sizeof key) == 1 &&
      EVP_DecryptUpdate(context, bytes(plain, 0), &written, bytes(encrypted),
                        length(encrypted.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context, nullptr, &written) == 1;
  return is_genuine ? from_plain_text(plain) : std::nullopt;
}

}  // namespace crowd_confluence
