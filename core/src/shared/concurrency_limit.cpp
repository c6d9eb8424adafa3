#include "shared/concurrency_limit.h"

namespace crowd_confluence {

bool ConcurrencyLimit::enter(pid_t process, std::uint32_t max) {
  if (waiting() >= max) return false;
  Count* free = nullptr;
  for (Count* count = counts_; count != counts_ + used_; ++count) {
    if (threads_of(*count) != 0 && process_of(*count) == process) {
      ++*count;
      return true;
    }
    if (threads_of(*count) == 0 && free == nullptr) free = count;
  }
  if (free == nullptr) {
    if (used_ == kMaxProcesses) return false;
    free = counts_ + used_;
    ++used_;
  }
  *free = static_cast<std::uint64_t>(process) << 32 | 1;
  return true;
}

void ConcurrencyLimit::leave(pid_t process) {
  for (Count* count = counts_; count != counts_ + used_; ++count) {
    if (threads_of(*count) == 0 || process_of(*count) != process) continue;
    --*count;
    return;
  }
}

void ConcurrencyLimit::process_ended(pid_t process) {
  forget([process](pid_t other) { return other == process; });
}

std::uint32_t ConcurrencyLimit::waiting() const {
  std::uint32_t sum = 0;
  for (const Count* count = counts_; count != counts_ + used_; ++count) sum += threads_of(*count);
  return sum;
}

}  // namespace crowd_confluence
