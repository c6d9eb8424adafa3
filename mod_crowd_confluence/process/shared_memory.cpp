#include "process/shared_memory.h"

#include <apr_shm.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "apr/pool.h"

namespace crowd_confluence::httpd {
namespace {

/// Under this name the memory is found again after a restart, by whatever version of this module.
/// The pool must copy the name, as it outlives this module's code.
constexpr char kName[] = "mod_crowd_confluence shared memory";

constexpr std::size_t kAlignment = SharedState::kAlignment;

/// An anonymous mapping does not begin with its first usable byte.
void* aligned_base(apr_shm_t* memory) {
  auto* const base = static_cast<char*>(apr_shm_baseaddr_get(memory));
  const std::size_t behind = reinterpret_cast<std::uintptr_t>(base) % kAlignment;
  return behind == 0 ? base : base + (kAlignment - behind);
}

std::size_t bytes_for(const GlobalConfig& config) {
  return SharedState::bytes_for(config.table_size) + kAlignment;
}

/// No core file has sessions in it. Children inherit that.
void keep_out_of_core_files(apr_shm_t* memory) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  auto* const base = static_cast<char*>(apr_shm_baseaddr_get(memory));
  // From the beginning of its first page. The kernel rounds the length up to whole pages.
  const std::size_t before = reinterpret_cast<std::uintptr_t>(base) % page;
  madvise(base - before, before + apr_shm_size_get(memory), MADV_DONTDUMP);
}

struct Mapping {
  void* base;
  std::size_t bytes;
};

apr_status_t unmap(void* data) {
  const auto& mapping = *static_cast<const Mapping*>(data);
  munmap(mapping.base, mapping.bytes);
  return APR_SUCCESS;
}

std::optional<SharedState> reuse(const GlobalConfig& config, apr_shm_t* memory) {
  if (apr_shm_size_get(memory) != bytes_for(config)) return std::nullopt;
  const auto state = SharedState::attach(aligned_base(memory), config.table_size);
  // Without a secret of the administrator's, the random one of the first start goes on.
  if (state && config.secret != nullptr && Secret::derived_from(*config.secret) != state->secret())
    return std::nullopt;
  return state;
}

}  // namespace

std::optional<SharedState> open_shared_memory(const GlobalConfig& config, process_rec* process) {
  void* found = nullptr;
  apr_pool_userdata_get(&found, kName, process->pool);
  if (auto* old = static_cast<apr_shm_t*>(found)) {
    if (auto state = reuse(config, old)) return state;
    // Children of the generation before keep their mapping of it.
    apr_pool_userdata_set(nullptr, kName, nullptr, process->pool);
    apr_shm_destroy(old);
  }
  apr_shm_t* memory = nullptr;
  if (apr_shm_create(&memory, bytes_for(config), nullptr, process->pool) != APR_SUCCESS)
    return std::nullopt;
  keep_out_of_core_files(memory);
  apr_pool_userdata_set(memory, kName, nullptr, process->pool);
  return SharedState::create(
      aligned_base(memory), config.table_size,
      config.secret != nullptr ? Secret::derived_from(*config.secret) : Secret::random());
}

bool begin_upstreams(SharedState& state, std::size_t upstreams, apr_pool_t* config_pool) {
  const std::size_t bytes = SharedState::upstream_bytes_for(upstreams);
  void* const base =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return false;
  apr_pool_cleanup_register(config_pool, make_in_pool<Mapping>(config_pool, Mapping{base, bytes}),
                            unmap, apr_pool_cleanup_null);
  state.begin_upstreams(base, upstreams);
  return true;
}

}  // namespace crowd_confluence::httpd
