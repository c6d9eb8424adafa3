#include "harness/hanging_names.h"

#include <dlfcn.h>
#include <netdb.h>

#include <condition_variable>
#include <mutex>

namespace {

std::mutex mutex;
std::condition_variable changed;
bool is_hanging = false;
int waiting = 0;

}  // namespace

HangingNames::HangingNames() {
  const std::lock_guard lock(mutex);
  is_hanging = true;
}

HangingNames::~HangingNames() {
  std::unique_lock lock(mutex);
  is_hanging = false;
  changed.notify_all();
  changed.wait(lock, [] { return waiting == 0; });
}

/// Stands before the C library's, for all libraries of this program.
extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* node,
                                                                  const char* service,
                                                                  const addrinfo* hints,
                                                                  addrinfo** result) {
  if (node != nullptr && node == HangingNames::kHost) {
    std::unique_lock lock(mutex);
    ++waiting;
    changed.wait(lock, [] { return !is_hanging; });
    --waiting;
    changed.notify_all();
    return EAI_NONAME;
  }
  static const auto system_function =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return system_function(node, service, hints, result);
}
