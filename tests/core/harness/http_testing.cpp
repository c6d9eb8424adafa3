#include "harness/http_testing.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <utility>

#include "harness/printing.h"

namespace http_testing {

using namespace crowd_confluence;
using test_support::RawConnection;
using test_support::RawServer;

void answer_all(RawConnection& connection) {
  while (connection.read_request()) connection.write(kOk);
}

RawServer::Handler once(std::string bytes) {
  return [bytes = std::move(bytes)](RawConnection& connection) {
    if (connection.read_request()) connection.write(bytes);
  };
}

RawServer::Handler once(std::string bytes, Requests& requests) {
  return [bytes = std::move(bytes), &requests](RawConnection& connection) {
    const auto head = connection.read_request();
    if (!head) return;
    requests.add(*head);
    connection.write(bytes);
  };
}

Expected<HttpResponse, HttpError> get(const std::string& url, HttpSettings settings) {
  HttpClient client(std::move(settings));
  return client.get(url, {});
}

void check_error(const Expected<HttpResponse, HttpError>& result, HttpFailure reason) {
  BOOST_TEST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().failure == reason,
             result.error().failure << ": " << result.error().text);
  BOOST_TEST(!result.error().text.empty());
  BOOST_TEST(!result.error().text.ends_with('.'), result.error().text);
  BOOST_TEST(result.error().text.find_first_of("\r\n") == std::string::npos);
}

void Requests::add(std::string head) {
  const std::lock_guard lock(mutex_);
  heads_.push_back(std::move(head));
}

std::vector<std::string> Requests::all() const {
  const std::lock_guard lock(mutex_);
  return heads_;
}

Environment::Environment(const char* name, const std::string& value) : name_(name) {
  if (const char* old = std::getenv(name)) old_ = old;
  setenv(name, value.c_str(), 1);
}

Environment::~Environment() {
  if (old_) {
    setenv(name_, old_->c_str(), 1);
  } else {
    unsetenv(name_);
  }
}

}  // namespace http_testing
