#include "base/worker_pool.h"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/signals_blocked.h"

namespace crowd_confluence {

struct WorkerPool::Entry {
  explicit Entry(Job entry_job) : job(std::move(entry_job)) {}

  Job job;
  bool is_done = false;
  bool is_dropped = false;  // it will never be done
};

struct WorkerPool::Shared {
  std::mutex mutex;
  std::condition_variable to_do;
  std::condition_variable done;  // a job is done or dropped, or a thread has ended
  std::deque<std::shared_ptr<Entry>> waiting;
  std::vector<std::thread> threads;
  std::size_t idle = 0;
  std::size_t ended = 0;
  bool is_stopped = false;
};

WorkerPool::WorkerPool(std::size_t max_threads, std::size_t max_waiting)
    : max_threads_(max_threads), max_waiting_(max_waiting), shared_(std::make_shared<Shared>()) {
  assert(max_threads >= 1);
}

WorkerPool::~WorkerPool() {
  stop();
  for (std::thread& thread : shared_->threads) thread.join();
}

void WorkerPool::stop() {
  std::deque<std::shared_ptr<Entry>> undone;  // destroyed when the lock is free again
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  shared_->is_stopped = true;
  undone.swap(shared_->waiting);
  for (const auto& entry : undone) entry->is_dropped = true;
  shared_->to_do.notify_all();
  shared_->done.notify_all();
}

void WorkerPool::end(std::chrono::milliseconds patience) {
  stop();
  std::vector<std::thread> threads;
  bool all_ended = false;
  {
    std::unique_lock<std::mutex> lock(shared_->mutex);
    threads.swap(shared_->threads);
    all_ended =
        shared_->done.wait_for(lock, patience, [&] { return shared_->ended == threads.size(); });
  }
  for (std::thread& thread : threads) {
    if (all_ended) {
      thread.join();
    } else {
      thread.detach();
    }
  }
}

bool WorkerPool::add(Job job) {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  return queue(std::move(job)) != nullptr;
}

bool WorkerPool::run(Job job, std::chrono::milliseconds patience) {
  std::unique_lock<std::mutex> lock(shared_->mutex);
  const std::shared_ptr<Entry> entry = queue(std::move(job));
  if (entry == nullptr) return false;
  shared_->done.wait_for(lock, patience, [&] { return entry->is_done || entry->is_dropped; });
  if (entry->is_done) return true;
  auto& waiting = shared_->waiting;
  waiting.erase(std::remove(waiting.begin(), waiting.end(), entry), waiting.end());
  return false;
}

/// With the mutex locked.
std::shared_ptr<WorkerPool::Entry> WorkerPool::queue(Job job) {
  auto& [mutex, to_do, done, waiting, threads, idle, ended, is_stopped] = *shared_;
  if (is_stopped || waiting.size() >= max_waiting_) return nullptr;
  auto entry = std::make_shared<Entry>(std::move(job));
  if (idle <= waiting.size() && threads.size() < max_threads_) {
    const SignalsBlocked blocked;
    try {
      threads.emplace_back([shared = shared_] { work(shared); });
    } catch (...) {
      // No thread, or no memory: the job waits for another thread, if there is one.
      if (threads.empty()) return nullptr;
    }
  }
  waiting.push_back(entry);
  to_do.notify_one();
  return entry;
}

void WorkerPool::work(const std::shared_ptr<Shared>& shared) {
  std::unique_lock<std::mutex> lock(shared->mutex);
  for (;;) {
    ++shared->idle;
    shared->to_do.wait(lock, [&] { return shared->is_stopped || !shared->waiting.empty(); });
    --shared->idle;
    if (shared->is_stopped) break;
    const std::shared_ptr<Entry> entry = std::move(shared->waiting.front());
    shared->waiting.pop_front();
    lock.unlock();
    try {
      entry->job();
    } catch (...) {
      // Out of memory, say. The job is left half done, and nobody else suffers.
    }
    entry->job = nullptr;  // here and now, as whatever it holds may be waited for
    lock.lock();
    entry->is_done = true;
    shared->done.notify_all();
  }
  ++shared->ended;
  shared->done.notify_all();
}

}  // namespace crowd_confluence
