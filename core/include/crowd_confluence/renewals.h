// Work that no user waits for: sessions that are proven again before they expire.

#ifndef CROWD_CONFLUENCE_RENEWALS_H_
#define CROWD_CONFLUENCE_RENEWALS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// Does one renewal after the other in the background, but those of one group do not wait for those
/// of another. Each group has a thread of this process, from its first renewal on. Signals are
/// blocked in it, as they belong to the host program.
class CROWD_CONFLUENCE_EXPORT Renewals {
 public:
  /// More of a group waiting than this are left undone: the sessions expire and are asked for anew.
  static constexpr std::size_t kMaxWaiting = 1000;

  Renewals();
  Renewals(const Renewals&) = delete;
  Renewals& operator=(const Renewals&) = delete;

  /// Finishes the renewals that are being done, and leaves the others undone.
  ~Renewals();

  /// Queues `renewal`, which must not throw. `group` is where it goes to: nothing but a name. Does
  /// not block. Thread-safe. It is left undone if no thread can be started for it.
  void add(const void* group, std::function<void()> renewal);

 private:
  class Worker;
  std::mutex mutex_;
  std::map<const void*, std::unique_ptr<Worker>> workers_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_RENEWALS_H_
