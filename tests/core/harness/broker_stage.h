// Brokers that share what they remember, the simulated Crowd and Confluence, and a clock that
// stands still.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "broker/visitor_hash.h"
#include "crowd_confluence/broker/session_broker.h"
#include "harness/processes.h"
#include "shared/shared_parts.h"
#include "simulator.h"

namespace broker_stage {

using namespace crowd_confluence;

inline constexpr std::string_view kAddress = "127.0.0.2";
/// Somebody of whom the shared state knows nothing else, at an address of one's own.
inline Caller somebody(std::uint64_t number = 1) {
  return {getpid(), 1000 + number, 1000 + number, false};
}

class CountedEvents final : public BrokerEvents {
 public:
  void breaker_opened(const ConfluenceSettings&, Reason reason, std::string_view,
                      Duration pause) noexcept override {
    ++opened;
    last_reason = reason;
    last_pause = pause;
  }
  void breaker_closed(const ConfluenceSettings&) noexcept override { ++closed; }

  std::atomic<int> opened{0};
  std::atomic<int> closed{0};
  std::atomic<Reason> last_reason{Reason::internal};
  std::atomic<Duration> last_pause{Duration::zero()};
};

/// A store in memory that counts, that tests reach into, and whose calls they may interrupt.
class MemoryStore final : public SessionStore {
 public:
  std::optional<std::string> get(const VisitorKey& key) noexcept override {
    std::optional<std::string> result;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      ++gets;
      const auto found = data.find(key);
      if (found != data.end() && !is_away) result = found->second;
    }
    once(after_get);
    return result;
  }
  void put(const VisitorKey& key, std::string_view sealed,
           std::chrono::milliseconds ttl) noexcept override {
    once(before_put);
    const std::lock_guard<std::mutex> lock(mutex);
    last_ttl = ttl;
    if (!is_away) data[key] = sealed;
  }
  void remove(const VisitorKey& key) noexcept override {
    once(before_remove);
    const std::lock_guard<std::mutex> lock(mutex);
    if (!is_away) data.erase(key);
  }

  /// Called once, by the next such call.
  std::function<void()> after_get, before_put, before_remove;
  std::atomic<bool> is_away{false};  // what it is told fails

  std::mutex mutex;
  std::map<VisitorKey, std::string> data;
  int gets = 0;
  std::chrono::milliseconds last_ttl{};

 private:
  void once(std::function<void()>& interruption) {
    std::function<void()> call;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      call = std::exchange(interruption, nullptr);
    }
    if (call) call();
  }
};

/// What the processes of one machine share.
struct Machine {
  explicit Machine(const Secret& secret = Secret::derived_from("some words"))
      : state(SharedState::create(memory.get(), 64, secret)) {
    state.begin_upstreams(upstreams.get(), 8);
  }

  processes::SharedMemory memory{SharedState::bytes_for(64)};
  processes::SharedMemory upstreams{SharedState::upstream_bytes_for(8)};
  SharedState state;
  /// As they are now.
  SharedParts parts() const { return SharedParts(state); }
};

struct Stage {
  Stage() {
    simulator.configure_crowd(
        [](atlassian::CrowdOptions& crowd) { crowd.trusted_proxies = {"127.0.0.1"}; });
    policy.max_waiting = 1000;
  }

  ConfluenceSettings settings() const {
    ConfluenceSettings result;
    result.base_url = parse_base_url(simulator.confluence_url()).value();
    result.http.timeout = std::chrono::seconds(20);
    return result;
  }

  BrokerContext context(Machine& on) {
    BrokerContext result{on.state};
    result.events = &events;
    result.clock = &clock;
    result.refresh = refresh.get();
    result.store = store;
    return result;
  }

  std::unique_ptr<SessionBroker> make_broker() { return make_broker(settings()); }
  std::unique_ptr<SessionBroker> make_broker(const ConfluenceSettings& of) {
    return std::make_unique<SessionBroker>(of, policy, context(machine));
  }

  Visitor alice() const { return {.token = token, .address = kAddress}; }

  /// Exchanges that Confluence has received.
  std::uint64_t exchanges() const { return simulator.counters().exchanges; }
  bool wait_for_exchanges(std::uint64_t number) const {
    return simulator.wait_until(
        [number](const auto& counters) { return counters.exchanges >= number; });
  }

  UpstreamState upstream() const {
    return machine.parts().upstreams.upstream(upstream_id(machine.state.secret(), settings()));
  }

  /// Waits until the renewals that were queued before have been done: until all threads have
  /// something else to do.
  bool renewals_are_done() {
    const auto begun = std::make_shared<std::atomic<std::size_t>>(0);
    const auto all_have = [begun] { return *begun == BackgroundRefresh::kMaxThreads; };
    for (std::size_t i = 0; i < BackgroundRefresh::kMaxThreads; ++i)
      refresh->add(upstream().name(), [=] {
        ++*begun;
        processes::eventually(all_have);
      });
    return processes::eventually(all_have);
  }

  /// What is queued from now on is not begun before `until`.
  void hold_up_renewals(const std::shared_future<void>& until) {
    for (std::size_t i = 0; i < BackgroundRefresh::kMaxThreads; ++i)
      refresh->add(upstream().name(), [until] { until.wait_for(processes::kPatience); });
  }

  /// All places that a stranger could have are taken. Each of other clients.
  void take_all_places() {
    for (std::uint64_t i = 0; upstream().enter(somebody(i), policy.max_waiting, clock.now()); ++i)
      continue;
  }
  /// As a Confluence does that cannot be reached.
  void open_breaker(Duration retry) {
    for (std::uint32_t i = 0; i < CircuitBreaker::kFailuresToOpen; ++i)
      upstream().failed(somebody(), {}, clock.now(), retry);
  }

  void confluence_goes_down(const std::string& retry_after = {}) {
    simulator.configure_confluence([&](atlassian::ConfluenceOptions& confluence) {
      confluence.maintenance = atlassian::Maintenance::kUnavailable;
      confluence.maintenance_retry_after = retry_after;
    });
  }
  void confluence_comes_back() {
    simulator.configure_confluence([](atlassian::ConfluenceOptions& confluence) {
      confluence.maintenance = atlassian::Maintenance::kNone;
    });
  }

  atlassian::Simulator simulator;
  std::string token = simulator.log_in("alice", kAddress);
  processes::ManualClock clock;
  CountedEvents events;
  Machine machine;
  SessionStore* store = nullptr;
  BrokerPolicy policy;
  std::unique_ptr<BackgroundRefresh> refresh;
};

inline Outcome find(SessionBroker& broker, const Visitor& visitor) {
  Outcome outcome;
  broker.find(visitor, outcome);
  return outcome;
}

}  // namespace broker_stage
