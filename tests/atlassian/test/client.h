// A plain HTTP client that shows what came over the wire.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator.h"

namespace atlassian {

struct Answer {
  std::string status_line;
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// The connection ended before the answer was complete.
  bool broken = false;

  /// Values of all lines of this name, compared without case.
  std::vector<std::string> all(std::string_view name) const;
  /// Of the first one, or empty.
  std::string header(std::string_view name) const;
  /// Value of the last Set-Cookie of this name; nullopt: there is none.
  std::optional<std::string> set_cookie(std::string_view name) const;
};

/// Of a whole response; a body may follow.
Answer parse_answer(std::string_view raw);
/// tests/recorded/NAME.http
Answer recording(const std::string& name);

using HeaderLines = std::vector<std::pair<std::string, std::string>>;

/// One connection. Reading gives up after `kPatience`, which fails the test.
class Client {
 public:
  static constexpr auto kPatience = std::chrono::seconds(10);

  explicit Client(std::uint16_t port, const std::string& from = "127.0.0.1");
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes);
  Answer read_answer();
  /// The server closed, and nothing was left to read.
  bool closed();
  /// errno of the last failed read; 0 after an orderly end.
  int last_error() const { return last_error_; }

  Answer request(std::string_view method, const std::string& target,
                 const HeaderLines& headers = {}, std::string_view body = {});
  Answer get(const std::string& target, const HeaderLines& headers = {}) {
    return request("GET", target, headers);
  }

 private:
  bool read_more();

  int socket_;
  std::string received_;
  int last_error_ = 0;
};

/// Cookie and X-Forwarded-For of somebody's request, as the module sends them.
HeaderLines visitor(const std::string& token, const std::string& address,
                    const std::string& session = {});

inline constexpr const char* kProbe = "/rest/api/user/current";

/// A simulator whose Crowd trusts the tests' own address, 127.0.0.1.
SimulatorOptions trusting();

}  // namespace atlassian
