// A real redis-server or memcached.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "process.h"
#include "support/temporary_directory.h"

namespace module_tests {

/// On a free port of 127.0.0.1, with its data in memory only.
class StoreServer {
 public:
  enum class Kind { redis, memcached };

  /// Waits until it answers. Throws std::runtime_error when it does not.
  explicit StoreServer(Kind kind);

  /// As CrowdConfluenceSOCache names it.
  [[nodiscard]] std::string provider() const;
  /// httpd's module for it, without "mod_".
  [[nodiscard]] std::string httpd_module() const;

  void stop();
  /// Again on the same port, and with nothing in it.
  void start();
  /// It accepts connections and says nothing until resume().
  void suspend();
  void resume();

  [[nodiscard]] std::vector<std::string> keys() const;
  /// nullopt: there is no such key.
  [[nodiscard]] std::optional<std::string> value(const std::string& key) const;
  void set_value(const std::string& key, std::string_view value) const;
  void clear() const;

  /// What httpd and the functions above asked it for, one command each.
  struct Commands {
    std::uint64_t gets = 0;
    std::uint64_t sets = 0;
    std::uint64_t removals = 0;
  };
  [[nodiscard]] Commands commands() const;

 private:
  [[nodiscard]] std::vector<std::string> command() const;
  /// It, and not another process on this port.
  [[nodiscard]] bool answers() const;
  void try_to_start();
  /// Sends a command and gives the whole answer. Throws std::runtime_error when there is none
  /// within the test's patience.
  [[nodiscard]] std::string ask(const std::string& text) const;
  [[nodiscard]] std::string statistics() const;

  Kind kind_;
  test_support::TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

/// For the names of test cases.
std::ostream& operator<<(std::ostream& out, StoreServer::Kind kind);

}  // namespace module_tests
