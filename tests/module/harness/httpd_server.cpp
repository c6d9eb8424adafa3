#include "httpd_server.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ios>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "read_file.h"
#include "sanitizer.h"
#include "wait.h"

namespace module_tests {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStarted = "configured -- resuming normal operations";

// Those that every configuration of the tests may use. What is compiled into httpd has no file.
constexpr const char* kModules[] = {
    "unixd",      "log_config", "authn_core", "authn_file", "authz_core",     "authz_user",
    "authz_host", "auth_basic", "mime",       "dir",        "alias",          "env",
    "setenvif",   "headers",    "rewrite",    "include",    "remoteip",       "proxy",
    "proxy_http", "version",    "logio",      "watchdog",   "proxy_wstunnel", "asis"};

std::string name_of(Mpm mpm) {
  switch (mpm) {
    case Mpm::prefork:
      return "prefork";
    case Mpm::worker:
      return "worker";
    case Mpm::event:
      break;
  }
  return "event";
}

std::string load_module(const std::string& name) {
  const fs::path file = fs::path(APACHE_LIBEXECDIR) / ("mod_" + name + ".so");
  if (!fs::exists(file)) return "";
  return "LoadModule " + name + "_module \"" + file.string() + "\"\n";
}

/// As root, the children become somebody else, as in real life.
std::string user_and_group() {
  if (geteuid() != 0) return "";
  for (const char* name : {"www-data", "apache", "nobody", "daemon"}) {
    const passwd* user = getpwnam(name);
    if (user == nullptr) continue;
    return "User " + std::string(name) + "\nGroup \"#" + std::to_string(user->pw_gid) + "\"\n";
  }
  return "";
}

/// The fields of /proc/PID/stat behind the program's name; none when there is no such process.
std::vector<std::string> process_state(pid_t process) {
  std::string text;
  try {
    text = read_file("/proc/" + std::to_string(process) + "/stat");
  } catch (const std::ios_base::failure&) {
    return {};  // it ended after the file had been opened
  }
  std::istringstream in(text.substr(std::min(text.rfind(')') + 1, text.size())));
  return {std::istream_iterator<std::string>(in), {}};
}

bool is_running_child(pid_t child) {
  const std::vector<std::string> state = process_state(child);
  return !state.empty() && state.front() != "Z" && state.front() != "X";
}

/// Of a process whose end nobody has asked for yet; 0 when it ended by itself.
int signal_that_ended(pid_t child) {
  const std::vector<std::string> state = process_state(child);
  constexpr std::size_t kExitCode = 49;
  return state.size() > kExitCode ? std::stoi(state[kExitCode]) & 0x7f : 0;
}

}  // namespace

fs::path module_under_test() {
  const char* named = std::getenv("CROWD_CONFLUENCE_MODULE");
  return named != nullptr ? named : CROWD_CONFLUENCE_MODULE;
}

std::uint16_t free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  const int error = errno;
  close(listener);
  if (!bound) throw std::system_error(error, std::generic_category(), "a free port");
  return ntohs(address.sin_port);
}

HttpdServer::HttpdServer(HttpdOptions options)
    : options_(std::move(options)),
      sanitizer_(directory_.path()),
      log_({directory_.path() / "logs/error.log", directory_.path() / "logs/stderr.log"}) {
  // As root, httpd's children are another user.
  fs::permissions(root(), fs::perms(0755));
  for (const char* name : {"logs", "run", "htdocs"}) fs::create_directory(root() / name);
}

HttpdServer::~HttpdServer() = default;

fs::path HttpdServer::write(const fs::path& name, std::string_view content) const {
  fs::create_directories((root() / name).parent_path());
  return directory_.write(name.string(), content);
}

std::string HttpdServer::common_configuration() const {
  std::ostringstream out;
  out << "Define ROOT \"" << root().string() << "\"\n"
      << "Define PORT " << port_ << "\nDefine PORT2 " << port2_ << "\n";
  for (const auto& [name, value] : options_.defines)
    out << "Define " << name << " \"" << value << "\"\n";
  out << R"(
ServerRoot "${ROOT}"
DefaultRuntimeDir "${ROOT}/run"
PidFile "${ROOT}/run/httpd.pid"
ServerName localhost
Listen 127.0.0.1:${PORT}
ErrorLog "${ROOT}/logs/error.log"
ErrorLogFormat "[%-m:%-l] [pid %P] %-E: %M"
)";
  out << load_module("mpm_" + name_of(options_.mpm));
  for (const char* name : kModules) out << load_module(name);
  for (const std::string& name : options_.modules) out << load_module(name);
  if (!options_.module.empty())
    out << "LoadModule crowd_confluence_module \"" << options_.module.string() << "\"\n"
        << "LogLevel notice crowd_confluence:trace8\n";
  else
    out << "LogLevel notice\n";
  out << user_and_group();
  // Room for one child more, or httpd warns as soon as all are busy.
  const unsigned most = options_.children + 1;
  if (options_.mpm == Mpm::prefork) {
    out << "StartServers " << options_.children << "\nMinSpareServers 1\nMaxSpareServers " << most
        << "\nServerLimit " << most << "\nMaxRequestWorkers " << most << "\n";
  } else {
    const unsigned workers = most * options_.threads;
    out << "StartServers " << options_.children << "\nServerLimit " << most << "\nThreadsPerChild "
        << options_.threads << "\nThreadLimit " << options_.threads << "\nMaxRequestWorkers "
        << workers << "\nMinSpareThreads 1\nMaxSpareThreads " << workers << "\n";
  }
  out << R"(
TypesConfig /dev/null
DocumentRoot "${ROOT}/htdocs"
<Directory />
  AllowOverride None
  Require all denied
</Directory>
<Directory "${ROOT}/htdocs">
  Require all granted
</Directory>
KeepAlive On
LogFormat "%a %>s %U" plain
CustomLog "${ROOT}/logs/access.log" plain
Header always set Test-Result "%{CROWD_CONFLUENCE_RESULT}e"
Header always set Test-Source "%{CROWD_CONFLUENCE_SOURCE}e"
Header always set Test-User "%{CROWD_CONFLUENCE_USER}e"
Header always set Test-Reason "%{CROWD_CONFLUENCE_REASON}e"
)";
  return out.str();
}

std::vector<std::string> HttpdServer::command() const {
  return {APACHE_HTTPD,  "-d", root().string(), "-f", (root() / "httpd.conf").string(),
          "-DFOREGROUND"};
}

void HttpdServer::reconfigure(std::string_view configuration) {
  write("httpd.conf", common_configuration() + "\n" + std::string(configuration) + "\n");
}

std::string HttpdServer::test_configuration() const {
  const fs::path output = write("test-output", "");
  std::vector<std::string> words = command();
  words.back() = "-t";
  Process process(words, output, sanitizer_.environment());
  if (!process.wait(kPatience)) throw std::runtime_error("httpd -t hangs");
  return read_file(output);
}

HttpdServer::Start HttpdServer::try_to_start(std::string_view configuration) {
  port_ = free_port();
  port2_ = free_port();
  for (const char* name : {"logs/error.log", "logs/stderr.log"}) write(name, "");
  reconfigure(configuration);
  std::map<std::string, std::string> environment = sanitizer_.environment();
  environment.insert(options_.environment.begin(), options_.environment.end());
  process_ = std::make_unique<Process>(command(), root() / "logs/stderr.log", environment);
  const bool decided =
      wait_until([this] { return log_.count(kStarted) > 0 || !process_->is_running(); });
  if (decided && process_->is_running()) return Start::running;
  if (!decided) throw std::runtime_error("httpd hangs at its start:\n" + log_.text());
  process_.reset();
  return log_.count("Address already in use|could not bind to address") > 0 ? Start::port_taken
                                                                            : Start::refused;
}

void HttpdServer::start(std::string_view configuration) {
  constexpr int kAttempts = 10;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    switch (try_to_start(configuration)) {
      case Start::running:
        return;
      case Start::refused:
        throw std::runtime_error("httpd does not start:\n" + log_.text());
      case Start::port_taken:
        break;
    }
  }
  throw std::runtime_error("httpd finds no free port:\n" + log_.text());
}

std::optional<std::string> HttpdServer::start_refused(std::string_view configuration) {
  Start outcome = Start::port_taken;
  while (outcome == Start::port_taken) outcome = try_to_start(configuration);
  if (outcome == Start::refused) return log_.text();
  process_.reset();
  return std::nullopt;
}

void HttpdServer::restart_gracefully() {
  const std::size_t generations = log_.count(kStarted);
  process_->send(SIGUSR1);
  const bool restarted =
      wait_until([&] { return log_.count(kStarted) > generations || !process_->is_running(); });
  if (!restarted || !process_->is_running())
    throw std::runtime_error("httpd does not come back after a graceful restart:\n" + log_.text());
}

std::vector<std::string> HttpdServer::end_children() {
  const std::vector<pid_t> children = child_process_ids();
  process_->send(SIGWINCH);
  // The parent looks after them once in a second only; until then they are zombies.
  const auto ended = [&] {
    if (sanitizer_.delays_signals()) process_->send(SIGWINCH);
    return std::none_of(children.begin(), children.end(),
                        [](pid_t child) { return is_running_child(child); });
  };
  if (!wait_until(ended)) return {"a child process of httpd does not end"};
  std::vector<std::string> complaints;
  for (const pid_t child : children)
    if (const int signal = signal_that_ended(child))
      complaints.push_back("a child process of httpd was ended by signal " +
                           std::to_string(signal));
  return complaints;
}

std::vector<std::string> HttpdServer::stop() {
  std::vector<std::string> complaints = stop_processes();
  for (std::string& report : sanitizer_.reports()) complaints.push_back(std::move(report));
  return complaints;
}

std::vector<std::string> HttpdServer::stop_processes() {
  std::vector<std::string> complaints;
  if (!process_) return complaints;
  if (!process_->is_running()) {
    complaints.emplace_back("httpd ended by itself");
  } else {
    complaints = end_children();
    process_->send(SIGTERM);
    const std::optional<int> status = process_->wait(kPatience);
    if (!status) complaints.emplace_back("httpd does not stop");
    if (status && *status != 0)
      complaints.emplace_back("httpd stopped with status " + std::to_string(*status));
    if (status && !process_->wait_for_children(kPatience))
      complaints.emplace_back("httpd left children behind");
  }
  process_.reset();
  for (std::string& line : log_.complaints()) complaints.push_back(std::move(line));
  return complaints;
}

std::vector<pid_t> HttpdServer::child_process_ids() const {
  const std::string id = std::to_string(process_->id());
  std::istringstream in(read_file("/proc/" + id + "/task/" + id + "/children"));
  std::vector<pid_t> result;
  for (pid_t child = 0; in >> child;) result.push_back(child);
  return result;
}

std::string HttpdServer::logs() const {
  std::string result;
  for (const auto& entry : fs::directory_iterator(root() / "logs"))
    result += read_file(entry.path());
  return result;
}

}  // namespace module_tests
