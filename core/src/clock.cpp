#include "crowd_confluence/clock.h"

#include <ctime>

namespace crowd_confluence {
namespace {

class MonotonicClock final : public Clock {
 public:
  [[nodiscard]] Moment now() const override {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return Moment(std::chrono::duration_cast<Duration>(std::chrono::seconds(time.tv_sec) +
                                                       std::chrono::nanoseconds(time.tv_nsec)));
  }
};

}  // namespace

Clock::~Clock() = default;

const Clock& Clock::monotonic() {
  static const MonotonicClock clock;
  return clock;
}

}  // namespace crowd_confluence
