// A lock between processes that survives a killed holder.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_ROBUST_MUTEX_H_
#define CROWD_CONFLUENCE_SRC_SHARED_ROBUST_MUTEX_H_

#include <pthread.h>

#include <cerrno>
#include <ctime>

namespace crowd_confluence {

inline void init_robust_mutex(pthread_mutex_t* mutex) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

/// Holds the mutex. What it protects must make sense after each single write, as a holder may have
/// been killed anywhere.
class RobustLock {
 public:
  explicit RobustLock(pthread_mutex_t* mutex) : mutex_(mutex) { accept(pthread_mutex_lock(mutex)); }

  /// Waits for at most a tenth of a second.
  struct Briefly {};
  RobustLock(pthread_mutex_t* mutex, Briefly) : mutex_(mutex) {
    timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 100'000'000;
    if (until.tv_nsec >= 1'000'000'000) {
      until.tv_nsec -= 1'000'000'000;
      ++until.tv_sec;
    }
    accept(pthread_mutex_timedlock(mutex, &until));
  }

  RobustLock(const RobustLock&) = delete;
  RobustLock& operator=(const RobustLock&) = delete;
  ~RobustLock() {
    if (is_held_) pthread_mutex_unlock(mutex_);
  }

  [[nodiscard]] bool is_held() const { return is_held_; }

 private:
  void accept(int result) {
    if (result == EOWNERDEAD) pthread_mutex_consistent(mutex_);
    is_held_ = result == 0 || result == EOWNERDEAD;
  }

  pthread_mutex_t* mutex_;
  bool is_held_ = false;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_ROBUST_MUTEX_H_
