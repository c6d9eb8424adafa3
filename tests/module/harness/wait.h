// Waiting for events that nobody announces.
#pragma once

#include <chrono>
#include <thread>

namespace module_tests {

inline constexpr std::chrono::seconds kPatience{15};

/// Until `done()` is true; false when it is not within the limit.
template <typename Condition>
[[nodiscard]] bool wait_until(Condition done, std::chrono::milliseconds limit = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace module_tests
