#include "crowd_confluence/broker/bounded_store.h"

#include <atomic>
#include <cassert>
#include <cstdint>
#include <utility>

#include "base/worker_pool.h"
#include "crowd_confluence/clock.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxThreads = 4;
constexpr std::size_t kMaxWaiting = 256;
/// For calls that are being made when the process ends.
constexpr std::chrono::milliseconds kLastWait{200};

using Answer = BlockingStore::Answer;

/// What a call reads and what comes of it. Shared with the thread that makes the call, as the
/// caller may have left.
struct Call {
  Call(std::shared_ptr<BlockingStore> call_store, const VisitorKey& call_key)
      : store(std::move(call_store)), key(call_key) {}

  const std::shared_ptr<BlockingStore> store;
  const VisitorKey key;
  std::string data;
  Answer answer = Answer::failed;
};

/// Whether the store has failed of late.
class Health {
 public:
  [[nodiscard]] bool is_good() const { return retry_at_.load() == kGood; }
  /// To one of all callers whenever it is time.
  [[nodiscard]] bool may_try() {
    std::int64_t due = retry_at_.load();
    const std::int64_t now = ticks();
    return due == kGood || (due <= now && retry_at_.compare_exchange_strong(due, now + kPause));
  }
  /// True when it worked until now.
  bool failed() { return retry_at_.exchange(ticks() + kPause) == kGood; }
  /// True when it failed until now.
  bool worked() { return !is_good() && retry_at_.exchange(kGood) != kGood; }

 private:
  static constexpr std::int64_t kGood = 0;
  static constexpr std::int64_t kPause = Duration(BoundedStore::kRetry).count();

  static std::int64_t ticks() { return Clock::monotonic().now().time_since_epoch().count(); }

  std::atomic<std::int64_t> retry_at_{kGood};
};

}  // namespace

BlockingStore::~BlockingStore() = default;

class BoundedStore::Impl {
 public:
  explicit Impl(std::shared_ptr<BlockingStore> store)
      : store_(std::move(store)), pool_(kMaxThreads, kMaxWaiting) {
    assert(store_ != nullptr);
  }
  ~Impl() { pool_.end(kLastWait); }

  /// Without waiting for the store: put() finds out when it works again.
  std::optional<std::string> get(const VisitorKey& key) {
    if (!health_.is_good()) return std::nullopt;
    const auto call = std::make_shared<Call>(store_, key);
    const Answer answer =
        answer_to(call, [call] { call->answer = call->store->get(call->key, call->data); });
    if (answer == Answer::done) return std::move(call->data);
    return std::nullopt;
  }

  void put(const VisitorKey& key, std::string_view data, std::chrono::milliseconds ttl) {
    if (!health_.may_try()) return;
    const auto call = std::make_shared<Call>(store_, key);
    call->data = data;
    const Answer answer = answer_to(
        call, [call, ttl] { call->answer = call->store->put(call->key, call->data, ttl); });
    if (answer == Answer::done && health_.worked()) store_->works_again();
  }

  void remove(const VisitorKey& key) {
    const auto call = std::make_shared<Call>(store_, key);
    auto job = [call] { call->answer = call->store->remove(call->key); };
    if (health_.is_good()) {
      answer_to(call, std::move(job));
    } else {
      pool_.add(std::move(job));
    }
  }

 private:
  Answer answer_to(const std::shared_ptr<Call>& call, WorkerPool::Job job) {
    const bool is_made = pool_.run(std::move(job), kMaxWait);
    const Answer answer = is_made ? call->answer : Answer::failed;
    if (answer == Answer::failed && health_.failed()) store_->begins_to_fail(!is_made);
    return answer;
  }

  const std::shared_ptr<BlockingStore> store_;
  Health health_;
  WorkerPool pool_;
};

BoundedStore::BoundedStore(std::shared_ptr<BlockingStore> store)
    : impl_(std::make_unique<Impl>(std::move(store))) {}
BoundedStore::~BoundedStore() = default;

// Out of memory, each call is left undone: a session is not found, not shared, or stays in the
// store until its time ends.

std::optional<std::string> BoundedStore::get(const VisitorKey& key) noexcept {
  try {
    return impl_->get(key);
  } catch (...) {
    return std::nullopt;
  }
}

void BoundedStore::put(const VisitorKey& key, std::string_view data,
                       std::chrono::milliseconds ttl) noexcept {
  try {
    impl_->put(key, data, ttl);
  } catch (...) {
  }
}

void BoundedStore::remove(const VisitorKey& key) noexcept {
  try {
    impl_->remove(key);
  } catch (...) {
  }
}

}  // namespace crowd_confluence
