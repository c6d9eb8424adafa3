#include "process/readable_files.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unixd.h>

#include <cerrno>

#include "config/config.h"
#include "log.h"

namespace crowd_confluence::httpd {
namespace {

/// As mod_unixd does it in each child. False when it cannot be done.
bool become_httpds_user() {
  if (ap_unixd_config.chroot_dir != nullptr &&
      (chdir(ap_unixd_config.chroot_dir) != 0 || chroot(ap_unixd_config.chroot_dir) != 0))
    return false;
  const char* name = ap_unixd_config.user_name;
  if (name != nullptr && name[0] == '#') {
    const passwd* user = getpwuid(ap_unixd_config.user_id);
    name = user != nullptr ? user->pw_name : nullptr;
  }
  return setgid(ap_unixd_config.group_id) == 0 &&
         (name != nullptr ? initgroups(name, ap_unixd_config.group_id) : setgroups(0, nullptr)) ==
             0 &&
         setuid(ap_unixd_config.user_id) == 0;
}

/// Why httpd's user cannot read the file: an errno, or 0. A process of its own tries, as modes say
/// nothing of access lists, the folders above, and file systems of other machines.
int why_unreadable(const char* path) {
  if (geteuid() != 0 || ap_unixd_config.user_id == 0) return 0;  // reading the directive tried it
  const pid_t process = fork();
  if (process < 0) return 0;
  if (process == 0) {
    if (!become_httpds_user()) _exit(0);
    _exit(open(path, O_RDONLY | O_CLOEXEC) < 0 ? errno : 0);
  }
  int status = 0;
  while (waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

}  // namespace

void warn_of_unreadable_files(const server_rec* server) {
  const apr_array_header_t* files = server_config(server).files;
  for (int i = 0; i < files->nelts; ++i) {
    const FileOfChildren& file = APR_ARRAY_IDX(files, i, const FileOfChildren);
    const int error = why_unreadable(file.path);
    if (error == 0) continue;
    ap_log_error(APLOG_MARK, APLOG_ERR, error, server,
                 CCF_UNREADABLE_FILE
                 "%s: httpd's user '%s' cannot read '%s' of %s: no session is obtained with it. "
                 "Remedy: let this user read the file, and enter the folders above it",
                 file.place, ap_unixd_config.user_name, file.path, file.directive);
  }
}

}  // namespace crowd_confluence::httpd
