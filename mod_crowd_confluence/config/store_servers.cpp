#include "config/store_servers.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace crowd_confluence::httpd {
namespace {

constexpr std::size_t kLongestName = 253;

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool is_ipv6_address(std::string_view text) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

/// What consists of digits and dots only is an address, or nothing.
bool is_host_name(std::string_view text) {
  const auto may_be_in_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (text.empty() || text.size() > kLongestName || text.front() == '.' || text.front() == '-' ||
      text.find("..") != text.npos || !std::all_of(text.begin(), text.end(), may_be_in_name))
    return false;
  in_addr address;
  return text.find_first_not_of("0123456789.") != text.npos ||
         inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool is_server(std::string_view text) {
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos || !is_ipv6_address(text.substr(1, end - 1))) return false;
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    if (!is_host_name(text.substr(0, colon))) return false;
    rest = text.substr(colon);
  }
  return rest.empty() || (rest.starts_with(':') && is_port(rest.substr(1)));
}

}  // namespace

Expected<std::string, Problem> parse_store_servers(std::string_view list) {
  std::string servers;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view server = trimmed(list.substr(begin, end - begin));
    // It may be a URL's password.
    if (server.find('@') != server.npos)
      return Problem{"a server has no user and no password here; allowed is HOST:PORT"};
    if (!is_server(server))
      return Problem{"'" + std::string(server) +
                     "' is no server; allowed is HOST:PORT, several with commas, with a name, an "
                     "IPv4 address or an [IPv6 address], and a port from 1 to 65535"};
    if (!servers.empty()) servers += ',';
    servers += server;
    begin = end + 1;
  }
  return servers;
}

}  // namespace crowd_confluence::httpd
