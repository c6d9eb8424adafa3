// A stand-in for Atlassian Crowd and Confluence (or Jira), for tests, the demo and benchmarks.
//
// One Simulator is one Crowd and one Confluence that asks it, each on a port of its own, served
// in-process by a background thread. A second Crowd, unknown to Confluence, may stand beside them.
// It does what is known of the real ones: validation factors and trusted proxies, sessions and
// their validation interval, log-in reasons, content by user, XSRF rule, rate limits, maintenance,
// cluster nodes. Its tests hold it against recorded responses.
//
//   atlassian::Simulator simulator;
//   const std::string token = simulator.log_in("alice", "127.0.0.2");
//   simulator.configure_crowd([](auto& crowd) { crowd.trusted_proxies = {"127.0.0.1"}; });
//   … GET simulator.confluence_url() + "/rest/api/user/current"
//       with Cookie: crowd.token_key=<token> and X-Forwarded-For: 127.0.0.2 …
//   BOOST_TEST(simulator.counters().exchanges == 1);
//
// Threads: every function may be called from any thread. Do not fork() without exec() and then use
// the child's copy; descriptors are close-on-exec.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fault.h"
#include "options.h"

namespace atlassian {

/// What tells Crowd where the user is: the peer that an application saw, and the X-Forwarded-For
/// it received.
struct ValidationFactors {
  std::string remote_address;
  std::optional<std::string> x_forwarded_for = {};
};

/// A request as it arrived. Carries secrets: do not print cookie or Authorization values.
struct ReceivedRequest {
  Server server = Server::kConfluence;
  std::string method;
  std::string target;
  /// "1.0" or "1.1"
  std::string version;
  /// In order and spelling as sent.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string peer_address;
  /// Numbered from 1 in the order of acceptance, per server.
  std::uint64_t connection = 0;
  /// Subject of the client's certificate; empty without one.
  std::string client_certificate;

  /// Values of all lines with this name (compared without case), in order.
  std::vector<std::string> header(std::string_view name) const;
  /// Value of the first cookie with this name (compared with case).
  std::optional<std::string> cookie(std::string_view name) const;
};

struct Counters {
  /// Since the start or the last reset_counters():
  std::uint64_t crowd_requests = 0;
  std::uint64_t crowd_connections = 0;
  std::uint64_t confluence_requests = 0;
  std::uint64_t confluence_connections = 0;
  std::uint64_t second_crowd_requests = 0;
  /// Requests to Confluence's (Jira's) probe resource: /rest/api/user/current, /rest/api/2/myself.
  std::uint64_t exchanges = 0;
  /// HTTP sessions that Confluence made.
  std::uint64_t sessions_created = 0;
  /// How often Confluence asked Crowd whether a token is valid.
  std::uint64_t crowd_validations = 0;
  /// Requests that a fault was applied to.
  std::uint64_t faults_applied = 0;

  /// Now (not reset):
  std::uint64_t live_sessions = 0;
  std::uint64_t open_connections = 0;
  /// Requests and connections that wait for release().
  std::uint64_t hanging = 0;
};

class Simulator {
 public:
  /// Listens when it returns. Throws std::exception when an address, file or option is unusable.
  explicit Simulator(SimulatorOptions options = {});
  /// Closes all connections, joins its threads, frees its ports.
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  /// Base URLs with the context path, without a slash at the end: "http://127.0.0.1:40001/crowd".
  std::string crowd_url() const;
  std::string confluence_url() const;
  /// Empty without a second Crowd.
  std::string second_crowd_url() const;
  /// "http://127.0.0.1:40003", or empty without a control listener.
  std::string control_url() const;
  std::uint16_t crowd_port() const;
  std::uint16_t confluence_port() const;

  CrowdOptions crowd_options() const;
  ConfluenceOptions confluence_options() const;
  /// `change` runs under the simulator's lock: let it only assign. Sessions and tokens stay, save
  /// where an option says otherwise. Changes to `listener` have no effect.
  void configure_crowd(const std::function<void(CrowdOptions&)>& change);
  void configure_confluence(const std::function<void(ConfluenceOptions&)>& change);
  /// nullopt without a second Crowd; configure_second_crowd() then throws std::logic_error.
  std::optional<CrowdOptions> second_crowd_options() const;
  void configure_second_crowd(const std::function<void(CrowdOptions&)>& change);
  /// All options are again as the simulator was made with.
  void restore_options();

  /// Logs `user` in at Crowd, without a password, from the client's address `address`, and returns
  /// the token. Throws std::invalid_argument for an unknown user.
  std::string log_in(std::string_view user, std::string_view address);
  /// The same; Crowd works the address out of the factors and its trusted proxies.
  std::string log_in(std::string_view user, const ValidationFactors& factors);
  /// Logs in at the second Crowd. Throws std::logic_error without one.
  std::string log_in_at_second_crowd(std::string_view user, std::string_view address);
  /// The same as log_in() with a token value of the caller's choice, for instance one with odd
  /// characters or one that another simulator knows, too.
  void log_in_as(std::string_view user, std::string_view address, std::string token);
  /// Crowd forgets the token. False: it did not know it.
  bool log_out(std::string_view token);
  /// As if the token's lifetime were over. False: it did not know it.
  bool expire_token(std::string_view token);
  bool token_valid(std::string_view token) const;
  /// Value of a remember-me cookie (seraph.confluence) of this user.
  std::string remember_me_cookie(std::string_view user);

  /// As if this user, newly logged in, had asked the probe from there without a proxy between. A
  /// cache before Confluence keeps the answer.
  void probe_as(std::string_view user, std::string_view address);
  /// Forgets all of Confluence's sessions. Connections stay.
  void restart_confluence();
  /// Name of the user whom a session id (value of JSESSIONID) belongs to; empty: anonymous;
  /// nullopt: no such session.
  std::optional<std::string> session_user(std::string_view session_id) const;
  /// Moves the simulator's clock on (lifetimes, validation interval, rate limits; not faults).
  void advance_clock(std::chrono::seconds by);

  void misbehave(Server server, Fault fault);
  /// Removes all faults and releases what hangs.
  void clear_faults();
  /// Lets what hangs now be answered. Faults stay for later requests.
  void release();
  /// Connections are refused (existing ones are closed), until start_listening() on the same port.
  void stop_listening(Server server);
  void start_listening(Server server);
  /// Closes connections that wait for a next request, as a keep-alive time-out would.
  void close_idle_connections(Server server);

  Counters counters() const;
  void reset_counters();
  /// The requests received since the start or forget_requests(), oldest first.
  std::vector<ReceivedRequest> requests(Server server) const;
  void forget_requests();

  /// Waits until `done` holds for the counters. It is evaluated under the simulator's lock
  /// after each change. False: `limit` is over.
  bool wait_until(const std::function<bool(const Counters&)>& done,
                  std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  /// Waits for `n` requests (counted since the last reset_counters()).
  bool wait_for_requests(Server server, std::uint64_t n,
                         std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  bool wait_for_hanging(std::uint64_t n,
                        std::chrono::milliseconds limit = std::chrono::seconds(10)) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atlassian
