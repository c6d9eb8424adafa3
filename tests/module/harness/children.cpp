#include "children.h"

#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>

#include "read_file.h"
#include "wait.h"

namespace module_tests {
namespace {

/// Lets nobody through before all are there.
class Gate {
 public:
  explicit Gate(std::size_t all) : all_(all) {}

  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait_for(lock, kPatience, [this] { return arrived_ >= all_; });
  }

 private:
  const std::size_t all_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t arrived_ = 0;
};

/// Whose line "PROCESS PATH" is in the log.
std::map<std::string, pid_t> read_processes(const Stage& stage) {
  std::map<std::string, pid_t> result;
  std::istringstream in(read_file(stage.httpd.root() / "logs/processes.log"));
  pid_t process = 0;
  for (std::string path; in >> process >> path;) result[path] = process;
  return result;
}

bool is_alive(Client& client) {
  try {
    return client.get("/test-process/alive").status == 200;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

HttpdOptions several_children(Mpm mpm, unsigned children, unsigned threads) {
  HttpdOptions options;
  options.mpm = mpm;
  options.children = children;
  options.threads = mpm == Mpm::prefork ? 1 : threads;
  options.modules = {"status"};
  return options;
}

std::string children_configuration() {
  return R"(
LogFormat "%P %U" process
CustomLog "${ROOT}/logs/processes.log" process
KeepAliveTimeout 60
MaxKeepAliveRequests 0
<Location /test-process/>
  CrowdConfluence Off
  ProxyPass ${APP}/test-process/
</Location>
<Location /test-status>
  CrowdConfluence Off
  ProxyPass !
  SetHandler server-status
</Location>
)";
}

std::vector<Connection> connect_to_children(Stage& stage) {
  const HttpdOptions& options = stage.httpd.options();
  const std::size_t all = options.children * options.threads;
  // That all are busy is what is done here.
  stage.httpd.log().allow("AH00161: server reached MaxRequestWorkers");
  // Owned by the responder, as the app may still be calling it when this function ends.
  const auto gate = std::make_shared<Gate>(all);
  stage.app.respond_with([gate](const AppRequest&) {
    gate->pass();
    return AppResponse{};
  });
  std::vector<Client> clients;
  for (std::size_t i = 0; i < all; ++i) clients.push_back(stage.client());
  const auto path = [](std::size_t i) { return "/test-process/" + std::to_string(i); };
  std::vector<std::future<Response>> responses;
  for (std::size_t i = 0; i < all; ++i)
    responses.push_back(std::async(std::launch::async, [&, i] { return clients[i].get(path(i)); }));
  for (auto& response : responses) (void)response.get();
  stage.app.respond_with(AppResponse{});

  std::map<std::string, pid_t> processes;
  const bool are_logged = wait_until([&] {
    processes = read_processes(stage);
    return processes.size() >= all;
  });
  if (!are_logged) throw std::runtime_error("httpd does not log who served a request");

  std::vector<Connection> connections;
  std::map<pid_t, std::size_t> taken;
  for (std::size_t i = 0; i < all; ++i) {
    const pid_t process = processes.at(path(i));
    if (taken[process] == (options.threads + 1) / 2) continue;
    clients[i].keep_to_connection();
    if (!is_alive(clients[i])) continue;
    ++taken[process];
    connections.push_back({std::move(clients[i]), process});
  }
  stage.app.forget();
  if (processes_of(connections).size() < options.children)
    throw std::runtime_error("there is no connection to some child");
  return connections;
}

std::set<pid_t> processes_of(const std::vector<Connection>& connections) {
  std::set<pid_t> result;
  for (const Connection& connection : connections) result.insert(connection.process);
  return result;
}

std::size_t requests_at_work(const Stage& stage) {
  const std::string text = stage.client().get("/test-status?auto").body;
  const std::string name = "Scoreboard: ";
  const std::size_t begin = text.find(name);
  if (begin == std::string::npos) throw std::runtime_error("httpd tells no status");
  const auto first = text.begin() + static_cast<std::ptrdiff_t>(begin + name.size());
  const auto working = std::count(first, std::find(first, text.end(), '\n'), 'W');
  return static_cast<std::size_t>(working) - 1;  // without the one that asks
}

bool wait_for_requests_at_work(const Stage& stage, std::size_t n) {
  return wait_until([&] { return requests_at_work(stage) >= n; });
}

void kill_child(Stage& stage, pid_t child) {
  stage.httpd.log().allow("child pid " + std::to_string(child) + " exit signal Killed");
  kill(child, SIGKILL);
}

}  // namespace module_tests
