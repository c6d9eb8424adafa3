// What an HttpServer asks of the server behind it.
#pragma once

#include <cstdint>
#include <optional>

#include "fault.h"
#include "http_message.h"

namespace atlassian {

/// Called from the HTTP server's threads.
class Service {
 public:
  virtual ~Service() = default;

  struct Accepted {
    /// Number of the connection, from 1.
    std::uint64_t number = 0;
    /// The connection hangs before anything is read; `hanging_ended` is called afterwards.
    bool hangs = false;
  };
  virtual Accepted connection_opened() = 0;
  virtual void connection_closed() = 0;

  /// Called once for each request that arrived in full. A fault of kind kHang counts as hanging
  /// from here until `hanging_ended`.
  virtual std::optional<Fault> request_received(const Request& request) = 0;
  virtual void hanging_ended() = 0;

  virtual Response handle(const Request& request) = 0;
};

}  // namespace atlassian
