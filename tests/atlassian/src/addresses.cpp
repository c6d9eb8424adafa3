#include "addresses.h"

#include <boost/asio/ip/address.hpp>
#include <cstdio>
#include <stdexcept>

#include "text.h"

namespace atlassian {
namespace {

using boost::asio::ip::address;

std::optional<address> parse_address(std::string_view text) {
  boost::system::error_code error;
  address parsed = boost::asio::ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  if (parsed.is_v6() && parsed.to_v6().is_v4_mapped()) {
    const auto bytes = parsed.to_v6().to_bytes();
    parsed = boost::asio::ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  }
  return parsed;
}

template <typename Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, std::size_t bits) {
  for (std::size_t i = 0; i < a.size() && bits > 0; ++i) {
    const std::size_t here = bits < 8 ? bits : 8;
    const auto mask = static_cast<unsigned>(0xff << (8 - here)) & 0xffU;
    if ((a[i] & mask) != (b[i] & mask)) return false;
    bits -= here;
  }
  return true;
}

struct Network {
  address base;
  std::size_t bits;
};

Network parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = parse_address(text.substr(0, slash));
  const std::size_t most = base && base->is_v4() ? 32 : 128;
  const auto bits =
      slash == std::string_view::npos ? most : parse_number(text.substr(slash + 1)).value_or(999);
  if (!base || bits > most) {
    throw std::invalid_argument("neither an address nor a network: " + std::string(text));
  }
  return {*base, bits};
}

}  // namespace

std::string tomcat_form(std::string_view text) {
  const auto parsed = parse_address(text);
  if (!parsed) return std::string(text);
  if (parsed->is_v4()) return parsed->to_string();
  const auto bytes = parsed->to_v6().to_bytes();
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    char group[8];
    std::snprintf(group, sizeof group, i == 0 ? "%x" : ":%x", bytes[i] * 256U + bytes[i + 1]);
    result += group;
  }
  return result;
}

bool in_network(std::string_view text, std::string_view network_text) {
  const Network network = parse_network(network_text);
  const auto parsed = parse_address(text);
  if (!parsed || parsed->is_v4() != network.base.is_v4()) return false;
  return parsed->is_v4() ? same_prefix(parsed->to_v4().to_bytes(), network.base.to_v4().to_bytes(),
                                       network.bits)
                         : same_prefix(parsed->to_v6().to_bytes(), network.base.to_v6().to_bytes(),
                                       network.bits);
}

bool in_any_network(std::string_view text, const std::vector<std::string>& networks) {
  for (const std::string& network : networks) {
    if (in_network(text, network)) return true;
  }
  return false;
}

void check_networks(const std::vector<std::string>& networks) {
  for (const std::string& network : networks) parse_network(network);
}

std::string client_address(const ValidationFactors& factors,
                           const std::vector<std::string>& trusted_proxies,
                           ForwardedForReading reading) {
  const std::string& peer = factors.remote_address;
  if (!factors.x_forwarded_for || trim(*factors.x_forwarded_for).empty() ||
      !in_any_network(peer, trusted_proxies)) {
    return peer;
  }
  const auto hops = split(*factors.x_forwarded_for, ',');
  if (reading == ForwardedForReading::kCode) {
    for (std::size_t i = 1; i < hops.size(); ++i) {
      if (!in_any_network(hops[i], trusted_proxies)) return peer;
    }
    return std::string(hops.front());
  }
  for (std::size_t i = hops.size(); i-- > 1;) {
    if (!in_any_network(hops[i], trusted_proxies)) return std::string(hops[i]);
  }
  return std::string(hops.front());
}

}  // namespace atlassian
