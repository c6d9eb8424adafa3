// How many threads of the whole server may wait for one Confluence at once.

#ifndef CROWD_CONFLUENCE_WAIT_LIMIT_H_
#define CROWD_CONFLUENCE_WAIT_LIMIT_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// Lies in shared memory. Thread-safe, and safe across processes that may be killed at any step:
/// what a process counted is forgotten when `process_ended` is called for it.
class CROWD_CONFLUENCE_EXPORT WaitLimit {
 public:
  /// More processes than this cannot wait at the same time.
  static constexpr std::size_t kMaxProcesses = 1024;

  /// False when `max` threads are waiting already. The calls must not be concurrent: SharedUpstream
  /// locks.
  bool enter(pid_t process, std::uint32_t max);
  void leave(pid_t process);
  void process_ended(pid_t process);

  [[nodiscard]] std::uint32_t waiting() const;

 private:
  struct Count {
    pid_t process;
    std::uint32_t threads;
  };
  Count counts_[kMaxProcesses];
  std::uint32_t used_;  // counts beyond have never been used
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_WAIT_LIMIT_H_
