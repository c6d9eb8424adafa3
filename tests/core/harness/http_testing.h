// What the tests of HttpClient have in common: servers, requests and errors.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "crowd_confluence/http/client.h"
#include "support/raw_server.h"

namespace http_testing {

inline const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// What slow machines may take on top of a time-out.
inline constexpr auto kPatience = std::chrono::seconds(5);

/// Answers every request with kOk.
void answer_all(test_support::RawConnection& connection);

/// Answers the first request of every connection with these bytes, then closes.
test_support::RawServer::Handler once(std::string bytes);

class Requests;

/// As `once`, and adds the requests to those that are remembered.
test_support::RawServer::Handler once(std::string bytes, Requests& requests);

/// Asked with a client of its own.
crowd_confluence::Expected<crowd_confluence::HttpResponse, crowd_confluence::HttpError> get(
    const std::string& url, crowd_confluence::HttpSettings settings = {});

void check_error(const crowd_confluence::Expected<crowd_confluence::HttpResponse,
                                                  crowd_confluence::HttpError>& result,
                 crowd_confluence::HttpFailure reason);

/// Remembers the requests of all connections.
class Requests {
 public:
  void add(std::string head);
  std::vector<std::string> all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
};

/// Sets a variable of the environment and puts the old value back. No other thread of the test
/// reads the environment meanwhile.
class Environment {
 public:
  Environment(const char* name, const std::string& value);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment();

 private:
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace http_testing
