#include "crowd_confluence/wait_limit.h"

#include <algorithm>

namespace crowd_confluence {

bool WaitLimit::enter(pid_t process, std::uint32_t max) {
  if (waiting() >= max) return false;
  Count* free = nullptr;
  for (Count* count = counts_; count != counts_ + used_; ++count) {
    if (count->threads != 0 && count->process == process) {
      ++count->threads;
      return true;
    }
    if (count->threads == 0 && free == nullptr) free = count;
  }
  if (free == nullptr) {
    if (used_ == kMaxProcesses) return false;
    free = counts_ + used_;
    free->threads = 0;
    ++used_;
  }
  free->process = process;
  free->threads = 1;
  return true;
}

void WaitLimit::leave(pid_t process) {
  for (Count* count = counts_; count != counts_ + used_; ++count) {
    if (count->threads == 0 || count->process != process) continue;
    --count->threads;
    return;
  }
}

void WaitLimit::process_ended(pid_t process) {
  for (Count* count = counts_; count != counts_ + used_; ++count)
    if (count->process == process) count->threads = 0;
}

std::uint32_t WaitLimit::waiting() const {
  std::uint32_t sum = 0;
  for (const Count* count = counts_; count != counts_ + used_; ++count) sum += count->threads;
  return sum;
}

}  // namespace crowd_confluence
