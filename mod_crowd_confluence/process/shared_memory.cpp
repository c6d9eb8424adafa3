#include "process/shared_memory.h"

#include <apr_shm.h>

#include <cstdint>

namespace crowd_confluence::httpd {
namespace {

/// Under this name the memory is found again after a restart, by whatever version of this module.
/// The pool must copy the name, as it outlives this module's code.
constexpr char kName[] = "mod_crowd_confluence shared memory";

constexpr std::size_t kAlignment = 64;

/// An anonymous mapping does not begin with its first usable byte.
void* aligned_base(apr_shm_t* memory) {
  const auto base = reinterpret_cast<std::uintptr_t>(apr_shm_baseaddr_get(memory));
  return reinterpret_cast<void*>((base + kAlignment - 1) / kAlignment * kAlignment);
}

std::size_t bytes_for(const GlobalConfig& config) {
  return SharedState::bytes_for(config.table_size) + kAlignment;
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
  apr_pool_userdata_set(memory, kName, nullptr, process->pool);
  return SharedState::create(
      aligned_base(memory), config.table_size,
      config.secret != nullptr ? Secret::derived_from(*config.secret) : Secret::random());
}

}  // namespace crowd_confluence::httpd
