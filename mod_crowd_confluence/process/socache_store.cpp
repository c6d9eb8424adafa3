#include "process/socache_store.h"

#include <apr_strings.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "crowd_confluence/clock.h"
#include "log.h"
#include "process/bounded_calls.h"

namespace crowd_confluence::httpd {
namespace {

/// Names our entries in a store that others may use, too. The providers have room for 14
/// characters.
constexpr char kNamespace[] = "crowd-sessions";

/// More than any sealed session.
constexpr std::size_t kMaxBytes = Session::kCapacity + 256;

/// How long a store that failed is left alone. APR's clients do the same for five seconds, in which
/// they cannot be told to try; and whenever they do, they complain in the log.
constexpr std::chrono::seconds kRetry{10};

/// A pool for one call.
class CallPool {
 public:
  CallPool() { apr_pool_create(&pool_, nullptr); }
  CallPool(const CallPool&) = delete;
  CallPool& operator=(const CallPool&) = delete;
  ~CallPool() { apr_pool_destroy(pool_); }

  [[nodiscard]] apr_pool_t* get() const { return pool_; }

 private:
  apr_pool_t* pool_ = nullptr;
};

constexpr unsigned int kIdBytes = sizeof(VisitorKey);
using Id = std::array<unsigned char, kIdBytes>;

/// The key in the same order of bytes on every machine.
Id id_of(const VisitorKey& key) {
  Id id;
  for (std::size_t i = 0; i < id.size(); ++i)
    id[i] = static_cast<unsigned char>(key[i / 8] >> (8 * (i % 8)));
  return id;
}

unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

/// What goes into a call and what comes out of it. Shared with the thread that makes it, as the
/// caller may have left.
struct Exchanged {
  explicit Exchanged(const VisitorKey& key) : id(id_of(key)) {}

  Id id;
  std::string data;
  apr_status_t status = APR_SUCCESS;
};

/// A value that is too large has not been written by us, but the store that gives it is well.
bool is_of_a_working_store(apr_status_t status) {
  return status == APR_SUCCESS || APR_STATUS_IS_NOTFOUND(status) || status == APR_ENOMEM;
}

}  // namespace

/// Whether the store has failed of late.
class SocacheStore::Health {
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
  static constexpr std::int64_t kPause = Duration(kRetry).count();

  static std::int64_t ticks() { return Clock::monotonic().now().time_since_epoch().count(); }

  std::atomic<std::int64_t> retry_at_{kGood};
};

SocacheStore::SocacheStore(const SocacheProvider& provider, server_rec* server)
    : provider_(provider),
      server_(server),
      health_(std::make_unique<Health>()),
      calls_(std::make_unique<BoundedCalls>(kMaxWait)) {}
SocacheStore::~SocacheStore() = default;
SocacheStore::SocacheStore(SocacheStore&&) noexcept = default;
SocacheStore& SocacheStore::operator=(SocacheStore&&) noexcept = default;

void SocacheStore::note_failure(apr_status_t status) const noexcept {
  if (health_->failed())
    ap_log_error(APLOG_MARK, APLOG_INFO, status, server_,
                 "the store of CrowdConfluenceSOCache fails: sessions are obtained without it");
}

/// While the store fails nobody waits for it here: put() finds out when it works again.
std::optional<std::string> SocacheStore::get(const VisitorKey& key) noexcept {
  if (!health_->is_good()) return std::nullopt;
  try {
    const auto exchanged = std::make_shared<Exchanged>(key);
    exchanged->data.resize(kMaxBytes);
    const bool is_made = calls_->make([provider = provider_, server = server_, exchanged] {
      const CallPool pool;
      auto length = static_cast<unsigned int>(exchanged->data.size());
      exchanged->status =
          provider.functions->retrieve(provider.instance, server, exchanged->id.data(), kIdBytes,
                                       bytes(exchanged->data), &length, pool.get());
      exchanged->data.resize(std::min<std::size_t>(length, exchanged->data.size()));
    });
    const apr_status_t status = is_made ? exchanged->status : APR_TIMEUP;
    if (status == APR_SUCCESS) return std::move(exchanged->data);
    if (!is_of_a_working_store(status)) note_failure(status);
  } catch (...) {
    // Out of memory: as good as not found.
  }
  return std::nullopt;
}

void SocacheStore::put(const VisitorKey& key, std::string_view data,
                       std::chrono::milliseconds ttl) noexcept {
  if (!health_->may_try()) return;
  try {
    const auto exchanged = std::make_shared<Exchanged>(key);
    exchanged->data = data;
    // The providers cut off what is left of a second.
    const apr_time_t expires = apr_time_now() + apr_time_from_msec(ttl.count()) + APR_USEC_PER_SEC;
    const bool is_made = calls_->make([provider = provider_, server = server_, exchanged, expires] {
      const CallPool pool;
      exchanged->status = provider.functions->store(
          provider.instance, server, exchanged->id.data(), kIdBytes, expires,
          bytes(exchanged->data), static_cast<unsigned int>(exchanged->data.size()), pool.get());
    });
    const apr_status_t status = is_made ? exchanged->status : APR_TIMEUP;
    if (status != APR_SUCCESS) {
      note_failure(status);
    } else if (health_->worked()) {
      ap_log_error(APLOG_MARK, APLOG_INFO, 0, server_,
                   "the store of CrowdConfluenceSOCache works again");
    }
  } catch (...) {
    // Out of memory: the other machines ask for themselves.
  }
}

/// A store that fails is told as well, without waiting for it: it may fail for this moment only.
void SocacheStore::remove(const VisitorKey& key) noexcept {
  try {
    const auto exchanged = std::make_shared<Exchanged>(key);
    auto call = [provider = provider_, server = server_, exchanged] {
      const CallPool pool;
      exchanged->status = provider.functions->remove(provider.instance, server,
                                                     exchanged->id.data(), kIdBytes, pool.get());
    };
    if (!health_->is_good()) return calls_->make_later(std::move(call));
    const apr_status_t status = calls_->make(std::move(call)) ? exchanged->status : APR_TIMEUP;
    if (!is_of_a_working_store(status)) note_failure(status);
  } catch (...) {
    // Out of memory: it stays until its time ends.
  }
}

const char* init_socache(const SocacheProvider& provider, server_rec* server, apr_pool_t* pool) {
  ap_socache_hints hints = {};
  hints.avg_id_len = sizeof(VisitorKey);
  hints.avg_obj_size = 512;
  hints.expiry_interval = apr_time_from_sec(120);
  const apr_status_t status =
      provider.functions->init(provider.instance, kNamespace, &hints, server, pool);
  if (status == APR_SUCCESS) return nullptr;
  std::array<char, 120> text;
  return apr_pstrdup(pool, apr_strerror(status, text.data(), text.size()));
}

}  // namespace crowd_confluence::httpd
