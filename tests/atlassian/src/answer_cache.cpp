#include "answer_cache.h"

#include <algorithm>

namespace atlassian {

std::optional<Response> AnswerCache::find(Cache kind, const Request& request, Time now) const {
  if (kind == Cache::kNone || request.method != "GET") return std::nullopt;
  const auto found = kept_.find(request.target);
  if (found == kept_.end()) return std::nullopt;
  Response response = found->second.response;
  if (kind == Cache::kXCache) response.add("X-Cache", "HIT");
  if (kind == Cache::kAge) {
    // Caches round up, and 0 would say that the answer is new.
    const auto age = std::chrono::ceil<std::chrono::seconds>(now - found->second.since);
    response.add("Age", std::to_string(std::max<std::int64_t>(1, age.count())));
  }
  return response;
}

void AnswerCache::keep(Cache kind, const Request& request, Response& response, Time now) {
  if (kind == Cache::kNone || request.method != "GET" || response.status != 200) return;
  kept_[request.target] = {response, now};
  if (kind == Cache::kXCache) response.add("X-Cache", "MISS");
}

}  // namespace atlassian
