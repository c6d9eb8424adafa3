// The simulator's clock: the system's, moved on by tests.
#pragma once

#include <chrono>

namespace atlassian {

using Time = std::chrono::system_clock::time_point;

/// Not thread-safe.
class Clock {
 public:
  Time now() const { return std::chrono::system_clock::now() + ahead_; }
  void advance(std::chrono::seconds by) { ahead_ += by; }

 private:
  std::chrono::seconds ahead_{0};
};

}  // namespace atlassian
