// What is said once, by whichever process comes first, until httpd is restarted; and what is said
// once in a minute.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_WARN_ONCE_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_WARN_ONCE_H_

#include <httpd.h>

#include <cstdint>
#include <optional>

namespace crowd_confluence::httpd {

enum class WarnOnce {
  cookie_clash,
  balancer_cookie_left_out,
  usual_balancer_cookie_left_out,
  header_too_long,
  address_of_proxy,
  end  // how many there are
};

/// At the start and at every restart, in the parent: nothing has been said yet. False when there is
/// no memory to share that with the children.
bool forget_warnings(apr_pool_t* config_pool);

/// True for the first caller among all processes.
bool is_first_to_warn(WarnOnce saying) noexcept;

/// Whether is_first_to_warn was called for it.
bool is_said(WarnOnce saying) noexcept;

/// Counts signs that a WarnOnce::address_of_proxy is due: true at the third one in a row.
bool is_suspicious(bool is_sign) noexcept;

/// How the last exchanges ended.
struct RecentExchanges {
  std::uint32_t all = 0;
  std::uint32_t rejected = 0;
};

/// Counts an exchange of whatever process. Tells of the last ones, once in so many, if most of them
/// were rejected.
std::optional<RecentExchanges> mostly_rejected(bool is_rejected) noexcept;

/// Whether something that may come up with every request is to be said now, and then how often it
/// was left out since it was last said; nothing while some process has said it in the last minute.
/// `what` tells it from everything else that is said so. `now` as in request_rec::request_time.
std::optional<std::uint32_t> to_be_said_again(std::uint64_t what, apr_time_t now) noexcept;

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_WARN_ONCE_H_
