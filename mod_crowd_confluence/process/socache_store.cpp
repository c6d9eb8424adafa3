#include "process/socache_store.h"

#include <apr_strings.h>

#include <algorithm>
#include <array>

#include "log.h"

namespace crowd_confluence::httpd {
namespace {

/// Names our entries in a store that others may use, too. The providers have room for 14
/// characters.
constexpr char kNamespace[] = "crowd-sessions";

/// More than any sealed session.
constexpr std::size_t kMaxBytes = Session::kCapacity + 256;

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

}  // namespace

/// A value that is too large has not been written by us, but the store that gives it is well.
BlockingStore::Answer SocacheStore::answer_of(apr_status_t status) {
  if (status == APR_SUCCESS) return Answer::done;
  if (APR_STATUS_IS_NOTFOUND(status) || status == APR_ENOMEM) return Answer::absent;
  last_failure_ = status;
  return Answer::failed;
}

BlockingStore::Answer SocacheStore::get(const VisitorKey& key, std::string& data) {
  const CallPool pool;
  const Id id = id_of(key);
  data.resize(kMaxBytes);
  auto length = static_cast<unsigned int>(data.size());
  const apr_status_t status = provider_.functions->retrieve(
      provider_.instance, server_, id.data(), kIdBytes, bytes(data), &length, pool.get());
  data.resize(std::min<std::size_t>(length, data.size()));
  return answer_of(status);
}

BlockingStore::Answer SocacheStore::put(const VisitorKey& key, std::string_view data,
                                        std::chrono::milliseconds ttl) {
  const CallPool pool;
  const Id id = id_of(key);
  std::string copy(data);  // the providers ask for one that they might change
  // They cut off what is left of a second.
  const apr_time_t expires = apr_time_now() + apr_time_from_msec(ttl.count()) + APR_USEC_PER_SEC;
  const apr_status_t status =
      provider_.functions->store(provider_.instance, server_, id.data(), kIdBytes, expires,
                                 bytes(copy), static_cast<unsigned int>(copy.size()), pool.get());
  return answer_of(status);
}

BlockingStore::Answer SocacheStore::remove(const VisitorKey& key) {
  const CallPool pool;
  const Id id = id_of(key);
  return answer_of(
      provider_.functions->remove(provider_.instance, server_, id.data(), kIdBytes, pool.get()));
}

void SocacheStore::begins_to_fail(bool has_timed_out) noexcept {
  ap_log_error(APLOG_MARK, APLOG_INFO, has_timed_out ? APR_TIMEUP : last_failure_.load(), server_,
               "the store of CrowdConfluenceSOCache fails: sessions are obtained without it");
}

void SocacheStore::works_again() noexcept {
  ap_log_error(APLOG_MARK, APLOG_INFO, 0, server_,
               "the store of CrowdConfluenceSOCache works again");
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
