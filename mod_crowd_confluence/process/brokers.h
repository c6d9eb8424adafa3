// The brokers of one process: one for every Confluence that the configuration describes.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_BROKERS_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_BROKERS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "config/config.h"
#include "crowd_confluence/broker/session_broker.h"
#include "process/logged_events.h"

namespace crowd_confluence::httpd {

/// What httpd merges for a request is new each time, and the settings that it points to are not:
/// they tell one Confluence from another. Looking one up takes no lock; each is made when first
/// needed and kept until the process ends.
class Brokers {
 public:
  /// The events of each broker go to the log of `main_server`.
  Brokers(const BrokerContext& context, std::uint32_t default_max_waiting,
          const server_rec* main_server)
      : context_(context), default_max_waiting_(default_max_waiting), main_server_(main_server) {}
  Brokers(const Brokers&) = delete;
  Brokers& operator=(const Brokers&) = delete;
  ~Brokers();

  /// `config.upstream` must be set. Thread-safe.
  SessionBroker& broker_for(const DirectoryConfig& config);

 private:
  struct Entry {
    Entry(const DirectoryConfig& entry_config, const Brokers& all, Entry* entry_next)
        : config(entry_config),
          section(config.origin == DirectoryConfig::section ? &entry_config : nullptr),
          events(all.main_server_, config.upstream->place),
          broker(config.confluence_settings(), config.broker_policy(all.default_max_waiting_),
                 with_events(all.context_, events)),
          next(entry_next) {}

    static BrokerContext with_events(BrokerContext context, LoggedEvents& to) {
      context.events = &to;
      return context;
    }

    const DirectoryConfig config;
    const DirectoryConfig* const section;  // where it comes from, if nothing had to be merged
    LoggedEvents events;
    SessionBroker broker;
    Entry* const next;
  };

  static Entry* find(Entry* first, const DirectoryConfig& config);

  const BrokerContext context_;
  const std::uint32_t default_max_waiting_;
  const server_rec* const main_server_;
  /// By the address of the upstream. Entries are only ever added, at the front.
  std::array<std::atomic<Entry*>, 64> lists_ = {};
  std::mutex adding_;
};

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_BROKERS_H_
