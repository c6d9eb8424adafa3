// Threads that do work for others.

#ifndef CROWD_CONFLUENCE_SRC_BASE_WORKER_POOL_H_
#define CROWD_CONFLUENCE_SRC_BASE_WORKER_POOL_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace crowd_confluence {

/// Does jobs in threads of its own, in the order in which they come. A thread is started when a job
/// comes and all others are at work, up to a limit; it stays. Signals are blocked in the threads,
/// as they belong to the host program, and an exception of a job ends with the job. Thread-safe.
class WorkerPool {
 public:
  using Job = std::function<void()>;

  WorkerPool(std::size_t max_threads, std::size_t max_waiting);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Leaves undone what waits, and waits for what is being done, without end unless `end` was
  /// called.
  ~WorkerPool();

  /// Leaves undone what waits, and accepts nothing more. Does not wait.
  void stop();

  /// As `stop`; waits for what is being done until `patience` is over. Threads that hang after that
  /// are left to themselves: what their jobs use must live as long as the process.
  void end(std::chrono::milliseconds patience);

  /// Queues a job, and does not wait for it. False, and it is left undone, if too many wait, or no
  /// thread can be started.
  bool add(Job job);

  /// Waits until the job is done, for `patience` at most. False if that was too short, or the job
  /// was not accepted; then it may have been left undone, or may still be at work: what it uses
  /// must not be the caller's.
  bool run(Job job, std::chrono::milliseconds patience);

 private:
  struct Shared;
  struct Entry;

  std::shared_ptr<Entry> queue(Job job);
  static void work(const std::shared_ptr<Shared>& shared);

  const std::size_t max_threads_;
  const std::size_t max_waiting_;
  const std::shared_ptr<Shared> shared_;  // outlives threads that hang
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_BASE_WORKER_POOL_H_
