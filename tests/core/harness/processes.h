// Child processes, memory that they share, and a clock that all of them read: for what must hold
// over processes, and when they are killed.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <boost/test/tools/assertion_result.hpp>
#include <boost/test/unit_test_suite.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "broker/visitor_hash.h"
#include "crowd_confluence/clock.h"

namespace processes {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
/// Everything takes about ten times as long.
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// Far more than anything takes that does not hang.
inline constexpr std::chrono::seconds kPatience{30};

/// Zeroed memory that children see, too, and that they change for all.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  void* get() const { return base_; }
  template <typename T>
  T* as() const {
    return static_cast<T*>(base_);
  }
  std::size_t size() const { return bytes_; }

  std::vector<char> copy() const;
  void restore(const std::vector<char>& copy) const;
  bool equals(const std::vector<char>& copy) const;

 private:
  void* base_;
  std::size_t bytes_;
};

/// A value in shared memory.
template <typename T>
class Shared {
 public:
  Shared() : memory_(sizeof(T)) { new (memory_.get()) T(); }
  T& operator*() const { return *memory_.as<T>(); }
  T* operator->() const { return memory_.as<T>(); }

 private:
  SharedMemory memory_;
};

/// Stands still until it is set, and counts who looks at it. Children share it.
class ManualClock final : public crowd_confluence::Clock {
 public:
  explicit ManualClock(
      crowd_confluence::Moment now = crowd_confluence::Moment(std::chrono::hours(1))) {
    set(now);
  }
  [[nodiscard]] crowd_confluence::Moment now() const override {
    ++state_->looks;
    return crowd_confluence::Moment(crowd_confluence::Duration(state_->now.load()));
  }
  void set(crowd_confluence::Moment now) { state_->now = now.time_since_epoch().count(); }
  void advance(crowd_confluence::Duration by) { state_->now += by.count(); }
  [[nodiscard]] int looks() const { return state_->looks; }

 private:
  struct State {
    std::atomic<std::int64_t> now;
    std::atomic<int> looks;
  };
  Shared<State> state_;
};

/// A child process. No check of the test framework works in it: it tells by its end whether all was
/// well. It is killed when this goes out of scope.
class Child {
 public:
  /// Starts to do `work`, which returns whether all was well. An exception is not.
  explicit Child(const std::function<bool()>& work);
  ~Child();
  Child(Child&& other) noexcept : process_(other.process_) { other.process_ = 0; }
  Child& operator=(Child&&) = delete;

  pid_t id() const { return process_; }
  /// SIGKILL; returns when the process is gone.
  void kill();
  /// SIGCONT.
  void go_on() const;
  /// Waits for its end, for at most kPatience. False also when it was killed by a signal.
  bool succeeds();
  /// Waits likewise, and returns the status of waitpid.
  int status();

 private:
  pid_t process_;
};

/// A precondition of test cases: a child may start threads of its own although this process has
/// some. ThreadSanitizer takes the child's threads for the parent's, which are not there any more.
boost::test_tools::assertion_result children_may_have_threads(boost::unit_test::test_unit_id);

/// Waits until the condition holds. False after kPatience.
bool eventually(const std::function<bool()>& condition);

/// A precondition of test cases: the functions below work in this build on this machine.
boost::test_tools::assertion_result can_stop_at_writes(boost::unit_test::test_unit_id);

/// Lets a child do `work` and kills it with SIGKILL just before it writes into `memory` for the
/// first time, calls `check`, puts `memory` back as it was, begins again and kills just before the
/// second write, and so on until it is not killed any more. So `check` sees every state that `work`
/// can leave. (At most `most` of them, evenly chosen.) Returns how many were killed.
std::size_t kill_before_every_write(const SharedMemory& memory, const std::function<void()>& work,
                                    const std::function<void()>& check, std::size_t most = 1000);

/// A child that does `work` and is stopped, as by SIGSTOP, just before write number `write` into
/// `memory`. Continues with `Child::go_on`.
Child stop_before_write(const SharedMemory& memory, std::size_t write,
                        const std::function<void()>& work);

/// Number `number` of a row of keys that look like hashes.
crowd_confluence::VisitorKey key_number(std::uint64_t number);

}  // namespace processes
