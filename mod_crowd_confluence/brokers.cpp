#include "brokers.h"

#include <cstdint>

namespace crowd_confluence {

Brokers::Key::Key(const DirectoryConfig& config)
    : settings{config.upstream,           config.probe,
               config.token_cookie,       config.session_cookies,
               config.client_certificate, config.ca_certificate_file,
               config.pinned_public_key,  config.outgoing_proxy},
      forwarded_for(config.sends_address()),
      verify_peer(config.verify_peer.value_or(true)),
      session_ttl(config.session_ttl),
      rejection_ttl(config.rejection_ttl) {}

Brokers::~Brokers() {
  for (std::atomic<Entry*>& list : lists_)
    for (Entry* entry = list.load(); entry != nullptr;) {
      Entry* const next = entry->next;
      delete entry;
      entry = next;
    }
}

Brokers::Entry* Brokers::find(Entry* first, const Key& key) {
  for (Entry* entry = first; entry != nullptr; entry = entry->next)
    if (entry->key == key) return entry;
  return nullptr;
}

SessionBroker& Brokers::broker_for(const DirectoryConfig& config) {
  const Key key(config);
  std::atomic<Entry*>& list =
      lists_[(reinterpret_cast<std::uintptr_t>(config.upstream) >> 6) % lists_.size()];
  if (Entry* found = find(list.load(std::memory_order_acquire), key)) return found->broker;

  const std::lock_guard<std::mutex> lock(adding_);
  Entry* const first = list.load(std::memory_order_acquire);
  if (Entry* found = find(first, key)) return found->broker;
  auto* added = new Entry(key, config, *this, first);
  list.store(added, std::memory_order_release);
  return added->broker;
}

}  // namespace crowd_confluence
