#include "crowd_confluence/renewals.h"

#include <condition_variable>
#include <deque>
#include <system_error>
#include <thread>
#include <utility>

#include "signals_blocked.h"

namespace crowd_confluence {

class Renewals::Worker {
 public:
  Worker() {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { work(); });
  }

  ~Worker() {
    end();
    thread_.join();
  }

  /// Does not wait.
  void end() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_ending_ = true;
    }
    changed_.notify_one();
  }

  void add(std::function<void()> renewal) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (waiting_.size() == kMaxWaiting) return;
      waiting_.push_back(std::move(renewal));
    }
    changed_.notify_one();
  }

 private:
  void work() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
      if (is_ending_) return;
      const std::function<void()> renewal = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      renewal();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool is_ending_ = false;
  std::thread thread_;
};

Renewals::Renewals() = default;

Renewals::~Renewals() {
  for (auto& [group, worker] : workers_) worker->end();
}

void Renewals::add(const void* group, std::function<void()> renewal) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto found = workers_.find(group);
  if (found == workers_.end()) {
    try {
      found = workers_.emplace(group, std::make_unique<Worker>()).first;
    } catch (const std::system_error&) {
      return;
    }
  }
  found->second->add(std::move(renewal));
}

}  // namespace crowd_confluence
