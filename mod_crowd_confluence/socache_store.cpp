#include "socache_store.h"

#include <apr_strings.h>

#include <algorithm>
#include <array>

#include "log.h"

namespace crowd_confluence {
namespace {

/// Names our entries in a store that others may use, too.
constexpr char kNamespace[] = "crowd-confluence";

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

using Id = std::array<unsigned char, sizeof(VisitorKey)>;

/// The key in the same order of bytes on every machine.
Id id_of(const VisitorKey& key) {
  Id id;
  for (std::size_t i = 0; i < id.size(); ++i)
    id[i] = static_cast<unsigned char>(key[i / 8] >> (8 * (i % 8)));
  return id;
}

}  // namespace

std::optional<std::string> SocacheStore::get(const VisitorKey& key) noexcept {
  try {
    const CallPool pool;
    const Id id = id_of(key);
    std::string data(kMaxBytes, '\0');
    auto length = static_cast<unsigned int>(data.size());
    const apr_status_t status = provider_.functions->retrieve(
        provider_.instance, server_, id.data(), id.size(),
        reinterpret_cast<unsigned char*>(data.data()), &length, pool.get());
    if (status != APR_SUCCESS) {
      if (!APR_STATUS_IS_NOTFOUND(status))
        ap_log_error(APLOG_MARK, APLOG_INFO, status, server_,
                     "a session could not be looked up in the shared store");
      return std::nullopt;
    }
    data.resize(std::min<std::size_t>(length, data.size()));
    return data;
  } catch (...) {
    return std::nullopt;  // out of memory: as good as not found
  }
}

void SocacheStore::put(const VisitorKey& key, std::string_view data,
                       std::chrono::milliseconds ttl) noexcept {
  const CallPool pool;
  const Id id = id_of(key);
  const apr_status_t status =
      provider_.functions->store(provider_.instance, server_, id.data(), id.size(),
                                 apr_time_now() + apr_time_from_msec(ttl.count()),
                                 reinterpret_cast<unsigned char*>(const_cast<char*>(data.data())),
                                 static_cast<unsigned int>(data.size()), pool.get());
  if (status != APR_SUCCESS)
    ap_log_error(APLOG_MARK, APLOG_INFO, status, server_,
                 "a session could not be put into the shared store");
}

void SocacheStore::remove(const VisitorKey& key) noexcept {
  const CallPool pool;
  const Id id = id_of(key);
  provider_.functions->remove(provider_.instance, server_, id.data(), id.size(), pool.get());
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

}  // namespace crowd_confluence
