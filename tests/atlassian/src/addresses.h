// Network addresses as Crowd and Tomcat treat them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"
#include "simulator.h"

namespace atlassian {

/// The form in which Tomcat tells a peer's address: IPv6 in full, without compression ("::1" is
/// 0:0:0:0:0:0:0:1), v4-mapped addresses as IPv4. What is not an address is returned as it is.
std::string tomcat_form(std::string_view address);

/// `network` is an address or "address/bits". Throws std::invalid_argument when it is neither.
bool in_network(std::string_view address, std::string_view network);
bool in_any_network(std::string_view address, const std::vector<std::string>& networks);
/// Throws std::invalid_argument that names the first entry which is neither address nor network.
void check_networks(const std::vector<std::string>& networks);

/// The client's address that Crowd takes from the factors.
std::string client_address(const ValidationFactors& factors,
                           const std::vector<std::string>& trusted_proxies,
                           ForwardedForReading reading);

/// What the valve makes of the peer's address and X-Forwarded-For, for all that comes after it.
ValidationFactors behind_valve(const RemoteIpValve& valve, const ValidationFactors& factors);

}  // namespace atlassian
