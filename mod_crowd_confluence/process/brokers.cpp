#include "process/brokers.h"

#include <cassert>
#include <cstdint>

#include "config/settings_list.h"

namespace crowd_confluence::httpd {

namespace {

/// Whether they differ in nothing that matters to core. A default that is written out differs, and
/// costs a broker more, no session.
bool is_same_to_core(const DirectoryConfig& a, const DirectoryConfig& b) {
  return settings_of(a).for_core == settings_of(b).for_core;
}

}  // namespace

Brokers::~Brokers() {
  for (std::atomic<Entry*>& list : lists_)
    for (Entry* entry = list.load(); entry != nullptr;) {
      Entry* const next = entry->next;
      delete entry;
      entry = next;
    }
}

Brokers::Entry* Brokers::find(Entry* first, const DirectoryConfig& config) {
  const auto has_same_token_cookie = [&](const Entry& entry) {
    return !config.asks_for_token_cookie() ||
           entry.broker.settings().token_cookie == config.token_cookie_name();
  };
  for (Entry* entry = first; entry != nullptr; entry = entry->next)
    if ((entry->section == &config || is_same_to_core(entry->config, config)) &&
        has_same_token_cookie(*entry))
      return entry;
  return nullptr;
}

SessionBroker& Brokers::broker_for(const DirectoryConfig& config) {
  assert(config.upstream != nullptr);
  std::atomic<Entry*>& list =
      lists_[(reinterpret_cast<std::uintptr_t>(config.upstream) >> 6) % lists_.size()];
  if (Entry* found = find(list.load(std::memory_order_acquire), config)) return found->broker;

  const std::lock_guard<std::mutex> lock(adding_);
  Entry* const first = list.load(std::memory_order_acquire);
  if (Entry* found = find(first, config)) return found->broker;
  auto* added = new Entry(config, *this, first);
  list.store(added, std::memory_order_release);
  return added->broker;
}

}  // namespace crowd_confluence::httpd
