#include "rate_limiter.h"

#include <algorithm>
#include <limits>

namespace atlassian {

RateLimiter::Decision RateLimiter::take(const RateLimit& limit, const std::string& user, Time now) {
  Bucket& bucket = buckets_.try_emplace(user, Bucket{limit.limit, now}).first->second;
  if (limit.interval.count() > 0 && now > bucket.filled) {
    const auto intervals = (now - bucket.filled) / limit.interval;
    bucket.tokens += static_cast<std::uint64_t>(intervals) * limit.fill_rate;
    bucket.filled += intervals * limit.interval;
  }
  bucket.tokens = std::min(bucket.tokens, limit.limit);
  if (bucket.tokens == 0) return {false, 0};
  --bucket.tokens;
  return {true, bucket.tokens};
}

void add_rate_limit_headers(Response& response, const RateLimit& limit,
                            const RateLimiter::Decision& decision) {
  std::string retry_after = "0";
  if (!decision.allowed) {
    retry_after = limit.retry_after;
    if (retry_after.empty()) {
      // A quota of nothing never fills: Confluence then sends the largest number it has.
      const bool never = limit.limit == 0 || limit.fill_rate == 0;
      retry_after = std::to_string(never ? std::numeric_limits<std::int64_t>::max()
                                         : static_cast<std::int64_t>(limit.interval.count()));
    }
  }
  response.add("X-RateLimit-Limit", std::to_string(limit.limit))
      .add("X-RateLimit-Remaining", std::to_string(decision.remaining))
      .add("X-RateLimit-FillRate", std::to_string(limit.limit == 0 ? 0 : limit.fill_rate))
      .add("X-RateLimit-Interval-Seconds", std::to_string(limit.interval.count()))
      .add("Retry-After", retry_after);
}

}  // namespace atlassian
