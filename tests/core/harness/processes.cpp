#include "harness/processes.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <thread>

#ifdef __SANITIZE_THREAD__
// The simulator's threads run in this process while it forks.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_options();
const char* __tsan_default_options() {
  return "die_after_fork=0";
}
#endif

namespace processes {
namespace {

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define CAN_STOP_AT_WRITES 1

/// What the signal handlers of a child need: the child makes the memory read-only, so that each
/// write into it raises SIGSEGV. The handler lets the one instruction pass with the processor's
/// trap flag set, and SIGTRAP makes the memory read-only again.
struct Watched {
  void* base = nullptr;
  std::size_t bytes = 0;
  std::size_t writes_left = 0;
  int signal_at_end = SIGKILL;
  std::size_t* writes_seen = nullptr;
} watched;

constexpr greg_t kTrapFlag = 0x100;

void on_write(int, siginfo_t* info, void* context) {
  auto* address = static_cast<char*>(info->si_addr);
  auto* base = static_cast<char*>(watched.base);
  if (address < base || address >= base + watched.bytes) _exit(3);
  // Before a kill, too: the kernel marks the locks of a dead process.
  mprotect(watched.base, watched.bytes, PROT_READ | PROT_WRITE);
  if (watched.writes_left-- == 0) {
    kill(getpid(), watched.signal_at_end);
    return;  // when it was only stopped, it goes on unwatched
  }
  ++*watched.writes_seen;
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] |= kTrapFlag;
}

void on_written(int, siginfo_t*, void* context) {
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] &= ~kTrapFlag;
  mprotect(watched.base, watched.bytes, PROT_READ);
}

/// To be called in the child.
void do_watched(const std::function<void()>& work, const Watched& what) {
  watched = what;
  struct sigaction action {};
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  action.sa_sigaction = on_write;
  sigaction(SIGSEGV, &action, nullptr);
  action.sa_sigaction = on_written;
  sigaction(SIGTRAP, &action, nullptr);
  mprotect(watched.base, watched.bytes, PROT_READ);
  work();
}
#endif

}  // namespace

SharedMemory::SharedMemory(std::size_t bytes)
    : base_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
      bytes_(bytes) {
  if (base_ == MAP_FAILED) throw std::bad_alloc();
}

SharedMemory::~SharedMemory() {
  munmap(base_, bytes_);
}

std::vector<char> SharedMemory::copy() const {
  const char* begin = as<char>();
  return {begin, begin + bytes_};
}

void SharedMemory::restore(const std::vector<char>& copy) const {
  std::memcpy(base_, copy.data(), bytes_);
}

bool SharedMemory::equals(const std::vector<char>& copy) const {
  return std::memcmp(base_, copy.data(), bytes_) == 0;
}

Child::Child(const std::function<bool()>& work) : process_(fork()) {
  if (process_ < 0) throw std::runtime_error("fork failed");
  if (process_ != 0) return;
  // Nobody else ends it when the tests crash.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // What the test framework does on these is of no use here.
  for (const int number : {SIGABRT, SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM})
    signal(number, SIG_DFL);
  bool is_well = false;
  try {
    is_well = work();
  } catch (...) {
  }
  _exit(is_well ? 0 : 1);
}

Child::~Child() {
  kill();
}

void Child::kill() {
  if (process_ == 0) return;
  ::kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = 0;
}

void Child::go_on() const {
  ::kill(process_, SIGCONT);
}

bool Child::succeeds() {
  const int ended = status();
  return WIFEXITED(ended) && WEXITSTATUS(ended) == 0;
}

int Child::status() {
  constexpr int kKilled = SIGKILL;
  if (process_ == 0) return kKilled;
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, process_, 0));
  pollfd ended{descriptor, POLLIN, 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
  const bool has_ended = poll(&ended, 1, static_cast<int>(limit.count())) == 1;
  close(descriptor);
  if (!has_ended) {
    kill();
    return kKilled;
  }
  int status = kKilled;
  waitpid(process_, &status, 0);
  process_ = 0;
  return status;
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

#ifdef CAN_STOP_AT_WRITES

boost::test_tools::assertion_result can_stop_at_writes(boost::unit_test::test_unit_id) {
  return boost::test_tools::assertion_result(true);
}

std::size_t kill_before_every_write(const SharedMemory& memory, const std::function<void()>& work,
                                    const std::function<void()>& check, std::size_t most) {
  const std::vector<char> before = memory.copy();
  const Shared<std::size_t> writes;
  Watched what{memory.get(), memory.size(), SIZE_MAX, SIGKILL, &*writes};
  const auto child = [&] {
    return Child([&] {
      do_watched(work, what);
      return true;
    });
  };
  if (!child().succeeds()) throw std::runtime_error("the work fails when it is watched");
  const std::size_t kills = std::min(most, *writes);
  const std::size_t all = *writes;
  for (std::size_t i = 0; i < kills; ++i) {
    memory.restore(before);
    what.writes_left = i * all / kills;
    const int status = child().status();
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
      throw std::runtime_error("the work was not killed");
    check();
  }
  memory.restore(before);
  return kills;
}

Child stop_before_write(const SharedMemory& memory, std::size_t write,
                        const std::function<void()>& work) {
  const Shared<std::size_t> writes;
  Child child([&] {
    do_watched(work, {memory.get(), memory.size(), write, SIGSTOP, &*writes});
    return true;
  });
  int status = 0;
  waitpid(child.id(), &status, WUNTRACED);
  if (!WIFSTOPPED(status)) throw std::runtime_error("the work was not stopped");
  return child;
}

#else

boost::test_tools::assertion_result can_stop_at_writes(boost::unit_test::test_unit_id) {
  return boost::test_tools::assertion_result(false);
}
std::size_t kill_before_every_write(const SharedMemory&, const std::function<void()>&,
                                    const std::function<void()>&, std::size_t) {
  throw std::logic_error("not here");
}
Child stop_before_write(const SharedMemory&, std::size_t, const std::function<void()>&) {
  throw std::logic_error("not here");
}

#endif

boost::test_tools::assertion_result children_may_have_threads(boost::unit_test::test_unit_id) {
#ifdef __SANITIZE_THREAD__
  return boost::test_tools::assertion_result(false);
#else
  return boost::test_tools::assertion_result(true);
#endif
}

crowd_confluence::VisitorKey key_number(std::uint64_t number) {
  const auto mixed = [](std::uint64_t x) {  // splitmix64
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  };
  return {mixed(2 * number), mixed(2 * number + 1)};
}

}  // namespace processes
