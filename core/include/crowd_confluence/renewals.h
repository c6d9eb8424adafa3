// Work that no user waits for: sessions that are proven again before they expire.

#ifndef CROWD_CONFLUENCE_RENEWALS_H_
#define CROWD_CONFLUENCE_RENEWALS_H_

#include <cstddef>
#include <functional>
#include <memory>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// One thread of this process that does one renewal after the other. Signals are blocked in it, as
/// they belong to the host program.
class CROWD_CONFLUENCE_EXPORT Renewals {
 public:
  /// More than this waiting are left undone: the sessions expire and are asked for anew.
  static constexpr std::size_t kMaxWaiting = 1000;

  Renewals();
  Renewals(const Renewals&) = delete;
  Renewals& operator=(const Renewals&) = delete;

  /// Finishes the renewal that is being done, and leaves the others undone.
  ~Renewals();

  /// Queues `renewal`, which must not throw. Does not block. Thread-safe.
  void add(std::function<void()> renewal);

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_RENEWALS_H_
