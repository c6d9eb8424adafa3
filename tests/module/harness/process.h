// A child process that never outlives the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace module_tests {

/// Runs in a session of its own, so that it and all its children can be ended together. When the
/// test dies, by whatever signal, the process gets a SIGTERM.
class Process {
 public:
  /// Standard output and error go to the end of the file `output`. Variables in `environment` are
  /// added to the test's own. Throws std::system_error when the program cannot be started.
  Process(const std::vector<std::string>& command, const std::filesystem::path& output,
          const std::map<std::string, std::string>& environment = {});
  /// Ends the process and its children at once.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t id() const { return id_; }
  [[nodiscard]] bool is_running();
  void send(int signal);

  /// Waits for the end. The exit status, or 128 + the signal as the shell has it; nullopt when the
  /// process still runs after `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit);
  /// Waits for the end of all its children, too; false when some are left after `limit`.
  [[nodiscard]] bool wait_for_children(std::chrono::milliseconds limit) const;

 private:
  bool reap();

  pid_t id_ = -1;
  std::optional<int> status_;
};

}  // namespace module_tests
