// One client floods a server whose Confluence is slow: others do not notice.

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "children.h"
#include "stage.h"

using namespace module_tests;
using atlassian::Fault;
using atlassian::Server;

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kConfluenceTakes{350};

/// Does the same all the time in many threads, until it goes out of scope.
class Crowd {
 public:
  Crowd(std::size_t threads, const std::function<void(std::size_t)>& work) {
    for (std::size_t i = 0; i < threads; ++i)
      threads_.emplace_back([this, work, i] {
        while (!is_over_) work(i);
      });
  }
  ~Crowd() {
    is_over_ = true;
    for (auto& thread : threads_) thread.join();
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

 private:
  std::atomic<bool> is_over_{false};
  std::vector<std::thread> threads_;
};

struct Count {
  std::atomic<int> tries{0};
  std::atomic<int> sessions{0};
  std::mutex mutex;
  std::map<std::string, int> reasons;  // of those without a session

  void add(const Response& response) {
    ++tries;
    if (response.result() == "session") {
      ++sessions;
      return;
    }
    const std::lock_guard lock(mutex);
    ++reasons[response.reason()];
  }
  /// After the last `add`.
  [[nodiscard]] std::string why() const {
    std::string text;
    for (const auto& [reason, times] : reasons)
      text.append(std::to_string(times)).append(" ").append(reason).append(" ");
    return text;
  }
};

/// While 100 connections of one address send `token_of`'s tokens, new visitors come, each from an
/// address of its own, and known visitors go on over several ends of their sessions.
void check_that_nobody_is_starved(unsigned threads, const std::string& parameters,
                                  std::size_t all_newcomers, std::size_t newcomers_at_once,
                                  const std::function<std::string(std::size_t)>& token_of,
                                  const std::string& directives = {}) {
  constexpr std::size_t kFlood = 100;
  constexpr std::size_t kKnown = 4;
  Stage stage(several_children(Mpm::event, 2, threads));
  stage.httpd.log().allow("server reached MaxRequestWorkers");
  stage.httpd.log().allow("CCF0036: ");  // most tokens are nobody's, indeed
  stage.start("CrowdConfluenceURL ${CONFLUENCE} " + parameters + "\nMaxKeepAliveRequests 0\n" +
              location("/", "CrowdConfluenceSessionTTL 1s\n" + directives));
  const auto address_of = [](std::size_t number) { return "127.0.2." + std::to_string(number); };

  std::vector<Client> known_clients;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < kKnown; ++i) {
    known_clients.push_back(stage.client(address_of(200 + i)));
    known.push_back(stage.cookie_line("bob", address_of(200 + i)));
    BOOST_TEST(known_clients[i].get("/", {known[i]}).user() == "bob");
  }
  std::vector<std::string> newcomers;
  for (std::size_t i = 0; i < all_newcomers; ++i)
    newcomers.push_back(stage.cookie_line("alice", address_of(1 + i)));

  stage.simulator.misbehave(Server::kConfluence, Fault::late(kConfluenceTakes));
  std::atomic<int> turned_away{0};
  std::vector<Client> flood_clients;
  for (std::size_t i = 0; i < kFlood; ++i) flood_clients.push_back(stage.client("127.0.0.66"));
  const Crowd flood(kFlood, [&](std::size_t i) {
    const Response response = flood_clients[i].get("/", {"Cookie: crowd.token_key=" + token_of(i)});
    if (response.reason() != "too-many-waiting") return;
    ++turned_away;
    std::this_thread::sleep_for(milliseconds(60));  // the processors are for the others, too
  });
  Count old_ones;
  Count new_ones;
  {
    const Crowd visitors(kKnown, [&](std::size_t i) {
      old_ones.add(known_clients[i].get("/", {known[i]}));
      std::this_thread::sleep_for(milliseconds(50));
    });
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> queue;
    for (std::size_t i = 0; i < newcomers_at_once; ++i)
      queue.emplace_back([&] {
        for (std::size_t number = next++; number < all_newcomers; number = next++)
          new_ones.add(stage.client(address_of(1 + number)).get("/", {newcomers[number]}));
      });
    for (auto& thread : queue) thread.join();
  }
  BOOST_TEST(turned_away > 0);
  BOOST_TEST(new_ones.tries == static_cast<int>(all_newcomers));
  BOOST_TEST(new_ones.sessions * 100 >= new_ones.tries * 98, new_ones.why());
  BOOST_TEST(old_ones.tries > 20);
  BOOST_TEST(old_ones.sessions == old_ones.tries,
             old_ones.sessions << " of " << old_ones.tries << ", " << old_ones.why());
  BOOST_TEST_MESSAGE("new: " << new_ones.sessions << " of " << new_ones.tries
                             << ", known: " << old_ones.sessions << " of " << old_ones.tries
                             << ", turned away: " << turned_away);
  stage.simulator.clear_faults();
}

std::string made_up(std::size_t) {
  static std::atomic<int> number{0};
  return "made-up-token-" + std::to_string(++number);
}

std::string invalid(std::size_t) {
  return "a-token-of-nobody";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(flood)

BOOST_AUTO_TEST_CASE(made_up_tokens_starve_nobody) {
  check_that_nobody_is_starved(32, "", 100, 10, made_up);
}

BOOST_AUTO_TEST_CASE(nor_does_one_invalid_token) {
  check_that_nobody_is_starved(32, "", 100, 10, invalid, "CrowdConfluenceRejectionTTL 0");
}

BOOST_AUTO_TEST_CASE(nor_where_few_may_wait) {
  check_that_nobody_is_starved(32, "max=16", 24, 4, made_up);
}

BOOST_AUTO_TEST_SUITE_END()
