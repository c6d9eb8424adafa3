#include "harness/hanging_names.h"

#include <dlfcn.h>
#include <netdb.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

namespace {

std::mutex mutex;
std::condition_variable changed;
bool is_hanging = false;
int waiting = 0;

std::atomic<std::uint16_t> moving_port{0};
std::atomic<int> moving_lookups{0};

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

void MovingName::move_to(std::uint16_t port) {
  moving_port = port;
}

int MovingName::lookups() {
  return moving_lookups;
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
  if (node != nullptr && node == MovingName::kHost && moving_port != 0) {
    ++moving_lookups;
    return system_function("127.0.0.1", std::to_string(moving_port).c_str(), hints, result);
  }
  return system_function(node, service, hints, result);
}
