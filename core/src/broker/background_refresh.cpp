#include "crowd_confluence/broker/background_refresh.h"

#include <condition_variable>
#include <deque>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/signals_blocked.h"

namespace crowd_confluence {

class BackgroundRefresh::Group {
 public:
  Group() = default;
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  ~Group() {
    end();
    for (std::thread& thread : threads_) thread.join();
  }

  /// Does not wait.
  void end() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_ending_ = true;
    }
    changed_.notify_all();
  }

  void add(std::function<void()> renewal) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (waiting_.size() == kMaxWaiting) return;
      if (idle_threads_ <= waiting_.size() && threads_.size() < kMaxThreads && !start_thread() &&
          threads_.empty())
        return;
      waiting_.push_back(std::move(renewal));
    }
    changed_.notify_one();
  }

 private:
  bool start_thread() {
    const SignalsBlocked blocked;
    try {
      threads_.emplace_back([this] { work(); });
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void work() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      ++idle_threads_;
      changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
      --idle_threads_;
      if (is_ending_) return;
      const std::function<void()> renewal = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      try {
        renewal();
      } catch (...) {
        // Out of memory, say. It is left undone, and ends no process.
      }
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::size_t idle_threads_ = 0;
  bool is_ending_ = false;
  std::vector<std::thread> threads_;
};

BackgroundRefresh::BackgroundRefresh() = default;

BackgroundRefresh::~BackgroundRefresh() {
  for (auto& [name, group] : groups_) group->end();
}

void BackgroundRefresh::add(const void* group, std::function<void()> renewal) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& found = groups_[group];
  if (found == nullptr) found = std::make_unique<Group>();
  found->add(std::move(renewal));
}

}  // namespace crowd_confluence
