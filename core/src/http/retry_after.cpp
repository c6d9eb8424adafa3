#include "http/retry_after.h"

#include <curl/curl.h>

#include <charconv>
#include <string>

#include "base/ascii.h"

namespace crowd_confluence {

std::optional<std::chrono::seconds> retry_after(const HttpResponse& response) {
  constexpr long long kLongest = 24 * 60 * 60;
  const std::string_view text = ascii::trimmed(response.header("Retry-After").value_or(""));
  if (text.empty()) return std::nullopt;
  long long seconds = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) {
    // A date is compared with the server's own clock, as this host's may differ.
    const time_t at = curl_getdate(std::string(text).c_str(), nullptr);
    const time_t now =
        curl_getdate(std::string(response.header("Date").value_or("")).c_str(), nullptr);
    if (at == -1 || now == -1) return std::nullopt;
    seconds = static_cast<long long>(at) - static_cast<long long>(now);
  }
  if (seconds < 0 || seconds > kLongest) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace crowd_confluence
