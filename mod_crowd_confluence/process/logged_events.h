// What core has to tell an administrator, in httpd's error log.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_LOGGED_EVENTS_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_LOGGED_EVENTS_H_

#include <httpd.h>

#include "crowd_confluence/broker/session_broker.h"

namespace crowd_confluence::httpd {

class LoggedEvents final : public BrokerEvents {
 public:
  /// Those of one Confluence. `place` is where its CrowdConfluenceURL stands. Both outlive this.
  LoggedEvents(const server_rec* server, const char* place) : server_(server), place_(place) {}

  void breaker_opened(const ConfluenceSettings& settings, Reason reason, std::string_view detail,
                      Duration pause) noexcept override;
  void breaker_closed(const ConfluenceSettings& settings) noexcept override;
  void balancer_cookie_left_out(const ConfluenceSettings& settings,
                                std::string_view name) noexcept override;

 private:
  const server_rec* server_;
  const char* place_;
};

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_LOGGED_EVENTS_H_
