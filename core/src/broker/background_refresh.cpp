#include "crowd_confluence/broker/background_refresh.h"

#include <cassert>
#include <utility>

#include "base/worker_pool.h"

namespace crowd_confluence {

BackgroundRefresh::BackgroundRefresh() = default;

/// All are told before the first is waited for.
BackgroundRefresh::~BackgroundRefresh() {
  for (auto& [name, pool] : groups_) pool->stop();
}

void BackgroundRefresh::add(const void* group, std::function<void()> renewal) {
  assert(renewal);
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& pool = groups_[group];
  if (pool == nullptr) pool = std::make_unique<WorkerPool>(kMaxThreads, kMaxWaiting);
  pool->add(std::move(renewal));
}

}  // namespace crowd_confluence
