// Waiting for what may hang, but not for ever.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_BOUNDED_CALLS_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_BOUNDED_CALLS_H_

#include <chrono>
#include <functional>
#include <memory>

namespace crowd_confluence::httpd {

/// Calls that may hang. They are made by threads of this object, and the caller gives them up after
/// a while. What they use must be theirs, or live as long as the process. Thread-safe.
class BoundedCalls {
 public:
  explicit BoundedCalls(std::chrono::milliseconds patience);
  BoundedCalls(const BoundedCalls&) = delete;
  BoundedCalls& operator=(const BoundedCalls&) = delete;
  /// Does not wait for a call that hangs.
  ~BoundedCalls();

  /// True when the call has been made; false when that takes more than the patience, or all threads
  /// hang in earlier ones.
  bool make(std::function<void()> call);

  /// Sooner or later, or never.
  void make_later(std::function<void()> call);

 private:
  struct Call;
  struct Worker;
  struct Shared;

  std::shared_ptr<Call> add(std::function<void()> make);
  static void work(const std::shared_ptr<Shared>& shared, Worker& worker);

  const std::chrono::milliseconds patience_;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_BOUNDED_CALLS_H_
