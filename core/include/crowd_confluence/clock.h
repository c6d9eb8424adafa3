// The time, as something that can be handed in.

#ifndef CROWD_CONFLUENCE_CLOCK_H_
#define CROWD_CONFLUENCE_CLOCK_H_

#include <chrono>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// Time that never jumps, the same for all processes of a machine. It means nothing on another one.
using Moment = std::chrono::milliseconds;

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
