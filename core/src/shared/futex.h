// Waiting for a word in shared memory to change. Unlike condition variables and semaphores, a futex
// has no state of its own that a killed process could leave behind.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_FUTEX_H_
#define CROWD_CONFLUENCE_SRC_SHARED_FUTEX_H_

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>
#include <ctime>

namespace crowd_confluence {

static_assert(sizeof(std::atomic<std::uint32_t>) == 4);

/// Returns when the word is no longer `seen`, after `time`, or for no reason at all.
inline void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t seen,
                       std::chrono::milliseconds time) {
  const timespec limit{static_cast<std::time_t>(time.count() / 1000),
                       static_cast<long>(time.count() % 1000 * 1'000'000)};
  syscall(SYS_futex, &word, FUTEX_WAIT, seen, &limit, nullptr, 0);
}

inline void wake_all(std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_FUTEX_H_
