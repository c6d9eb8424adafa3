// A store whose calls may hang, made into one that keeps to SessionStore's time limit.

#ifndef CROWD_CONFLUENCE_BROKER_BOUNDED_STORE_H_
#define CROWD_CONFLUENCE_BROKER_BOUNDED_STORE_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crowd_confluence/broker/session_store.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/keys.h"

namespace crowd_confluence {

/// What the host program implements over a client that knows no time-outs. Thread-safe. A call that
/// hangs may outlive the BoundedStore: what it uses must live as long as the process.
class CROWD_CONFLUENCE_EXPORT BlockingStore {
 public:
  enum class Answer {
    done,
    absent,  // the store works, and has nothing usable under this key
    failed
  };

  virtual ~BlockingStore();
  virtual Answer get(const VisitorKey& key, std::string& data) = 0;
  virtual Answer put(const VisitorKey& key, std::string_view data,
                     std::chrono::milliseconds ttl) = 0;
  virtual Answer remove(const VisitorKey& key) = 0;

  /// The store fails from now on (`has_timed_out`: it did not answer in time), or works again.
  /// Called once for each change, from any thread.
  virtual void begins_to_fail(bool has_timed_out) noexcept = 0;
  virtual void works_again() noexcept = 0;
};

/// Makes the calls in threads of its own, and gives each up after kMaxWait. A store that failed is
/// left alone for kRetry, so that nobody waits for it again and again; then the next `put` tries.
class CROWD_CONFLUENCE_EXPORT BoundedStore final : public SessionStore {
 public:
  static constexpr std::chrono::seconds kRetry{10};

  explicit BoundedStore(std::shared_ptr<BlockingStore> store);
  /// Does not wait for a call that hangs.
  ~BoundedStore() override;

  /// While the store is left alone, nullopt at once.
  std::optional<std::string> get(const VisitorKey& key) noexcept override;
  void put(const VisitorKey& key, std::string_view data,
           std::chrono::milliseconds ttl) noexcept override;
  /// A store that fails is told as well, without waiting for it: it may fail for this moment only.
  void remove(const VisitorKey& key) noexcept override;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_BROKER_BOUNDED_STORE_H_
