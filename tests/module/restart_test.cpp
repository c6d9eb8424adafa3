// Graceful restarts: no request is lost, and a replaced module is really replaced.

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "read_file.h"
#include "stage.h"
#include "wait.h"

using namespace module_tests;

namespace {

namespace fs = std::filesystem;

std::string maps_of(pid_t process) {
  return read_file("/proc/" + std::to_string(process) + "/maps");
}

/// Files below `directory` of which the process has something mapped that is no longer there.
std::set<std::string> replaced_files_in_use(pid_t process, const fs::path& directory) {
  std::set<std::string> result;
  std::istringstream in(maps_of(process));
  for (std::string line; std::getline(in, line);)
    if (line.find(directory.string()) != std::string::npos &&
        line.find("(deleted)") != std::string::npos)
      result.insert(line.substr(line.find('/')));
  return result;
}

bool all_are_new(const std::vector<pid_t>& children, const std::vector<pid_t>& old_children) {
  return !children.empty() && std::none_of(children.begin(), children.end(), [&](pid_t child) {
    return std::find(old_children.begin(), old_children.end(), child) != old_children.end();
  });
}

/// As a package manager does it: the new file takes the old one's name.
void replace_file(const fs::path& file, const fs::path& by) {
  fs::path fresh = file;
  fresh += ".new";
  fs::copy_file(by, fresh, fs::copy_options::overwrite_existing);
  fs::rename(fresh, file);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(restart)

BOOST_AUTO_TEST_CASE(graceful_restarts_lose_no_request) {
  constexpr int kRestarts = 5;
  for (const Mpm mpm : {Mpm::event, Mpm::prefork}) {
    HttpdOptions options;
    options.mpm = mpm;
    // A child that ends gracefully keeps its place for a while.
    options.children = mpm == Mpm::prefork ? 16 : 4;
    options.threads = 4;
    Stage stage(options);
    // Or the log grows so long that reading it takes longer than all else.
    stage.start("LogLevel crowd_confluence:info\nCrowdConfluenceURL ${CONFLUENCE} max=100\n" +
                location("/"));
    const std::string alice = stage.cookie_line("alice");
    std::atomic<bool> enough = false;
    std::atomic<int> served = 0;
    std::mutex mutex;
    std::vector<std::string> lost;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        while (!enough) {
          std::string problem;
          try {
            const Response response = stage.get("/", {alice});
            if (response.user() != "alice") problem = response.result() + " " + response.reason();
          } catch (const std::exception& error) {
            problem = error.what();
          }
          ++served;
          if (problem.empty()) continue;
          const std::lock_guard lock(mutex);
          lost.push_back(problem);
        }
      });
    }
    for (int i = 0; i < kRestarts; ++i) {
      const int before = served;
      const bool flowing = wait_until([&] { return served > before + 10; });
      BOOST_TEST(flowing);
      stage.httpd.restart_gracefully();
    }
    const int before = served;
    BOOST_TEST(wait_until([&] { return served > before + 10; }));
    enough = true;
    for (std::thread& thread : threads) thread.join();
    for (const std::string& text : lost) BOOST_ERROR(text);
    BOOST_TEST_MESSAGE(served << " requests over " << kRestarts << " graceful restarts");
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_waits_for_confluence_survives_the_restart) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE} timeout=30\n" + location("/"));
  const std::string alice = stage.cookie_line("alice");
  stage.simulator.misbehave(atlassian::Server::kConfluence, atlassian::Fault::hang().once());
  std::string user;
  std::thread request([&] {
    try {
      user = stage.get("/", {alice}).user();
    } catch (const std::exception& error) {
      user = error.what();
    }
  });
  BOOST_TEST(stage.simulator.wait_for_hanging(1));
  stage.httpd.restart_gracefully();
  stage.simulator.release();
  request.join();
  BOOST_TEST(user == "alice");
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
}

BOOST_AUTO_TEST_CASE(a_changed_configuration_holds_after_the_restart) {
  Stage stage;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).status == 200);
  stage.httpd.reconfigure("CrowdConfluenceURL ${CONFLUENCE}\n" +
                          location("/", "CrowdConfluencePassAs header"));
  stage.httpd.restart_gracefully();
  BOOST_TEST(wait_until([&] {
    stage.app.forget();
    stage.get("/", {alice});
    return !stage.seen_by_app().headers.values("X-Confluence-Cookie").empty();
  }));
}

// Nobody looks at a reload; a running server is worth more than a store.
BOOST_AUTO_TEST_CASE(a_store_that_cannot_be_right_ends_no_running_server) {
  HttpdOptions options;
  options.modules = {"socache_redis", "socache_memcache"};
  Stage stage(options);
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
  std::size_t said = 0;
  for (const std::string store : {"redis:127.0.0.1:99999", "redis:", "cloud:127.0.0.1:6379", "",
                                  "redis:127.0.0.1:6379 timeout=5"}) {
    BOOST_TEST_CONTEXT(store) {
      stage.httpd.reconfigure(
          "CrowdConfluenceURL ${CONFLUENCE}\n"
          "CrowdConfluenceSecret a-secret-of-some-length\n"
          "CrowdConfluenceSOCache " +
          store + "\n" + location("/"));
      stage.httpd.restart_gracefully();
      BOOST_TEST(stage.httpd.log().count("error.*CCF0008: the server .*httpd.conf:") == ++said);
      BOOST_TEST(stage.get("/", {alice}).user() == "alice");
      stage.app.forget();
    }
  }
  stage.httpd.log().expect("CCF0008: ");
}

// It may be a name server's fault, and pass.
BOOST_AUTO_TEST_CASE(nor_does_one_whose_name_nobody_knows) {
  HttpdOptions options;
  options.modules = {"socache_redis", "socache_memcache"};
  Stage stage(options);
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  for (const std::string store : {"redis:store.invalid:6379", "memcache:store.invalid:11211"}) {
    BOOST_TEST_CONTEXT(store) {
      stage.httpd.reconfigure(
          "CrowdConfluenceURL ${CONFLUENCE}\n"
          "CrowdConfluenceSecret a-secret-of-some-length\n"
          "CrowdConfluenceSOCache " +
          store + "\n" + location("/"));
      stage.httpd.restart_gracefully();
      BOOST_TEST(stage.get("/", {alice}).user() == "alice");
      stage.app.forget();
    }
  }
  stage.httpd.log().allow("CCF0008: |socache_(redis|memcache):");
}

BOOST_AUTO_TEST_CASE(a_killed_child_is_replaced_and_the_next_request_served) {
  Stage stage;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
  const std::vector<pid_t> old_children = stage.httpd.child_process_ids();
  for (const pid_t child : old_children) kill(child, SIGKILL);
  BOOST_TEST(
      wait_until([&] { return all_are_new(stage.httpd.child_process_ids(), old_children); }));
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
}

BOOST_AUTO_TEST_CASE(a_replaced_module_runs_after_a_graceful_restart) {
  // Both, as a package holds them, in a place of their own.
  HttpdOptions options;
  Stage stage(options);
  const fs::path installed = stage.httpd.root() / "installed";
  fs::create_directory(installed);
  const fs::path module_file = installed / "mod_crowd_confluence.so";
  fs::copy_file(CROWD_CONFLUENCE_MODULE, module_file);
  std::vector<std::pair<fs::path, fs::path>> replacements = {
      {module_file, CROWD_CONFLUENCE_OTHER_MODULE}};
  const std::string library = CROWD_CONFLUENCE_LIBRARY;
  if (!library.empty()) {
    const fs::path installed_library = installed / CROWD_CONFLUENCE_LIBRARY_SONAME;
    fs::copy_file(library, installed_library);
    replacements.emplace_back(installed_library, library);
    stage.httpd.options().environment["LD_LIBRARY_PATH"] = installed.string();
  }
  stage.httpd.options().module = module_file;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
  BOOST_TEST(stage.httpd.log().count("CCF0001: .*-b$") == 0U);
  for (const auto& [file, by] : replacements)
    BOOST_TEST(maps_of(stage.httpd.process_id()).find(file.string()) != std::string::npos,
               file.filename() << " is not loaded from where it was installed");

  for (const auto& [file, by] : replacements) replace_file(file, by);
  BOOST_TEST(replaced_files_in_use(stage.httpd.process_id(), installed).size() ==
             replacements.size());
  const std::vector<pid_t> old_children = stage.httpd.child_process_ids();
  stage.httpd.restart_gracefully();

  BOOST_TEST(stage.httpd.log().count("CCF0001: .*-b$") == 1U);
  for (const std::string& file : replaced_files_in_use(stage.httpd.process_id(), installed))
    BOOST_ERROR("httpd still has the old code of " + file);
  BOOST_TEST(
      wait_until([&] { return all_are_new(stage.httpd.child_process_ids(), old_children); }));
  for (const pid_t child : stage.httpd.child_process_ids())
    BOOST_TEST(replaced_files_in_use(child, installed).empty());
  BOOST_TEST(stage.get("/", {alice}).user() == "alice");
}

BOOST_AUTO_TEST_SUITE_END()
