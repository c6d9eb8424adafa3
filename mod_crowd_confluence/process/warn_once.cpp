#include "process/warn_once.h"

#include <apr_pools.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <new>

namespace crowd_confluence::httpd {
namespace {

using Said = std::array<std::atomic<bool>, kWarnOnceCount>;  // by WarnOnce

// Shared by the parent and its children of one generation; hooks have no parameter for it.
Said* said = nullptr;

apr_status_t unmap(void* memory) {
  munmap(memory, sizeof(Said));
  said = nullptr;
  return APR_SUCCESS;
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
  return said != nullptr && !(*said)[static_cast<std::size_t>(saying)].exchange(true);
}

}  // namespace crowd_confluence::httpd
