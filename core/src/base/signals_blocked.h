// Keeps signal handlers away from what they must not interrupt.

#ifndef CROWD_CONFLUENCE_SRC_BASE_SIGNALS_BLOCKED_H_
#define CROWD_CONFLUENCE_SRC_BASE_SIGNALS_BLOCKED_H_

#include <signal.h>

namespace crowd_confluence {

/// Blocks the signals of the calling thread, and of threads that it starts meanwhile.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_BASE_SIGNALS_BLOCKED_H_
