#include "process/warn_once.h"

#include <apr_pools.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <new>

namespace crowd_confluence::httpd {
namespace {

/// How often something was said that repeats. All zero: unused.
struct Repeated {
  std::atomic<std::uint64_t> what;
  std::atomic<apr_time_t> silent_until;
  std::atomic<std::uint32_t> left_out;
};

struct Said {
  std::array<std::atomic<bool>, static_cast<std::size_t>(WarnOnce::end)> once;
  std::array<Repeated, 64> repeated;
  std::atomic<std::uint32_t> signs;      // in a row
  std::atomic<std::uint64_t> exchanges;  // all in the upper half, rejected in the lower one
};

// Shared by the parent and its children of one generation; hooks have no parameter for it.
Said* said = nullptr;

apr_status_t unmap(void* memory) {
  munmap(memory, sizeof(Said));
  said = nullptr;
  return APR_SUCCESS;
}

/// Where it is counted; null when there are more kinds than places.
Repeated* place_for(std::uint64_t what) noexcept {
  for (Repeated& place : said->repeated) {
    std::uint64_t found = place.what.load();
    if (found == 0 && place.what.compare_exchange_strong(found, what)) return &place;
    if (found == what) return &place;
  }
  return nullptr;
}

}  // namespace

bool forget_warnings(apr_pool_t* config_pool) {
  void* memory =
      mmap(nullptr, sizeof(Said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  said = new (memory) Said{};
  apr_pool_cleanup_register(config_pool, memory, unmap, apr_pool_cleanup_null);
  return true;
}

bool is_first_to_warn(WarnOnce saying) noexcept {
  return said != nullptr && !said->once[static_cast<std::size_t>(saying)].exchange(true);
}

bool is_said(WarnOnce saying) noexcept {
  return said == nullptr || said->once[static_cast<std::size_t>(saying)].load();
}

bool is_suspicious(bool is_sign) noexcept {
  constexpr std::uint32_t kEnough = 3;
  if (said == nullptr) return false;
  if (!is_sign) said->signs = 0;
  return is_sign && ++said->signs >= kEnough;
}

std::optional<RecentExchanges> mostly_rejected(bool is_rejected) noexcept {
  constexpr std::uint32_t kLooksAt = 10;
  constexpr std::uint64_t kOne = std::uint64_t{1} << 32;
  if (said == nullptr) return std::nullopt;
  std::uint64_t counted = said->exchanges.load();
  std::uint64_t now = 0;
  do {
    now = counted + kOne + (is_rejected ? 1 : 0);
  } while (!said->exchanges.compare_exchange_weak(counted, now >> 32 < kLooksAt ? now : 0));
  const RecentExchanges recent{static_cast<std::uint32_t>(now >> 32),
                               static_cast<std::uint32_t>(now)};
  if (recent.all < kLooksAt || 2 * recent.rejected <= recent.all) return std::nullopt;
  return recent;
}

std::optional<std::uint32_t> to_be_said_again(std::uint64_t what, apr_time_t now) noexcept {
  constexpr apr_time_t kSilence = apr_time_from_sec(60);
  Repeated* const place = said != nullptr ? place_for(what != 0 ? what : 1) : nullptr;
  if (place == nullptr) return 0;
  apr_time_t until = place->silent_until.load();
  if (now >= until && place->silent_until.compare_exchange_strong(until, now + kSilence))
    return place->left_out.exchange(0);
  ++place->left_out;
  return std::nullopt;
}

}  // namespace crowd_confluence::httpd
