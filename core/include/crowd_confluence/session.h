// A proven session at Confluence: whose it is, and the cookies that carry it.

#ifndef CROWD_CONFLUENCE_SESSION_H_
#define CROWD_CONFLUENCE_SESSION_H_

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// A value without pointers and without heap, so that it can be copied out of shared memory on the
/// way of every request. Only what is in use is copied.
class CROWD_CONFLUENCE_EXPORT Session {
 public:
  /// User and cookies together, in bytes. More than any server takes in one header line anyway.
  static constexpr std::size_t kCapacity = 8 * 1024;

  Session() {}  // not defaulted, as `Session()` would then zero all of text_
  Session(const Session& other) { *this = other; }
  Session& operator=(const Session& other);

  /// False, and the session is left empty, when user and cookies together exceed kCapacity.
  /// `cookies` is a Cookie header's value: `name=value` pairs with `; ` between them, every name
  /// and value valid by RFC 6265.
  bool assign(std::string_view user, std::string_view cookies);

  /// Sets both lengths, which together must not exceed kCapacity, and returns where user and, right
  /// behind, cookies are to be written.
  char* prepare(std::size_t user_length, std::size_t cookies_length) {
    assert(user_length <= kCapacity && cookies_length <= kCapacity - user_length);
    user_length_ = static_cast<std::uint16_t>(user_length);
    cookies_length_ = static_cast<std::uint16_t>(cookies_length);
    return text_.data();
  }

  /// Empty when Confluence proved the login without naming the user.
  [[nodiscard]] std::string_view user() const { return {text_.data(), user_length_}; }
  [[nodiscard]] std::string_view cookies() const {
    return {text_.data() + user_length_, cookies_length_};
  }
  [[nodiscard]] bool empty() const { return cookies_length_ == 0; }

 private:
  std::uint16_t user_length_ = 0;
  std::uint16_t cookies_length_ = 0;
  std::array<char, kCapacity> text_;  // uninitialised beyond the two lengths
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SESSION_H_
