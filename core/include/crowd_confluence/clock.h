// Points in time, lengths of time, and a clock that can be handed in.

#ifndef CROWD_CONFLUENCE_CLOCK_H_
#define CROWD_CONFLUENCE_CLOCK_H_

#include <chrono>
#include <ctime>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// A length of time.
using Duration = std::chrono::milliseconds;

/// The kind of time that Clock tells: it never jumps, and is the same for all processes of a
/// machine. It means nothing on another one.
struct MachineTime {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<MachineTime>;
};

/// A point in time. A default one is long over; where a Moment lies in shared memory, it stands for
/// none.
using Moment = MachineTime::time_point;

/// Thread-safe.
class CROWD_CONFLUENCE_EXPORT Clock {
 public:
  virtual ~Clock();
  [[nodiscard]] virtual Moment now() const = 0;

  /// CLOCK_MONOTONIC.
  static const Clock& monotonic();
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_CLOCK_H_
