// Tomcat's RemoteIpValve.
#include "addresses.h"
#include "text.h"

namespace atlassian {

ValidationFactors behind_valve(const RemoteIpValve& valve, const ValidationFactors& factors) {
  const auto believed = [&](std::string_view address) {
    return in_any_network(address, valve.internal_proxies) ||
           in_any_network(address, valve.trusted_proxies);
  };
  if (!factors.x_forwarded_for || !believed(factors.remote_address)) return factors;
  const auto hops = split(*factors.x_forwarded_for, ',');
  std::size_t taken = hops.size() - 1;
  while (taken > 0 && believed(hops[taken])) --taken;
  ValidationFactors result{std::string(hops[taken])};
  const std::vector<std::string> rest(hops.begin(),
                                      hops.begin() + static_cast<std::ptrdiff_t>(taken));
  if (!rest.empty()) result.x_forwarded_for = join(rest, ", ");
  return result;
}

}  // namespace atlassian
