// Work that no user waits for: sessions that are proven again before they expire.

#ifndef CROWD_CONFLUENCE_BROKER_BACKGROUND_REFRESH_H_
#define CROWD_CONFLUENCE_BROKER_BACKGROUND_REFRESH_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// Does renewals in the background, a few of each group at once, so that those of one group do not
/// wait for those of another. A thread is started when a renewal comes and all others are at work;
/// it stays. Signals are blocked in it, as they belong to the host program.
class CROWD_CONFLUENCE_EXPORT BackgroundRefresh {
 public:
  /// More of a group waiting than this are left undone: the sessions expire and are asked for anew.
  static constexpr std::size_t kMaxWaiting = 1000;
  /// Of a group.
  static constexpr std::size_t kMaxThreads = 4;

  BackgroundRefresh();
  BackgroundRefresh(const BackgroundRefresh&) = delete;
  BackgroundRefresh& operator=(const BackgroundRefresh&) = delete;

  /// Finishes the renewals that are being done, and leaves the others undone.
  ~BackgroundRefresh();

  /// Queues `renewal`, which must not throw. `group` is where it goes to: nothing but a name. Does
  /// not block. Thread-safe. It is left undone if no thread can be started for it.
  void add(const void* group, std::function<void()> renewal);

 private:
  class Group;
  std::mutex mutex_;
  std::map<const void*, std::unique_ptr<Group>> groups_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_BROKER_BACKGROUND_REFRESH_H_
