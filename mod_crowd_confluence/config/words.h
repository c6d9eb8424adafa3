// What the functions of all directives have in common.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_WORDS_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_WORDS_H_

#include <httpd.h>

#include <apr_strings.h>
#include <http_config.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace crowd_confluence::httpd {

/// The words behind a directive's name.
using Words = std::vector<std::string_view>;

inline const char* copy(const cmd_parms* cmd, std::string_view text) {
  return apr_pstrmemdup(cmd->pool, text.data(), text.size());
}

/// The message with which a directive refuses its value.
inline const char* refuse(const cmd_parms* cmd, std::string_view text) {
  return copy(cmd, std::string(cmd->cmd->name) + ": " + std::string(text));
}

/// Said in the log when the start has succeeded, and by `httpd -t`.
inline void say_at_start(const cmd_parms* cmd, int level, const char* text) {
  APR_ARRAY_PUSH(server_config(cmd->server).messages, StartMessage) = {level, text};
}

inline const char* set_flag(cmd_parms*, std::optional<bool>& setting, int on) {
  setting = on != 0;
  return nullptr;
}

/// A number of the given range, written in digits only.
inline std::optional<long> read_number(std::string_view text, long least, long most) {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-' ||
      number < least || number > most)
    return std::nullopt;
  return number;
}

/// A time as everywhere in httpd: a number with ms, s, min or h; seconds without.
inline std::optional<std::chrono::milliseconds> read_time(apr_pool_t* pool, std::string_view text) {
  constexpr std::size_t kLongestText = 12;  // larger numbers overflow in httpd's function
  if (text.empty() || text.front() < '0' || text.front() > '9' || text.size() > kLongestText)
    return std::nullopt;
  apr_interval_time_t time = 0;
  const char* terminated = apr_pstrmemdup(pool, text.data(), text.size());
  if (ap_timeout_parameter_parse(terminated, &time, "s") != APR_SUCCESS) return std::nullopt;
  return std::chrono::milliseconds(apr_time_as_msec(time));
}

/// Sets a time between the two bounds. The message shows what was `written`, and says that
/// `allowed` are the bounds.
template <typename Setting>
const char* set_time(const cmd_parms* cmd, std::string_view written, std::string_view value,
                     std::chrono::milliseconds shortest, std::chrono::milliseconds longest,
                     const char* allowed, Setting& setting) {
  const auto time = read_time(cmd->pool, value);
  if (!time || *time < shortest || *time > longest)
    return refuse(cmd, "'" + std::string(written) + "' is no time; allowed is " + allowed +
                           ", as a number with ms, s, min or h (none: seconds)");
  setting = *time;
  return nullptr;
}

/// Reads the value of `name=TIME` in a URL's directive.
inline const char* read_timeout(const cmd_parms* cmd, std::string_view word, std::string_view value,
                                std::chrono::milliseconds& time) {
  return set_time(cmd, word, value, std::chrono::milliseconds(1), std::chrono::hours(1),
                  "1ms to 1h", time);
}

/// Reads the value of `max=N`.
template <typename Setting>
const char* read_max(const cmd_parms* cmd, std::string_view word, std::string_view value,
                     Setting& max) {
  const auto number = read_number(value, 1, 100'000);
  if (!number)
    return refuse(cmd,
                  "'" + std::string(word) + "' is no number of threads; allowed is 1 to 100000");
  max = static_cast<std::uint32_t>(*number);
  return nullptr;
}

/// Reads what stands behind a server's URL, as in ProxyPass.
template <typename Server, typename Max>
const char* read_url_parameters(const cmd_parms* cmd, const Words& words, Server& server,
                                Max& max) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string_view name = words[i].substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : words[i].substr(equals + 1);
    const char* problem = nullptr;
    if (name == "connectiontimeout") {
      problem = read_timeout(cmd, words[i], value, server.connect_timeout);
    } else if (name == "timeout") {
      problem = read_timeout(cmd, words[i], value, server.timeout);
    } else if (name == "retry") {
      problem = read_timeout(cmd, words[i], value, server.retry);
    } else if (name == "max") {
      problem = read_max(cmd, words[i], value, max);
    } else {
      problem = refuse(
          cmd, "'" + std::string(words[i]) +
                   "' is unknown; allowed are connectiontimeout=TIME, timeout=TIME, retry=TIME "
                   "and max=N");
    }
    if (problem != nullptr) return problem;
  }
  return nullptr;
}

/// Runs a directive's function. No exception crosses into httpd.
template <typename Function>
const char* guarded(const cmd_parms* cmd, Function function) noexcept {
  try {
    return function();
  } catch (const std::exception& error) {
    return apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", error.what(), nullptr);
  }
}

/// httpd calls each directive's function as what its kind (FLAG, TAKE_ARGV) says.
template <typename Function>
cmd_func as_command(Function* function) {
  return reinterpret_cast<cmd_func>(reinterpret_cast<void (*)()>(function));
}

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_WORDS_H_
