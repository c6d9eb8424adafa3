// What is said once, by whichever process comes first, until httpd is restarted.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_WARN_ONCE_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_WARN_ONCE_H_

#include <httpd.h>

#include <cstddef>

namespace crowd_confluence::httpd {

enum class WarnOnce {
  cookie_clash,
  balancer_cookie_left_out,
  usual_balancer_cookie_left_out,
  header_too_long,
  redirect_to_itself
};
inline constexpr std::size_t kWarnOnceCount = 5;

/// At the start and at every restart, in the parent: nothing has been said yet. False when there is
/// no memory to share that with the children.
bool forget_warnings(apr_pool_t* config_pool);

/// True for the first caller among all processes.
bool is_first_to_warn(WarnOnce saying) noexcept;

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_WARN_ONCE_H_
