// An HTTP/1.1 server, plain or TLS, that can misbehave.
#pragma once

#include <cstdint>
#include <memory>

#include "options.h"
#include "service.h"

namespace atlassian {

/// Every function may be called from any thread but the server's own.
class HttpServer {
 public:
  /// Listens when it returns. `service` must outlive the server. Throws std::exception when the
  /// address or a file is unusable.
  HttpServer(const Listener& listener, Service& service);
  /// Closes all connections and joins the threads.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:8080"
  std::string origin() const;

  /// Lets go on what hangs.
  void release();
  void stop_listening();
  void start_listening();
  void close_idle_connections();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atlassian
