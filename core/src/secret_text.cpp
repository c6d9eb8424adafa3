#include "crowd_confluence/secret_text.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace crowd_confluence {

SecretText::SecretText(std::string_view text)
    : text_(std::make_unique<char[]>(text.size())), size_(text.size()) {
  std::copy(text.begin(), text.end(), text_.get());
}

SecretText::SecretText(SecretText&& other) noexcept
    : text_(std::move(other.text_)), size_(std::exchange(other.size_, 0)) {}

SecretText& SecretText::operator=(SecretText other) noexcept {
  std::swap(text_, other.text_);
  std::swap(size_, other.size_);
  return *this;
}

SecretText::~SecretText() {
  if (text_ != nullptr) OPENSSL_cleanse(text_.get(), size_);
}

}  // namespace crowd_confluence
