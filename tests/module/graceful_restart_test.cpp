// Sessions outlive the processes that obtained them.

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <mutex>
#include <random>
#include <thread>

#include "children.h"
#include "stage.h"
#include "wait.h"

using namespace module_tests;
using atlassian::Fault;
using atlassian::Server;

namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

const std::vector<std::string> kUsers = {"alice", "bob", "carol"};

/// Requests of several users, one after the other over new connections, as long as it lives.
class Load {
 public:
  struct Answer {
    std::string user;  // who asked
    Response response;
    std::string error;  // why there is no response
    steady_clock::duration took;
  };
  /// Called from several threads at a time, but never at once.
  using Check = std::function<void(const Answer&)>;

  Load(Stage& stage, std::size_t threads, Check check) : stage_(stage), check_(std::move(check)) {
    for (std::size_t i = 0; i < threads; ++i) {
      const std::string user = kUsers[i % kUsers.size()];
      threads_.emplace_back(
          [this, user, cookie = stage_.cookie_line(user)] { ask_again_and_again(user, cookie); });
    }
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() {
    is_ending_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  /// Until so many more requests have been answered.
  void wait_for(std::size_t requests) const {
    const std::size_t before = answered_;
    BOOST_TEST(wait_until([&] { return answered_ >= before + requests; }));
  }

 private:
  void ask_again_and_again(const std::string& user, const std::string& cookie) {
    while (!is_ending_) {
      Answer answer{user, {}, {}, {}};
      const auto began = steady_clock::now();
      try {
        answer.response = stage_.get("/", {cookie});
      } catch (const std::exception& error) {
        answer.error = error.what();
      }
      answer.took = steady_clock::now() - began;
      const std::lock_guard lock(mutex_);
      check_(answer);
      ++answered_;
    }
  }

  Stage& stage_;
  const Check check_;
  std::mutex mutex_;
  std::atomic<std::size_t> answered_ = 0;
  std::atomic<bool> is_ending_ = false;
  std::vector<std::thread> threads_;
};

void check_that_restarts_lose_nothing(Mpm mpm, int restarts) {
  Stage stage(several_children(mpm, mpm == Mpm::prefork ? 6 : 2));
  // Or the log grows so long that reading it takes longer than all else.
  stage.start("LogLevel crowd_confluence:info\nCrowdConfluenceURL ${CONFLUENCE}\n" + location("/"));
  // Where old children are slow to end, there is no place left for new ones.
  stage.httpd.log().allow("AH03490: scoreboard is full|AH00161: server reached MaxRequestWorkers");
  std::vector<std::string> problems;
  {
    const Load load(stage, kUsers.size(), [&](const Load::Answer& answer) {
      if (!answer.error.empty())
        problems.push_back(answer.error);
      else if (answer.response.user() != answer.user)
        problems.push_back(answer.response.result() + " " + answer.response.reason());
    });
    for (int i = 0; i < restarts; ++i) {
      load.wait_for(5);
      stage.httpd.restart_gracefully();
    }
    load.wait_for(20);
  }
  for (const std::string& problem : problems) BOOST_ERROR(problem);
  BOOST_TEST(stage.exchanges() == kUsers.size());
}

/// Children are killed under load: whoever is answered is answered well and soon.
void check_that_killed_children_harm_nobody_else(Mpm mpm, int kills) {
  Stage stage(several_children(mpm, mpm == Mpm::prefork ? 6 : 3));
  // Sessions end soon, so that there are always some who ask, store and renew.
  stage.start(
      "LogLevel crowd_confluence:info\nCrowdConfluenceURL ${CONFLUENCE} timeout=5 max=24\n" +
      location("/", "CrowdConfluenceSessionTTL 1s"));
  stage.httpd.log().allow("exit signal Killed|children are killed successively");
  stage.simulator.misbehave(Server::kConfluence, Fault::late(std::chrono::milliseconds(20)));
  std::vector<std::string> problems;
  std::mt19937 random(20'240'511);
  {
    const Load load(stage, 6, [&](const Load::Answer& answer) {
      if (answer.error.empty() && answer.response.user() != answer.user)
        problems.push_back(answer.response.result() + " " + answer.response.reason());
      if (answer.took > std::chrono::seconds(5)) problems.emplace_back("a request took too long");
    });
    for (int i = 0; i < kills; ++i) {
      const std::vector<pid_t> children = stage.httpd.child_process_ids();
      if (!children.empty()) kill_child(stage, children[random() % children.size()]);
      load.wait_for(5 + random() % 20);
    }
  }
  for (const std::string& problem : problems) BOOST_ERROR(problem);
  // Nothing stays locked or counted: all may ask at once.
  BOOST_TEST(wait_until([&] { return stage.get("/").status == 200; }));
  for (int i = 0; i < 10; ++i) {
    const std::string alice = stage.cookie_line("alice");
    BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
    BOOST_TEST(stage.get("/", {alice}).source() == "table");
  }
}

/// As a package manager does it: the new file takes the old one's name.
void replace_file(const fs::path& file, const fs::path& by) {
  fs::path fresh = file;
  fresh += ".new";
  fs::copy_file(by, fresh, fs::copy_options::overwrite_existing);
  fs::rename(fresh, file);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(graceful_restart)

BOOST_AUTO_TEST_CASE(twenty_restarts_under_load_with_event) {
  check_that_restarts_lose_nothing(Mpm::event, 20);
}
BOOST_AUTO_TEST_CASE(twenty_restarts_under_load_with_prefork) {
  check_that_restarts_lose_nothing(Mpm::prefork, 20);
}

BOOST_AUTO_TEST_CASE(sessions_and_refusals_survive) {
  Stage stage;
  stage.start_with("CrowdConfluenceRejectionTTL 60");
  const std::string alice = stage.cookie_line("alice");
  const std::string nobody = "Cookie: crowd.token_key=nobody-has-this-token";
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
  BOOST_TEST(stage.get("/", {nobody}).source() == "exchange");
  stage.app.forget();
  stage.httpd.restart_gracefully();
  BOOST_TEST(stage.get("/", {alice}).source() == "table");
  BOOST_TEST(stage.owner_of(stage.seen_by_app().cookie("JSESSIONID").at(0)) == "alice");
  BOOST_TEST(stage.get("/", {nobody}).source() == "table");
  BOOST_TEST(stage.get("/", {nobody}).result() == "rejected");
}

BOOST_AUTO_TEST_CASE(an_exchange_of_the_old_generation_is_shared_with_the_new_one) {
  Stage stage(several_children(Mpm::event, 2));
  stage.start("CrowdConfluenceURL ${CONFLUENCE} timeout=60\n" + location("/") +
              children_configuration());
  const std::string alice = stage.cookie_line("alice");
  stage.simulator.misbehave(Server::kConfluence, Fault::hang().once());
  const auto ask = [&] {
    return std::async(std::launch::async, [&] { return stage.get("/", {alice}); });
  };
  std::future<Response> leader = ask();
  BOOST_TEST(stage.simulator.wait_for_hanging(1));
  const std::vector<pid_t> old_children = stage.httpd.child_process_ids();
  stage.httpd.restart_gracefully();
  BOOST_TEST(wait_until([&] { return stage.httpd.child_process_ids() != old_children; }));
  std::future<Response> follower = ask();
  // The status no longer counts what the old children do.
  BOOST_TEST(wait_for_requests_at_work(stage, 1));
  stage.simulator.release();
  BOOST_TEST(leader.get().source() == "exchange");
  BOOST_TEST(follower.get().user() == "alice");
  BOOST_TEST(stage.exchanges() == 1U);
}

BOOST_AUTO_TEST_CASE(another_size_is_another_table) {
  Stage stage;
  const auto configuration = [](const std::string& size) {
    return "CrowdConfluenceTableSize " + size + "\nCrowdConfluenceURL ${CONFLUENCE}\n" +
           location("/");
  };
  stage.start(configuration("1000"));
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
  for (const std::string size : {"2000", "500"}) {
    stage.httpd.reconfigure(configuration(size));
    stage.httpd.restart_gracefully();
    // Until the old children have gone, they may answer from the old table.
    BOOST_TEST(wait_until([&] { return stage.get("/", {alice}).source() == "exchange"; }));
    BOOST_TEST(wait_until([&] {
      const Response response = stage.get("/", {alice});
      BOOST_TEST(response.user() == "alice");
      return response.source() == "table";
    }));
  }
  stage.httpd.restart_gracefully();
  BOOST_TEST(stage.get("/", {alice}).source() == "table");
}

BOOST_AUTO_TEST_CASE(another_secret_is_another_table) {
  Stage stage;
  const auto configuration = [](const std::string& secret) {
    return (secret.empty() ? "" : "CrowdConfluenceSecret \"" + secret + "\"\n") +
           "CrowdConfluenceURL ${CONFLUENCE}\n" + location("/");
  };
  const std::string alice = stage.cookie_line("alice");
  const auto restart_with = [&](const std::string& secret) {
    stage.httpd.reconfigure(configuration(secret));
    stage.httpd.restart_gracefully();
  };
  stage.start(configuration(""));
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
  restart_with("correct horse battery staple");
  BOOST_TEST(wait_until([&] { return stage.get("/", {alice}).source() == "exchange"; }));
  restart_with("correct horse battery staple");
  BOOST_TEST(stage.get("/", {alice}).source() == "table");
  restart_with("another horse battery staple");
  BOOST_TEST(wait_until([&] { return stage.get("/", {alice}).source() == "exchange"; }));
}

BOOST_AUTO_TEST_CASE(sessions_survive_the_modules_replacement) {
  Stage stage;
  const fs::path installed = stage.httpd.root() / "installed";
  fs::create_directory(installed);
  const fs::path module_file = installed / "mod_crowd_confluence.so";
  fs::copy_file(CROWD_CONFLUENCE_MODULE, module_file);
  stage.httpd.options().module = module_file;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
  replace_file(module_file, CROWD_CONFLUENCE_OTHER_MODULE);
  stage.httpd.restart_gracefully();
  BOOST_TEST(stage.httpd.log().count("CCF0001: .*-b$") == 1U);
  BOOST_TEST(wait_until([&] {
    const Response response = stage.get("/", {alice});
    BOOST_TEST(response.source() == "table");
    return stage.httpd.child_process_ids().size() == 1;
  }));
  BOOST_TEST(stage.get("/", {alice}).source() == "table");
  BOOST_TEST(stage.exchanges() == 1U);
}

BOOST_AUTO_TEST_CASE(children_killed_under_load_harm_nobody_else_with_event) {
  check_that_killed_children_harm_nobody_else(Mpm::event, 10);
}
BOOST_AUTO_TEST_CASE(children_killed_under_load_harm_nobody_else_with_prefork) {
  check_that_killed_children_harm_nobody_else(Mpm::prefork, 10);
}

BOOST_AUTO_TEST_SUITE_END()
