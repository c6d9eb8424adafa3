// A visitor who is remembered costs no heap, no lock and no system call.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "crowd_confluence/broker/session_broker.h"
#include "harness/broker_stage.h"

// A sanitizer allocates and enters the kernel when it likes to.
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define CAN_FORBID_SYSTEM_CALLS 1
#ifdef __GLIBC__
#define CAN_COUNT_ALLOCATIONS 1
#endif
#endif

#ifdef CAN_COUNT_ALLOCATIONS

// Everything in this process, libraries included, allocates through these.
namespace {
thread_local std::size_t allocations = 0;
}

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);

__attribute__((visibility("default"))) void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
__attribute__((visibility("default"))) void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
__attribute__((visibility("default"))) void* realloc(void* memory, std::size_t size) {
  ++allocations;
  return __libc_realloc(memory, size);
}
}
#endif

using namespace crowd_confluence;
using namespace std::chrono_literals;
using broker_stage::find;
using broker_stage::Stage;

#ifdef CAN_FORBID_SYSTEM_CALLS
namespace {

/// From now on this process is killed by any system call but exit_group.
bool forbid_system_calls() {
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  }};
  const sock_fprog filter{program.size(), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace
#endif

BOOST_AUTO_TEST_SUITE(hit_path)

#ifdef CAN_COUNT_ALLOCATIONS
BOOST_FIXTURE_TEST_CASE(hits_allocate_nothing, Stage) {
  const auto broker = make_broker();
  const Visitor nobody{.token = "n0b0dy", .address = broker_stage::kAddress};
  find(*broker, nobody);
  std::size_t before = allocations;
  find(*broker, alice());
  BOOST_TEST(allocations > before);  // counting works
  Outcome outcome;
  before = allocations;
  for (int i = 0; i < 1000; ++i) {
    broker->find(alice(), outcome);
    broker->find(nobody, outcome);
  }
  BOOST_TEST(allocations == before);
  BOOST_TEST((outcome.source == Source::table));
}
#endif

#ifdef CAN_FORBID_SYSTEM_CALLS
// The clock is one that stands still: whether reading CLOCK_MONOTONIC enters the kernel is up to
// the machine.
BOOST_FIXTURE_TEST_CASE(hits_make_no_system_call, Stage) {
  const auto broker = make_broker();
  const Visitor nobody{.token = "n0b0dy", .address = broker_stage::kAddress};
  find(*broker, nobody);
  find(*broker, alice());
  processes::Child hits([&] {
    Outcome outcome;
    if (!forbid_system_calls()) return false;
    for (int i = 0; i < 1000; ++i) {
      broker->find(alice(), outcome);
      if (outcome.result != Result::session || outcome.source != Source::table) return false;
      broker->find(nobody, outcome);
      if (outcome.result != Result::rejected || outcome.source != Source::table) return false;
    }
    return true;
  });
  BOOST_TEST(hits.succeeds());

  processes::Child miss([&] {
    Outcome outcome;
    if (!forbid_system_calls()) return false;
    broker->find({.token = "other", .address = broker_stage::kAddress}, outcome);
    return true;
  });
  const int status = miss.status();
  BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS));
}
#endif

BOOST_AUTO_TEST_SUITE_END()
