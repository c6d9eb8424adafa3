#include "process/bounded_calls.h"

#include <apr_thread_proc.h>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

namespace crowd_confluence::httpd {
namespace {

constexpr std::size_t kMaxThreads = 4;
constexpr std::size_t kMaxWaiting = 256;
constexpr std::chrono::milliseconds kLastWait{200};

}  // namespace

struct BoundedCalls::Call {
  std::function<void()> make;
  bool is_done = false;
};

struct BoundedCalls::Worker {
  std::thread thread;
  bool has_ended = false;
};

/// Outlives the threads that hang.
struct BoundedCalls::Shared {
  std::mutex mutex;
  std::condition_variable to_do;
  std::condition_variable done;
  std::deque<std::shared_ptr<Call>> waiting;
  std::list<Worker> workers;
  std::size_t idle = 0;
  bool is_ending = false;
};

BoundedCalls::BoundedCalls(std::chrono::milliseconds patience)
    : patience_(patience), shared_(std::make_shared<Shared>()) {}

BoundedCalls::~BoundedCalls() {
  std::unique_lock<std::mutex> lock(shared_->mutex);
  shared_->is_ending = true;
  shared_->waiting.clear();
  shared_->to_do.notify_all();
  const auto has_ended = [](const Worker& worker) { return worker.has_ended; };
  shared_->done.wait_for(lock, kLastWait, [&] {
    return std::all_of(shared_->workers.begin(), shared_->workers.end(), has_ended);
  });
  for (Worker& worker : shared_->workers)
    if (worker.has_ended) {
      worker.thread.join();
    } else {
      worker.thread.detach();  // the process ends before it finds out
    }
}

bool BoundedCalls::make(std::function<void()> call) {
  std::unique_lock<std::mutex> lock(shared_->mutex);
  const std::shared_ptr<Call> added = add(std::move(call));
  if (!added) return false;
  if (shared_->done.wait_for(lock, patience_, [&] { return added->is_done; })) return true;
  const auto found = std::find(shared_->waiting.begin(), shared_->waiting.end(), added);
  if (found != shared_->waiting.end()) shared_->waiting.erase(found);
  return false;
}

void BoundedCalls::make_later(std::function<void()> call) {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  add(std::move(call));
}

/// With the mutex locked. Nothing is added when there are too many already.
std::shared_ptr<BoundedCalls::Call> BoundedCalls::add(std::function<void()> make) {
  if (shared_->waiting.size() == kMaxWaiting) return nullptr;
  auto call = std::make_shared<Call>();
  call->make = std::move(make);
  shared_->waiting.push_back(call);
  if (shared_->waiting.size() > shared_->idle && shared_->workers.size() < kMaxThreads) {
    Worker& worker = shared_->workers.emplace_back();
    try {
      worker.thread = std::thread(&BoundedCalls::work, shared_, std::ref(worker));
    } catch (...) {
      // No thread or no memory: the call waits for another thread, or is given up.
      shared_->workers.pop_back();
    }
  }
  shared_->to_do.notify_one();
  return call;
}

void BoundedCalls::work(const std::shared_ptr<Shared>& shared, Worker& worker) {
  // httpd's signals are for other threads.
  apr_setup_signal_thread();
  std::unique_lock<std::mutex> lock(shared->mutex);
  for (;;) {
    ++shared->idle;
    shared->to_do.wait(lock, [&] { return shared->is_ending || !shared->waiting.empty(); });
    --shared->idle;
    if (shared->is_ending) break;
    const std::shared_ptr<Call> call = std::move(shared->waiting.front());
    shared->waiting.pop_front();
    lock.unlock();
    call->make();
    lock.lock();
    call->is_done = true;
    shared->done.notify_all();
  }
  worker.has_ended = true;
  shared->done.notify_all();
}

}  // namespace crowd_confluence::httpd
