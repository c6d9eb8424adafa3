// Who asks, as far as limits look at it.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_CALLER_H_
#define CROWD_CONFLUENCE_SRC_SHARED_CALLER_H_

#include <sys/types.h>

#include <cstdint>

namespace crowd_confluence {

struct Caller {
  pid_t process = 0;
  std::uint64_t client = 0;   // whoever has this address, or this /64 of IPv6; never 0
  std::uint64_t visitor = 0;  // tag_of the visitor's key; never 0
  /// Confluence has proven this visitor's token before: it is not made up.
  bool is_proven = false;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_CALLER_H_
