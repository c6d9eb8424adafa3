// Everything that the processes of one server share.

#ifndef CROWD_CONFLUENCE_SHARED_SHARED_STATE_H_
#define CROWD_CONFLUENCE_SHARED_SHARED_STATE_H_

#include <sys/types.h>

#include <cstddef>
#include <optional>

#include "crowd_confluence/export.h"
#include "crowd_confluence/keys.h"

namespace crowd_confluence {

/// A view of two pieces of memory: anonymous, shared, never written to a file, as sessions lie in
/// one of them in the clear. Copy it as you like; the memory must outlive all copies, and every
/// SessionBroker. Thread-safe, and safe across processes that may be killed at any step.
///
/// One piece is kept as long as the server runs: what is remembered of visitors, and who is asking
/// for them now. It has a layout number: `attach` refuses any other than this library's own, and
/// versions of the library with the same number can share it. The other piece is made anew at each
/// restart, so that nothing that happened before counts: who waits for each Confluence, and whether
/// it fails.
class CROWD_CONFLUENCE_EXPORT SharedState {
 public:
  /// Of both pieces. A page: what nobody needs is never touched.
  static constexpr std::size_t kAlignment = 4096;

  [[nodiscard]] static std::size_t bytes_for(std::size_t visitors);

  /// `memory`: zeroed, aligned, of bytes_for(visitors).
  static SharedState create(void* memory, std::size_t visitors, const Secret& secret);

  /// nullopt when what lies there has another layout number, or is for another number of visitors.
  static std::optional<SharedState> attach(void* memory, std::size_t visitors);

  [[nodiscard]] static std::size_t upstream_bytes_for(std::size_t upstreams);

  /// To be called before any other process or broker uses this. `upstreams`: how many Confluences,
  /// and ways to reach them, there may be; more of them share the last one's state. `memory`:
  /// zeroed, aligned, of upstream_bytes_for(upstreams).
  void begin_upstreams(void* memory, std::size_t upstreams);

  /// That of `create`, which lies in the memory, so that it is kept as long as what it made.
  [[nodiscard]] const Secret& secret() const;

  /// To be called when a process that used this has ended, however it did.
  void process_ended(pid_t process);

 private:
  friend struct SharedParts;
  SharedState(void* memory, std::size_t visitors) : memory_(memory), visitors_(visitors) {}

  void* memory_;
  void* upstreams_ = nullptr;
  std::size_t visitors_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SHARED_SHARED_STATE_H_
