// Data Center rate limiting: a token bucket per user.
#pragma once

#include <map>
#include <string>

#include "clock.h"
#include "http_message.h"
#include "options.h"

namespace atlassian {

/// Not thread-safe.
class RateLimiter {
 public:
  struct Decision {
    bool allowed = true;
    std::uint64_t remaining = 0;
  };

  /// Counts one request of this user.
  Decision take(const RateLimit& limit, const std::string& user, Time now);

 private:
  struct Bucket {
    std::uint64_t tokens;
    Time filled;
  };
  std::map<std::string, Bucket> buckets_;
};

/// The X-RateLimit-… and Retry-After lines, which come on allowed requests as well.
void add_rate_limit_headers(Response& response, const RateLimit& limit,
                            const RateLimiter::Decision& decision);

}  // namespace atlassian
