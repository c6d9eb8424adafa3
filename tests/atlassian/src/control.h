// The simulator's controls over HTTP, for tests, demos and benchmarks in other processes.
//
// Bodies are JSON (Content-Type: application/json). Errors: 400 {"error":"…"}, 404, 405, 415.
//
//   GET    /__control                    URLs, options, counters
//   GET    /__control/crowd              options; PATCH changes those that are named
//   GET    /__control/confluence         the same
//   GET    /__control/second-crowd       the same, where there is one
//   GET    /__control/causes             {"causes":[{"word","simulated","environment"}]}
//   POST   /__control/causes             {"word"} and, if they are not those of Scene (causes.h),
//                                        "user", "client", "httpd", "front_proxy": sets the cause
//                                        up → {"cookies","token","token_made_at_confluence",
//                                        "application","application_password","environment"}
//   POST   /__control/mend               all options as at the start, no faults, all listening
//   POST   /__control/probe-as           {"user","address"}: this user asks Confluence's probe
//   POST   /__control/log-in             {"user","address"} or {"user","remote_address",
//                                        "x_forwarded_for"}; with "token" (and "address") that
//                                        value becomes the token; with "server":"second-crowd"
//                                        (and "address") at that one → {"token"}
//   POST   /__control/log-out            {"token"} → {"known"}
//   POST   /__control/expire             {"token"} → {"known"}
//   POST   /__control/remember-me        {"user"} → {"value"} of seraph.confluence
//   POST   /__control/session            {"id"}: value of JSESSIONID → {"known","user"}
//   POST   /__control/restart            Confluence forgets its sessions
//   POST   /__control/clock              {"seconds"}: moves the clock on
//   POST   /__control/faults             {"server":"confluence","kind":"hang", …}; members as in
//                                        fault_json.cpp; DELETE removes all and releases
//   POST   /__control/release            what hangs is answered
//   POST   /__control/stop-listening     {"server"}
//   POST   /__control/start-listening    {"server"}
//   POST   /__control/close-idle         {"server"}
//   GET    /__control/counters           DELETE resets them
//   GET    /__control/requests?server=S  as received, secrets included; DELETE forgets them
//   GET    /__control/wait?counter=NAME&at_least=N&limit_ms=M
//                                        answers when the counter has got there, or time is over:
//                                        {"reached","counters"}
#pragma once

#include <atomic>

#include "service.h"

namespace atlassian {

class Simulator;

/// Waiting blocks a thread of the HTTP server: give its listener several.
class Control : public Service {
 public:
  explicit Control(Simulator& simulator) : simulator_(simulator) {}

  Accepted connection_opened() override { return {++connections_, false}; }
  void connection_closed() override {}
  std::optional<Fault> request_received(const Request&) override { return std::nullopt; }
  void hanging_ended() override {}
  Response handle(const Request& request) override;

 private:
  Simulator& simulator_;
  std::atomic<std::uint64_t> connections_{0};
};

}  // namespace atlassian
