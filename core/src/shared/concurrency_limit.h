// How many threads of the whole server may wait for one Confluence at once.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_CONCURRENCY_LIMIT_H_
#define CROWD_CONFLUENCE_SRC_SHARED_CONCURRENCY_LIMIT_H_

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace crowd_confluence {

/// Lies in shared memory. Thread-safe, and safe across processes that may be killed at any step:
/// what a process counted is forgotten when `process_ended` is called for it.
class ConcurrencyLimit {
 public:
  /// More processes than this cannot wait at the same time.
  static constexpr std::size_t kMaxProcesses = 1024;

  /// False when `max` threads are waiting already. The calls must not be concurrent: UpstreamState
  /// locks.
  bool enter(pid_t process, std::uint32_t max);
  void leave(pid_t process);
  void process_ended(pid_t process);

  /// Forgets what processes counted of which `has_ended` tells so.
  template <typename HasEnded>
  void forget(HasEnded has_ended) {
    for (std::uint32_t i = 0; i < used_; ++i)
      if (threads_of(counts_[i]) != 0 && has_ended(process_of(counts_[i]))) counts_[i] = 0;
  }

  [[nodiscard]] std::uint32_t waiting() const;

 private:
  /// A process, and how many of its threads wait. One word, so that a process that is killed while
  /// it writes leaves no count that nobody would know to be its.
  using Count = std::atomic<std::uint64_t>;
  static pid_t process_of(std::uint64_t count) { return static_cast<pid_t>(count >> 32); }
  static std::uint32_t threads_of(std::uint64_t count) { return static_cast<std::uint32_t>(count); }

  Count counts_[kMaxProcesses];
  std::atomic<std::uint32_t> used_;  // counts beyond have never been used
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_CONCURRENCY_LIMIT_H_
