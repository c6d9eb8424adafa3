// Which of httpd's child processes serves whom.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

#include "stage.h"

namespace module_tests {

/// A connection that is kept, and with it the child process that serves it. When it ends, so do the
/// requests over it.
struct Connection {
  Client client;
  pid_t process;
};

[[nodiscard]] HttpdOptions several_children(Mpm mpm, unsigned children, unsigned threads = 4);

/// To be added to a configuration for the functions below.
[[nodiscard]] std::string children_configuration();

/// Connections to all children: one to each of prefork, half as many to each other as it has
/// threads, because event closes the idle ones when all of its threads are busy. While this runs,
/// the app answers these connections only; afterwards it says hello to everybody.
[[nodiscard]] std::vector<Connection> connect_to_children(Stage& stage);

[[nodiscard]] std::set<pid_t> processes_of(const std::vector<Connection>& connections);

/// How many requests are being worked on. Needs httpd's module "status" and a free thread.
[[nodiscard]] std::size_t requests_at_work(const Stage& stage);
[[nodiscard]] bool wait_for_requests_at_work(const Stage& stage, std::size_t n);

/// Ends a child by SIGKILL and announces what httpd says of it.
void kill_child(Stage& stage, pid_t child);

}  // namespace module_tests
