// Where a simulated server listens.
#pragma once

#include <cstdint>
#include <string>

namespace atlassian {

/// Where a server listens. Fixed for the simulator's lifetime.
struct Listener {
  /// Any address of 127.0.0.0/8, or ::1.
  std::string address = "127.0.0.1";
  /// 0: a free port.
  std::uint16_t port = 0;
  /// PEM files. Both set: the server speaks TLS only.
  std::string certificate_file = {};
  std::string private_key_file = {};
  /// PEM file. Set: clients must show a certificate of this CA.
  std::string client_ca_file = {};
  /// Threads that serve connections.
  unsigned threads = 1;
};

}  // namespace atlassian
