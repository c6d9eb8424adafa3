#include "apr/address_headers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace crowd_confluence::httpd {
namespace {

// Words that mean an address by themselves.
constexpr std::string_view kAddresses[] = {
    "ip",       "ips",        "ipv4",     "ipv6",         "ipaddr",     "ipaddress",
    "clientip", "clientipv6", "remoteip", "realip",       "sourceip",   "socketip",
    "userip",   "peerip",     "trueip",   "connectingip", "remoteaddr", "clientaddr"};

// Behind one of kWhose, these do, too.
constexpr std::string_view kMayBeAddresses[] = {"addr", "address", "host", "for"};
constexpr std::string_view kWhose[] = {
    "client",      "clients", "remote",    "real",      "source",     "src",    "peer",
    "user",        "viewer",  "external",  "socket",    "true",       "origin", "original",
    "originating", "forward", "forwarded", "forwarder", "connecting", "cluster"};

template <std::size_t kSize>
bool is_any_of(std::string_view word, const std::string_view (&words)[kSize]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

/// Takes the last word, and the `-` before it.
std::string_view take_last_word(std::string_view& name) {
  const std::size_t dash = name.rfind('-');
  const std::string_view word = name.substr(dash == name.npos ? 0 : dash + 1);
  name = name.substr(0, dash == name.npos ? 0 : dash);
  return word;
}

bool take_from_both_ends(std::string_view& text, char first, char last) {
  if (text.size() < 2 || text.front() != first || text.back() != last) return false;
  text = text.substr(1, text.size() - 2);
  return true;
}

}  // namespace

bool carries_address(const char* name) {
  // Longer than any that is known.
  std::array<char, 64> buffer;
  std::size_t length = 0;
  for (; name[length] != '\0'; ++length) {
    if (length == buffer.size()) return false;
    buffer[length] = folded(name[length]);
  }
  std::string_view rest(buffer.data(), length);
  if (rest.find("forwarded-for") != rest.npos) return true;  // X-Forwarded-For-Original
  const std::string_view last = take_last_word(rest);
  if (last == "forwarded" || is_any_of(last, kAddresses)) return true;
  // HTTP_HOST is no address, and X-Forwarded-Host is not the client's.
  if (!is_any_of(last, kMayBeAddresses)) return false;
  const std::string_view whose = take_last_word(rest);
  return last == "host" ? whose == "remote" : is_any_of(whose, kWhose);
}

bool says_address(std::string_view value, std::string_view address) {
  value = trimmed(value);
  if (address.empty()) return false;
  if (value == address) return true;
  if (value.size() < 4 || !is_same_header(value.substr(0, 3), "for") || value[3] != '=')
    return false;
  value.remove_prefix(4);
  const bool is_quoted = take_from_both_ends(value, '"', '"');
  if (address.find(':') == address.npos) return value == address;
  return is_quoted && take_from_both_ends(value, '[', ']') && value == address;
}

}  // namespace crowd_confluence::httpd
