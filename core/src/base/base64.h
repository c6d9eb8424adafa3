// Base64, as HTTP Basic wants it (RFC 7617).

#ifndef CROWD_CONFLUENCE_SRC_BASE_BASE64_H_
#define CROWD_CONFLUENCE_SRC_BASE_BASE64_H_

#include <openssl/evp.h>

#include <string>

namespace crowd_confluence {

inline std::string base64(const std::string& text) {
  std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');  // with room for a NUL
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return encoded;
}

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_BASE_BASE64_H_
