#include "crowd_confluence/session.h"

#include <cstring>

namespace crowd_confluence {

Session& Session::operator=(const Session& other) {
  if (this == &other) return *this;
  user_length_ = other.user_length_;
  cookies_length_ = other.cookies_length_;
  std::memcpy(text_.data(), other.text_.data(),
              std::size_t{user_length_} + std::size_t{cookies_length_});
  return *this;
}

bool Session::assign(std::string_view user, std::string_view cookies) {
  user_length_ = cookies_length_ = 0;
  if (user.size() > kCapacity || cookies.size() > kCapacity - user.size()) return false;
  std::memcpy(text_.data(), user.data(), user.size());
  std::memcpy(text_.data() + user.size(), cookies.data(), cookies.size());
  user_length_ = static_cast<std::uint16_t>(user.size());
  cookies_length_ = static_cast<std::uint16_t>(cookies.size());
  return true;
}

}  // namespace crowd_confluence
