// Keeps a signal from a program that writes to a connection which the other side has closed.

#ifndef CROWD_CONFLUENCE_SRC_BASE_SIGPIPE_BLOCKED_H_
#define CROWD_CONFLUENCE_SRC_BASE_SIGPIPE_BLOCKED_H_

#include <signal.h>

#include <ctime>

namespace crowd_confluence {

/// While it exists, no SIGPIPE reaches the calling thread, and those that writes raise are gone
/// when it ends. One that was pending before stays pending.
class SigpipeBlocked {
 public:
  SigpipeBlocked() : was_pending_(is_pending()) {
    sigset_t sigpipe = only_sigpipe();
    pthread_sigmask(SIG_BLOCK, &sigpipe, &before_);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;
  ~SigpipeBlocked() {
    if (!was_pending_ && is_pending()) {
      const sigset_t sigpipe = only_sigpipe();
      const std::timespec at_once{};
      sigtimedwait(&sigpipe, nullptr, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  static sigset_t only_sigpipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
  }
  static bool is_pending() {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
  }

  const bool was_pending_;
  sigset_t before_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_BASE_SIGPIPE_BLOCKED_H_
