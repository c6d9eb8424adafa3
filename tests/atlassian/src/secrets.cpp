#include "secrets.h"

#include <openssl/rand.h>

#include <stdexcept>
#include <string_view>

#include "text.h"

namespace atlassian {
namespace {

std::string random_bytes(std::size_t length) {
  std::string bytes(length, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(length)) != 1) {
    throw std::runtime_error("no random numbers to be had");
  }
  return bytes;
}

std::string random_text(std::size_t length, std::string_view alphabet) {
  std::string text = random_bytes(length);
  for (char& c : text) c = alphabet[static_cast<unsigned char>(c) % alphabet.size()];
  return text;
}

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kUpperHex = "0123456789ABCDEF";
constexpr std::string_view kLowerHex = "0123456789abcdef";
constexpr std::string_view kUpperAlphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view kLowerAlphanumeric = "abcdefghijklmnopqrstuvwxyz0123456789";

}  // namespace

std::string make_token(TokenStyle style, const std::string& user) {
  if (style == TokenStyle::kShort) return random_text(22, kLetters) + "00";
  // One byte more than a multiple of three gives the '=' at the end; the first bytes give '-', '_'.
  std::string payload = "\xfb\xef\xff" + random_bytes(60) + user;
  while (payload.size() % 3 != 1) payload += '.';
  return base64url_encode(payload);
}

std::string make_session_id() {
  return random_text(32, kUpperHex);
}

std::string make_xsrf_token(char separator, bool logged_in) {
  std::string token;
  for (int group = 0; group < 4; ++group) {
    if (group > 0) token += '-';
    token += random_text(4, kUpperAlphanumeric);
  }
  return token + separator + random_text(40, kLowerHex) + separator + (logged_in ? "lin" : "lout");
}

std::string make_word(std::size_t length) {
  return random_text(length, kLowerAlphanumeric);
}

}  // namespace atlassian
