#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "wait.h"

extern char** environ;  // NOLINT: POSIX

namespace module_tests {
namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (added.count(text.substr(0, text.find('='))) == 0) result.push_back(text);
  }
  for (const auto& [name, value] : added) result.push_back(name + "=" + value);
  return result;
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const std::filesystem::path& output,
                 const std::map<std::string, std::string>& environment) {
  // Everything is prepared before fork(): the test has other threads, behind which the child must
  // not allocate.
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables = environment_with(environment);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(variables);
  const pid_t test = getpid();

  id_ = fork();
  if (id_ == -1) throw std::system_error(errno, std::generic_category(), "fork");
  if (id_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != test) _exit(127);
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int null = open("/dev/null", O_RDONLY);
    const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (null == -1 || out == -1) _exit(127);
    dup2(null, 0);
    dup2(out, 1);
    dup2(out, 2);
    close_range(3, ~0U, 0);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
}

Process::~Process() {
  kill(-id_, SIGKILL);
  if (!status_) {
    kill(id_, SIGKILL);
    (void)wait(kPatience);
  }
  (void)wait_for_children(kPatience);
}

bool Process::reap() {
  if (status_) return true;
  int status = 0;
  if (waitpid(id_, &status, WNOHANG) != id_) return false;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

bool Process::is_running() {
  return !reap();
}

void Process::send(int signal) {
  if (is_running()) kill(id_, signal);
}

std::optional<int> Process::wait(std::chrono::milliseconds limit) {
  if (!wait_until([this] { return reap(); }, limit)) return std::nullopt;
  return status_;
}

bool Process::wait_for_children(std::chrono::milliseconds limit) const {
  return wait_until([this] { return kill(-id_, 0) == -1 && errno == ESRCH; }, limit);
}

}  // namespace module_tests
