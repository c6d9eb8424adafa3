#include "process/brokers.h"

#include <cstdint>

namespace crowd_confluence::httpd {

namespace {

/// Whether they differ in nothing that matters to core.
bool is_same_to_core(const DirectoryConfig& a, const DirectoryConfig& b) {
  return a.upstream == b.upstream && a.probe == b.probe && a.token_cookie == b.token_cookie &&
         a.session_cookies == b.session_cookies && a.sends_address() == b.sends_address() &&
         a.session_ttl == b.session_ttl && a.rejection_ttl == b.rejection_ttl &&
         a.ca_certificate_file == b.ca_certificate_file &&
         a.client_certificate == b.client_certificate &&
         a.pinned_public_key == b.pinned_public_key && a.verify_peer == b.verify_peer &&
         a.outgoing_proxy == b.outgoing_proxy;
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
  for (Entry* entry = first; entry != nullptr; entry = entry->next)
    if (entry->section == &config || is_same_to_core(entry->config, config)) return entry;
  return nullptr;
}

SessionBroker& Brokers::broker_for(const DirectoryConfig& config) {
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
