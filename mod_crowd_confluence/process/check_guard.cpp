#include "process/check_guard.h"

#include <apr_general.h>
#include <apr_siphash.h>
#include <apr_strings.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

namespace crowd_confluence::httpd {
namespace {

constexpr apr_interval_time_t kBetweenChecks = apr_time_from_sec(6);
constexpr int kAtOnce = 5;
constexpr apr_interval_time_t kSealLifetime = apr_time_from_sec(3600);

struct Guard {
  unsigned char key[APR_SIPHASH_KSIZE];
  /// Until when a client's checks are spread evenly. Clients that share a place share the limit;
  /// nobody can choose whom with, as the key is not known.
  std::array<std::atomic<apr_time_t>, 4096> spread_until;
};

// Shared by the parent and its children of one generation; hooks have no parameter for it.
Guard* guard = nullptr;
std::atomic<std::uint32_t> running{0};

apr_status_t end_guard(void* memory) {
  munmap(memory, sizeof(Guard));
  guard = nullptr;
  return APR_SUCCESS;
}

std::uint64_t keyed_hash(std::string_view text) noexcept {
  return apr_siphash48(text.data(), text.size(), guard->key);
}

std::string seal_of(std::string_view client_address, apr_time_t hour) {
  const std::string sealed = std::to_string(hour) + " " + std::string(client_address);
  std::array<char, 17> text;
  apr_snprintf(text.data(), text.size(), "%016" APR_UINT64_T_HEX_FMT, keyed_hash(sealed));
  return text.data();
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned int difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

}  // namespace

bool begin_check_guard(apr_pool_t* config_pool) {
  void* const memory =
      mmap(nullptr, sizeof(Guard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  guard = new (memory) Guard{};
  apr_pool_cleanup_register(config_pool, memory, end_guard, apr_pool_cleanup_null);
  return apr_generate_random_bytes(guard->key, sizeof guard->key) == APR_SUCCESS;
}

std::optional<int> seconds_until_next_check(const apr_sockaddr_t& client, apr_time_t now) noexcept {
  if (guard == nullptr) return 1;
  constexpr std::size_t kNetwork = 8;  // bytes of a /64
  const std::size_t size =
      client.family == AF_INET6 && client.ipaddr_len > static_cast<int>(kNetwork)
          ? kNetwork
          : static_cast<std::size_t>(client.ipaddr_len);
  const std::uint64_t hash = keyed_hash({static_cast<const char*>(client.ipaddr_ptr), size});
  std::atomic<apr_time_t>& spread_until = guard->spread_until[hash % guard->spread_until.size()];
  apr_time_t until = spread_until.load();
  for (;;) {
    const apr_time_t next = (until > now ? until : now) + kBetweenChecks;
    const apr_time_t wait = next - now - kAtOnce * kBetweenChecks;
    if (wait > 0) return static_cast<int>(apr_time_sec(wait)) + 1;
    if (spread_until.compare_exchange_weak(until, next)) return std::nullopt;
  }
}

RunningCheck::RunningCheck(std::uint32_t most) noexcept : has_place_(running.fetch_add(1) < most) {
  if (!has_place_) --running;
}
RunningCheck::~RunningCheck() {
  if (has_place_) --running;
}

std::string form_seal(std::string_view client_address, apr_time_t now) {
  return guard != nullptr ? seal_of(client_address, now / kSealLifetime) : std::string();
}

bool is_form_seal(std::string_view seal, std::string_view client_address, apr_time_t now) {
  if (guard == nullptr) return false;
  const apr_time_t hour = now / kSealLifetime;
  const bool is_of_now = equal_in_constant_time(seal, seal_of(client_address, hour));
  const bool is_of_before = equal_in_constant_time(seal, seal_of(client_address, hour - 1));
  return is_of_now || is_of_before;
}

}  // namespace crowd_confluence::httpd
