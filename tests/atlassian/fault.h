// What the simulated servers can do wrong, and to which requests.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace atlassian {

/// kSecondCrowd: where the simulator has one.
enum class Server { kCrowd, kConfluence, kSecondCrowd };

/// One way of misbehaving, for the requests that match. Made by the static functions, narrowed by
/// the others: Fault::hang().on("/rest/api/").times(3). Without narrowing: every request, until
/// Simulator::clear_faults(). Of several faults that match, the first set is applied.
///
/// A request that is hit counts as received. Unless said otherwise it is not handled: no session
/// is made, Crowd is not asked.
struct Fault {
  enum class Kind {
    kDelay,
    kHang,
    kClose,
    kReset,
    kBreakOff,
    kRespondWith,
    kRewrite,
    kHugeHeaders,
    kHugeBody,
    kTrickle,
    kCloseAfterResponse,
    kHangOnConnect,
  };

  /// Handles and answers after `delay`.
  static Fault late(std::chrono::milliseconds delay);
  /// Reads the request and says nothing. Handled and answered after Simulator::release().
  static Fault hang();
  /// Closes the connection without an answer.
  static Fault close();
  /// The same with a TCP reset.
  static Fault reset();
  /// Handles, sends the first `bytes` bytes of the response's headers, closes.
  static Fault break_off_in_headers(std::size_t bytes = 20);
  /// Handles, sends the headers and the first `bytes` bytes of the body, closes.
  static Fault break_off_in_body(std::size_t bytes = 1);
  /// Sends these bytes as they are: a recording, junk, nothing valid. Then closes, or, with
  /// `keep_open`, waits for the next request.
  static Fault respond_with(std::string raw, bool keep_open = false);
  /// Handles, and sends what `change` makes of the whole response (in-process only).
  static Fault rewrite(std::function<std::string(std::string)> change);
  /// Handles; adds header lines of `bytes` bytes together to the response.
  static Fault huge_headers(std::size_t bytes);
  /// Handles; sends a body of `bytes` bytes with a matching Content-Length.
  static Fault huge_body(std::size_t bytes);
  /// Handles; sends one byte every `pause`.
  static Fault trickle(std::chrono::milliseconds pause);
  /// Handles and answers as usual, then closes without having announced it: a kept-alive
  /// connection that is dead when it is used again.
  static Fault close_after_response();
  /// Accepts connections and neither reads nor (with TLS) shakes hands, until release().
  /// Narrowing by path or method has no meaning here.
  static Fault hang_on_connect();

  /// Only targets that start with this (context path included).
  Fault on(std::string target_prefix) && {
    path_prefix = std::move(target_prefix);
    return std::move(*this);
  }
  Fault for_method(std::string only) && {
    method = std::move(only);
    return std::move(*this);
  }
  Fault times(std::size_t n) && {
    remaining = n;
    return std::move(*this);
  }
  Fault once() && { return std::move(*this).times(1); }
  /// Lets the first `n` matching requests pass.
  Fault after(std::size_t n) && {
    skip = n;
    return std::move(*this);
  }

  Kind kind = Kind::kDelay;
  std::chrono::milliseconds pause{0};
  std::size_t bytes = 0;
  bool in_body = false;
  bool keep_open = false;
  std::string raw = {};
  std::function<std::string(std::string)> change = {};
  std::string path_prefix = {};
  std::string method = {};
  std::size_t skip = 0;
  std::optional<std::size_t> remaining = {};
};

}  // namespace atlassian
