// What keeps others from having checks made: a limit for each client, and a seal on the form.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_CHECK_GUARD_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_CHECK_GUARD_H_

#include <httpd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crowd_confluence::httpd {

/// At the start and at every restart, in the parent. False when there is no memory to share with
/// the children.
bool begin_check_guard(apr_pool_t* config_pool);

/// Nothing if this client may have another check now, which counts; otherwise after how many
/// seconds. A few may come at once, then one in some seconds; of IPv6, a whole /64 is one client.
std::optional<int> seconds_until_next_check(const apr_sockaddr_t& client, apr_time_t now) noexcept;

/// A place among the checks that run in this process at once. They take seconds, and threads are
/// for others, too.
class RunningCheck {
 public:
  explicit RunningCheck(std::uint32_t most) noexcept;
  RunningCheck(const RunningCheck&) = delete;
  RunningCheck& operator=(const RunningCheck&) = delete;
  ~RunningCheck();

  /// False when there are too many.
  explicit operator bool() const { return has_place_; }

 private:
  bool has_place_;
};

/// What the form of this client carries, so that no page of another site can send it. `now` within
/// an hour or two.
std::string form_seal(std::string_view client_address, apr_time_t now);

/// Whether the form has the seal of this client. Takes as long whatever it has.
bool is_form_seal(std::string_view seal, std::string_view client_address, apr_time_t now);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_CHECK_GUARD_H_
