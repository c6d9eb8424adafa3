// The same under each of httpd's ways of using processes and threads, with many requests at once.

#include <boost/test/unit_test.hpp>
#include <map>
#include <mutex>
#include <thread>

#include "stage.h"

using namespace module_tests;

namespace {

HttpdOptions options_for(Mpm mpm) {
  HttpdOptions options;
  options.mpm = mpm;
  options.children = mpm == Mpm::prefork ? 6 : 2;
  options.threads = 4;
  return options;
}

/// Several users at once, each from an address of their own, each request with a path that names
/// the user: whose session did the app receive with it?
void check_that_nobody_gets_anothers_session(Mpm mpm) {
  constexpr int kRequests = 25;
  Stage stage(options_for(mpm));
  stage.start("CrowdConfluenceURL ${CONFLUENCE} max=100\n" + location("/"));
  const std::map<std::string, std::string> users = {
      {"alice", "127.0.0.2"}, {"bob", "127.0.0.3"}, {"carol", "127.0.0.4"}};
  std::mutex mutex;
  std::vector<std::string> wrong;
  std::vector<std::thread> threads;
  for (int twice = 0; twice < 2; ++twice) {
    for (const auto& [user, address] : users) {
      const std::string cookie = stage.cookie_line(user, address);
      threads.emplace_back([&, cookie, name = user, from = address] {
        Client client = stage.client(from);
        for (int i = 0; i < kRequests; ++i) {
          std::string seen = "nothing";
          try {
            seen = client.get("/" + name, {cookie}).user();
          } catch (const std::exception& error) {
            seen = error.what();
          }
          if (seen == name) continue;
          const std::lock_guard lock(mutex);
          wrong.push_back(name + " was seen as " + seen);
        }
      });
    }
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : wrong) BOOST_ERROR(text);

  const std::vector<AppRequest> requests = stage.app.requests();
  BOOST_TEST(requests.size() == threads.size() * kRequests);
  for (const AppRequest& request : requests) {
    const std::vector<std::string> session = request.cookie("JSESSIONID");
    BOOST_REQUIRE_EQUAL(session.size(), 1U);
    BOOST_TEST(("/" + stage.owner_of(session.front())) == request.target);
    BOOST_TEST(request.headers.value("X-Forwarded-For").value_or("") ==
               users.at(request.target.substr(1)));
  }
  // Connections are kept, each for one thread at a time.
  const unsigned workers = (stage.httpd.options().children + 1) *
                           (mpm == Mpm::prefork ? 1 : stage.httpd.options().threads);
  BOOST_TEST(stage.simulator.counters().confluence_connections <= workers);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mpm)

BOOST_AUTO_TEST_CASE(prefork) {
  check_that_nobody_gets_anothers_session(Mpm::prefork);
}
BOOST_AUTO_TEST_CASE(worker) {
  check_that_nobody_gets_anothers_session(Mpm::worker);
}
BOOST_AUTO_TEST_CASE(event) {
  check_that_nobody_gets_anothers_session(Mpm::event);
}

BOOST_AUTO_TEST_SUITE_END()
