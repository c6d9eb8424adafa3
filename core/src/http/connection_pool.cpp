#include "http/connection_pool.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/signals_blocked.h"

namespace crowd_confluence {
namespace {

/// How often the idle connections are looked at, as long as there are any.
constexpr std::chrono::seconds kBetweenLooks{1};

}  // namespace

ConnectionPool::~ConnectionPool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_one();
  if (closer_.joinable()) closer_.join();
}

std::optional<HttpConnection> ConnectionPool::take(std::string_view origin) {
  for (;;) {
    std::optional<HttpConnection> taken;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto found = std::find_if(kept_.rbegin(), kept_.rend(),
                                      [&](const Kept& each) { return each.origin == origin; });
      if (found == kept_.rend()) return std::nullopt;
      taken = std::move(found->connection);
      kept_.erase(std::next(found).base());
    }
    // Closing takes a moment, and nobody else is to wait for that.
    if (is_usable(*taken)) return taken;
  }
}

void ConnectionPool::keep(std::string_view origin, HttpConnection connection) {
  assert(!origin.empty());
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!closer_.joinable() && !start_closing()) return;
  kept_.push_back({std::string(origin), std::move(connection)});
  if (kept_.size() == 1) changed_.notify_one();
}

bool ConnectionPool::is_usable(HttpConnection& connection) const {
  return connection.age() < lifetime_ && !connection.is_stale();
}

bool ConnectionPool::start_closing() {
  const SignalsBlocked blocked;
  try {
    closer_ = std::thread([this] { close_in_time(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void ConnectionPool::close_in_time() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!is_ending_) {
    if (kept_.empty()) {
      changed_.wait(lock);
      continue;
    }
    changed_.wait_for(lock, kBetweenLooks);
    try {
      std::vector<Kept> useless = take_useless();
      lock.unlock();
      useless.clear();
      lock.lock();
    } catch (...) {
      // Out of memory. The next look may have some, and no process ends because of this one.
    }
  }
}

std::vector<ConnectionPool::Kept> ConnectionPool::take_useless() {
  const auto first = std::stable_partition(
      kept_.begin(), kept_.end(), [this](Kept& each) { return is_usable(each.connection); });
  std::vector<Kept> useless(std::make_move_iterator(first), std::make_move_iterator(kept_.end()));
  kept_.erase(first, kept_.end());
  return useless;
}

}  // namespace crowd_confluence
