// The name of the SSO cookie as a Crowd tells it, the same in all processes.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_TOLD_COOKIE_NAME_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_TOLD_COOKIE_NAME_H_

#include <apr_pools.h>
#include <apr_time.h>

#include <atomic>
#include <cstdint>
#include <forward_list>
#include <mutex>
#include <string>
#include <string_view>

namespace crowd_confluence::httpd {

/// Made in the parent process, before it forks; thread-safe, and safe across processes that may be
/// killed at any step. Not to be copied or moved.
class ToldCookieName {
 public:
  /// `unless_told`: the name until Crowd tells one. Without memory to share, every process asks for
  /// itself.
  explicit ToldCookieName(std::string unless_told);
  ToldCookieName(const ToldCookieName&) = delete;
  ToldCookieName& operator=(const ToldCookieName&) = delete;
  ~ToldCookieName();

  /// The last one that was told to any process. Lives as long as this object. Mostly two loads.
  const std::string& current();

  /// Whether Crowd is to be asked now: true for one caller of all processes, and then not before
  /// `patience` is over, or `tell` has set another time.
  bool is_due(apr_time_t now, apr_interval_time_t patience);

  /// What Crowd said, a valid name of at most kLongest bytes, and when it is to be asked again.
  /// True if it is another name than before.
  bool tell(std::string_view name, apr_time_t next);

  static constexpr std::size_t kLongest = 255;

 private:
  struct Shared;

  void take_over(std::uint32_t version);

  Shared* const shared_;  // null without memory
  std::mutex mutex_;      // protects names_
  std::forward_list<std::string> names_;
  std::atomic<const std::string*> current_;
  std::atomic<std::uint32_t> version_{0};  // of `current_`
};

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_TOLD_COOKIE_NAME_H_
