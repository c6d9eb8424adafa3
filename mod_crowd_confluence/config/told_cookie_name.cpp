#include "config/told_cookie_name.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace crowd_confluence::httpd {

/// A seqlock: the version is odd while a name is written, and grows with each. All zero: no name
/// was told.
struct ToldCookieName::Shared {
  std::atomic<std::uint32_t> version;
  std::atomic<std::uint32_t> length;
  std::atomic<apr_time_t> next;  // when it is time to ask
  std::array<std::atomic<char>, kLongest> text;
};

ToldCookieName::ToldCookieName(std::string unless_told)
    : shared_([] {
        void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        return memory != MAP_FAILED ? new (memory) Shared{} : nullptr;
      }()) {
  names_.push_front(std::move(unless_told));
  current_ = &names_.front();
}

ToldCookieName::~ToldCookieName() {
  if (shared_ != nullptr) munmap(shared_, sizeof(Shared));
}

const std::string& ToldCookieName::current() {
  if (shared_ != nullptr) {
    const std::uint32_t version = shared_->version.load(std::memory_order_acquire);
    if (version != version_.load(std::memory_order_relaxed) && version % 2 == 0) take_over(version);
  }
  return *current_.load(std::memory_order_acquire);
}

/// The name as it was in that version, unless it is being written again: then the next caller.
void ToldCookieName::take_over(std::uint32_t version) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string name(std::min<std::size_t>(shared_->length.load(), kLongest), '\0');
  std::transform(shared_->text.begin(),
                 shared_->text.begin() + static_cast<std::ptrdiff_t>(name.size()), name.begin(),
                 [](const std::atomic<char>& c) { return c.load(); });
  if (shared_->version.load() != version || name.empty()) return;
  const auto known = std::find(names_.begin(), names_.end(), name);
  // Requests may use those before still.
  if (known == names_.end()) names_.push_front(std::move(name));
  current_.store(known == names_.end() ? &names_.front() : &*known, std::memory_order_release);
  version_.store(version, std::memory_order_relaxed);
}

bool ToldCookieName::is_due(apr_time_t now, apr_interval_time_t patience) {
  if (shared_ == nullptr) return false;
  apr_time_t next = shared_->next.load(std::memory_order_relaxed);
  return now >= next && shared_->next.compare_exchange_strong(next, now + patience);
}

bool ToldCookieName::tell(std::string_view name, apr_time_t next) {
  assert(!name.empty() && name.size() <= kLongest);
  if (shared_ == nullptr) return false;
  const bool is_new = current() != name;
  if (is_new) {
    // A writer that was killed has left it odd.
    const std::uint32_t writing = shared_->version.load() | 1;
    shared_->version.store(writing);
    for (std::size_t i = 0; i < name.size(); ++i) shared_->text[i].store(name[i]);
    shared_->length.store(static_cast<std::uint32_t>(name.size()));
    shared_->version.store(writing + 1);
  }
  shared_->next.store(next);
  return is_new;
}

}  // namespace crowd_confluence::httpd
