#include "crowd_confluence/keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <new>

namespace crowd_confluence {
namespace {

template <std::size_t kSize>
std::array<std::uint8_t, kSize> derive(std::string_view words, std::string_view purpose) {
  std::array<std::uint8_t, 32> digest;
  unsigned int length = 0;
  if (HMAC(EVP_sha256(), words.data(), static_cast<int>(words.size()),
           reinterpret_cast<const unsigned char*>(purpose.data()), purpose.size(), digest.data(),
           &length) == nullptr)
    throw std::bad_alloc();  // HMAC-SHA256 fails in no other way
  std::array<std::uint8_t, kSize> key;
  std::copy_n(digest.begin(), kSize, key.begin());
  return key;
}

}  // namespace

Secret Secret::derived_from(std::string_view words) {
  return {derive<16>(words, "mod_crowd_confluence: visitors"),
          derive<32>(words, "mod_crowd_confluence: sessions")};
}

Secret Secret::random() {
  std::array<char, 32> words{};
  if (RAND_bytes(reinterpret_cast<unsigned char*>(words.data()), words.size()) != 1)
    throw std::bad_alloc();  // no entropy: nothing can be kept safely
  return derived_from({words.data(), words.size()});
}

}  // namespace crowd_confluence
