#include "crowd_confluence/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace crowd_confluence {
namespace {

bool is_ipv4(std::string_view text) {
  int dots = 0;
  int number = -1;
  for (const char c : text) {
    if (c == '.') {
      if (number < 0 || ++dots > 3) return false;
      number = -1;
    } else if (c >= '0' && c <= '9') {
      if (number == 0) return false;  // a leading zero: octal for some readers
      number = std::max(number, 0) * 10 + (c - '0');
      if (number > 255) return false;
    } else {
      return false;
    }
  }
  return dots == 3 && number >= 0;
}

}  // namespace

std::string_view canonical_address(std::string_view text, AddressBuffer& buffer) {
  if (text.find(':') == std::string_view::npos) return is_ipv4(text) ? text : std::string_view();

  text = text.substr(0, text.find('%'));
  if (text.size() >= buffer.size() || text.find('\0') != std::string_view::npos) return {};
  char terminated[sizeof(AddressBuffer)];
  *std::copy(text.begin(), text.end(), terminated) = '\0';
  in6_addr address;
  if (inet_pton(AF_INET6, terminated, &address) != 1) return {};
  constexpr auto kRoom = static_cast<socklen_t>(sizeof(AddressBuffer));
  const char* written = IN6_IS_ADDR_V4MAPPED(&address)
                            ? inet_ntop(AF_INET, &address.s6_addr[12], buffer.data(), kRoom)
                            : inet_ntop(AF_INET6, &address, buffer.data(), kRoom);
  return written == nullptr ? std::string_view() : std::string_view(written);
}

}  // namespace crowd_confluence
