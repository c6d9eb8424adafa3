// The command against the simulated Crowd and Confluence.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "causes.h"
#include "simulator.h"
#include "support/certificates.h"
#include "support/temporary_directory.h"

using test_support::TemporaryDirectory;

namespace {

constexpr std::string_view kPassword = "application-password";

struct Run {
  int status = -1;
  std::string out;
  std::string err;
};

class Pipe {
 public:
  Pipe() { BOOST_TEST_REQUIRE(pipe2(ends_.data(), O_CLOEXEC) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  int end(std::size_t which) const { return ends_[which]; }
  void close_end(std::size_t which) {
    if (ends_[which] >= 0) close(ends_[which]);
    ends_[which] = -1;
  }
  std::string read_all() const {
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t count = 0; (count = read(ends_[0], buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(count));
    return text;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// The command prints less than a pipe holds to its standard error.
Run run_program(std::string program, std::vector<std::string> arguments,
                std::vector<std::string> environment = {}, const std::string& input = {}) {
  arguments.insert(arguments.begin(), program);
  environment.push_back("LC_ALL=C");
  environment.emplace_back("PATH=/usr/bin:/bin");
  Pipe in;
  Pipe out;
  Pipe err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.end(0), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.end(1), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.end(1), STDERR_FILENO);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, program.c_str(), &actions, nullptr,
                                pointers_to(arguments).data(), pointers_to(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  BOOST_TEST_REQUIRE(error == 0);
  in.close_end(0);
  out.close_end(1);
  err.close_end(1);
  BOOST_TEST(write(in.end(1), input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  in.close_end(1);
  Run run;
  run.out = out.read_all();
  run.err = err.read_all();
  int status = 0;
  BOOST_TEST_REQUIRE(waitpid(pid, &status, 0) == pid);
  run.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct Stage {
  static atlassian::SimulatorOptions options() {
    atlassian::SimulatorOptions options;
    options.crowd.trusted_proxies = {"127.0.0.1"};
    return options;
  }

  /// What the command prints never has a secret in it.
  Run run(std::vector<std::string> arguments, std::vector<std::string> environment = {},
          const std::string& input = {}) const {
    Run result = run_program(COMMAND, std::move(arguments), std::move(environment), input);
    for (const std::string* text : {&result.out, &result.err}) {
      BOOST_TEST(!contains(*text, token));
      BOOST_TEST(!contains(*text, kPassword));
    }
    return result;
  }

  std::vector<std::string> with(std::vector<std::string> arguments, bool crowd = true,
                                bool confluence = true) const {
    const auto add = [&](std::vector<std::string> more) {
      arguments.insert(arguments.end(), more.begin(), more.end());
    };
    if (confluence) add({"--confluence-url", simulator.confluence_url()});
    if (crowd)
      add({"--crowd-url", simulator.crowd_url(), "--application", "confluence", "--password-file",
           password_file});
    return arguments;
  }

  atlassian::Simulator simulator{options()};
  std::string token = simulator.log_in("alice", "127.0.0.2");
  TemporaryDirectory directory;
  std::string password_file = directory.write("password", std::string(kPassword) + "\n");
  std::string token_file = directory.write("token", token + "\n");
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command, Stage)

BOOST_AUTO_TEST_CASE(explains_itself) {
  const Run help = run({"--help"});
  BOOST_TEST(help.status == 0);
  for (const char* word :
       {"session", "diagnose", "cookie-config", "validate", "causes", "Exit status"})
    BOOST_TEST(contains(help.out, word), word);
  BOOST_TEST(contains(run({"--version"}).out, "crowd-confluence "));
}

BOOST_AUTO_TEST_CASE(makes_a_session) {
  const std::vector<std::string> arguments =
      with({"session", "--address", "127.0.0.2", "--token-file", token_file}, false);
  const Run people = run(arguments);
  BOOST_TEST(people.status == 0, people.err);
  BOOST_TEST(contains(people.out, "A session of alice"));
  std::vector<std::string> json = arguments;
  json.emplace_back("--json");
  const Run machine = run(json);
  BOOST_TEST(machine.status == 0);
  BOOST_TEST(machine.out.starts_with(
      R"({"result":"session","reason":"known","user":"alice","cause":null,)"));
}

BOOST_AUTO_TEST_CASE(takes_secrets_from_everywhere_but_arguments) {
  const auto arguments = [&](const char* file) {
    return with({"session", "--address", "127.0.0.2", "--token-file", file}, false);
  };
  BOOST_TEST(run(arguments("-"), {}, token + "\r\n").status == 0);
  BOOST_TEST(
      run(with({"session", "--address", "127.0.0.2"}, false), {"CROWD_TOKEN=" + token}).status ==
      0);
  BOOST_TEST(
      run({"cookie-config", "--crowd-url", simulator.crowd_url(), "--application", "confluence"},
          {"CROWD_PASSWORD=" + std::string(kPassword)})
          .status == 0);
}

BOOST_AUTO_TEST_CASE(prints_a_command_for_curl_that_works) {
  const Run printed =
      run(with({"session", "--curl", "--address", "127.0.0.2", "--token-file", token_file}, false));
  BOOST_TEST(printed.status == 0);
  BOOST_TEST(contains(printed.out, "curl --config -"));
  const Run by_curl = run_program("/bin/sh", {"-c", printed.out});
  BOOST_TEST(by_curl.status == 0, by_curl.err);
  BOOST_TEST(contains(by_curl.out, R"("username":"alice")"));
}

BOOST_AUTO_TEST_CASE(names_cause_and_remedy) {
  simulator.configure_crowd([](auto& crowd) { crowd.trusted_proxies = {}; });
  const std::vector<std::string> arguments =
      with({"diagnose", "--address", "127.0.0.2", "--token-file", token_file});
  const Run people = run(arguments);
  BOOST_TEST(people.status == 1, people.err);
  BOOST_TEST(people.out.starts_with("No session: untrusted-proxy (proven)\n"));
  BOOST_TEST(contains(people.out, "Add 127.0.0.1 to Trusted proxy servers"));
  BOOST_TEST(contains(people.out, "docs/causes.md#untrusted-proxy"));
  std::vector<std::string> json = arguments;
  json.emplace_back("--json");
  BOOST_TEST(contains(run(json).out, R"("cause":"untrusted-proxy","certainty":"proven")"));
}

/// Each cause that can be told without a browser's request.
BOOST_AUTO_TEST_CASE(names_every_cause) {
  struct Case {
    const char* word;
    std::vector<std::string> more = {};
    bool has_token = true;
  };
  const std::vector<std::string> at_app = {"--app-url", "http://app.example.com"};
  const std::vector<Case> cases = {
      {"untrusted-proxy"},
      {"token-bound-to-proxy", {"--candidate", "127.0.0.9"}},
      {"mixed-binding", {"--candidate", "127.0.0.9", "--works-after-other-log-in"}},
      {"remoteip-valve", {"--works-from-other-server"}},
      {"address-form"},
      {"address-changed"},
      {"token-expired"},
      {"cookie-name", at_app, false},
      {"cookie-domain", at_app, false},
      {"cookie-secure", at_app, false},
      {"two-crowds", {"--just-logged-in"}},
      {"sso2-only", {"--app-url", "http://app.example.com", "--nobody-has-a-cookie"}, false},
      {"sso-off"},
      {"crowd-properties-incomplete"},
      {"crowd-link"},
      {"crowd-slow", {"--varies"}},
      {"crowd-access-denied"},
      {"user-not-in-confluence"},
      {"not-permitted"},
      {"name-differs"},
      {"base-url"},
      {"foreign-gate"},
      {"cached-answer"},
      {"cluster-node"},
      {"session-cookie-clash", {"--app-sets-session-cookie"}},
      {"captcha"},
      {"xsrf", {"--app-write-fails-xsrf"}},
      {"rate-limited"},
      {"maintenance"},
      {"header-too-large"},
      {"crowd-address-forbidden"},
      {"crowd-application-closed"},
      {"crowd-password"},
      {"wrong-application"},
      {"not-a-crowd"},
      {"unreachable"},
  };
  for (const Case& each : cases) {
    const atlassian::CauseSetUp set_up = atlassian::set_up(simulator, each.word);
    // A Crowd that could set its cookie for the app.
    if (std::string_view(each.word) == "sso2-only")
      simulator.configure_crowd([](auto& crowd) { crowd.cookie_domain = "example.com"; });
    token = set_up.token.empty() ? "a token" : set_up.token;
    std::vector<std::string> arguments = {
        "diagnose",         "--json",
        "--address",        "127.0.0.2",
        "--confluence-url", simulator.confluence_url(),
        "--crowd-url",      simulator.crowd_url(),
        "--application",    set_up.application,
        "--password-file",  directory.write("application", set_up.application_password)};
    if (each.has_token)
      arguments.insert(arguments.end(), {"--token-file", directory.write("case", token)});
    arguments.insert(arguments.end(), each.more.begin(), each.more.end());
    const Run found = run(arguments);
    const std::string word = "\"" + std::string(each.word) + "\"";
    const std::size_t end = found.out.find("\"remedy\":");
    BOOST_TEST(contains(found.out.substr(0, end), word), each.word << ": " << found.out);
    BOOST_TEST(found.err.empty(), found.err);
    atlassian::mend(simulator);
  }
}

BOOST_AUTO_TEST_CASE(tells_an_unknown_authority) {
  const test_support::CertificateAuthority authority("Authority of the test");
  const test_support::Certificate certificate = authority.issue({"confluence", {"127.0.0.1"}});
  atlassian::SimulatorOptions with_tls = options();
  with_tls.confluence.listener.certificate_file =
      directory.write("server.pem", certificate.certificate);
  with_tls.confluence.listener.private_key_file =
      directory.write("server.key", certificate.private_key);
  const atlassian::Simulator another(with_tls);
  const std::vector<std::string> arguments = {
      "diagnose",     "--json",   "--address",        "127.0.0.2",
      "--token-file", token_file, "--confluence-url", another.confluence_url()};
  BOOST_TEST(contains(run(arguments).out, R"("cause":"tls","certainty":"proven")"));
}

BOOST_AUTO_TEST_CASE(takes_candidates_and_observations) {
  token = simulator.log_in("alice", "127.0.0.9");
  const std::string file = directory.write("another", token);
  const auto found = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments =
        with({"diagnose", "--address", "127.0.0.2", "--token-file", file, "--json"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments).out;
  };
  BOOST_TEST(contains(found({"--candidate", "127.0.0.8", "--candidate", "127.0.0.9"}),
                      R"("cause":"token-bound-to-proxy")"));
  BOOST_TEST(contains(found({"--candidate", "127.0.0.9", "--works-after-other-log-in"}),
                      R"("cause":"mixed-binding")"));
}

BOOST_AUTO_TEST_CASE(needs_no_token_to_look_at_the_cookie) {
  const Run domain = run(with({"diagnose", "--app-url", "http://app.example.com", "--json"}));
  BOOST_TEST(domain.status == 1);
  BOOST_TEST(contains(domain.out, R"("cause":"cookie-domain")"));
  const Run config = run(with({"cookie-config", "--json"}, true, false));
  BOOST_TEST(config.status == 0);
  BOOST_TEST(config.out == "{\"name\":\"crowd.token_key\",\"domain\":\"\",\"secure\":false}\n");
}

BOOST_AUTO_TEST_CASE(validates) {
  const auto validated = [&](const char* address) {
    return run(with(
        {"validate", "--address", address, "--candidate", "127.0.0.2", "--token-file", token_file},
        true, false));
  };
  BOOST_TEST(validated("127.0.0.2").status == 0);
  const Run refused = validated("127.0.0.3");
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(refused.out == "127.0.0.3  refused\n127.0.0.2  good, user alice\n");
}

BOOST_AUTO_TEST_CASE(tells_how_crowd_refuses) {
  simulator.configure_crowd([](auto& crowd) { crowd.allowed_clients = {"10.0.0.0/8"}; });
  const Run forbidden = run(with({"cookie-config"}, true, false));
  BOOST_TEST(forbidden.status == 1);
  BOOST_TEST(contains(forbidden.out, "Add 127.0.0.1 to Applications > confluence"));
}

BOOST_AUTO_TEST_CASE(tells_that_it_cannot_tell) {
  simulator.stop_listening(atlassian::Server::kConfluence);
  const Run run_without =
      run(with({"session", "--address", "127.0.0.2", "--token-file", token_file}, false));
  BOOST_TEST(run_without.status == 3);
  BOOST_TEST(contains(run_without.out, "unreachable (proven)"));
}

BOOST_AUTO_TEST_CASE(refuses_wrong_usage) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"no-such"},
      {"session"},
      {"diagnose", "--no-such"},
      {"session", "--confluence-url", "ftp://wiki"},
      {"session", "--confluence-url", simulator.confluence_url()},
      {"session", "--confluence-url", simulator.confluence_url(), "--product", "jira"},
      {"session", "--confluence-url", simulator.confluence_url(), "--token-file", "/no/such"},
      {"session", "--confluence-url", simulator.confluence_url(), "--token-file", token_file,
       "--address", "wiki"},
      {"session", "--confluence-url", simulator.confluence_url(), "--token-file", token_file,
       "--proxy", "http://a:b@127.0.0.1:1"},
      {"session", "--confluence-url", simulator.confluence_url(), "--token-file", token_file,
       "--max-time", "0"},
      {"session", "--confluence-url", simulator.confluence_url(), "--curl"},
      {"diagnose", "--confluence-url", simulator.confluence_url(), "--crowd-url",
       simulator.crowd_url()},
      {"diagnose", "--confluence-url", simulator.confluence_url(), "--candidate", "proxy"},
      {"cookie-config", "--crowd-url", simulator.crowd_url(), "--application", "a:b"},
      {"validate", "--crowd-url", simulator.crowd_url(), "--application", "a", "--password-file",
       "-", "--token-file", "-"},
  };
  for (const std::vector<std::string>& arguments : wrong) {
    const Run result = run(arguments);
    BOOST_TEST(result.status == 2, (arguments.empty() ? "nothing" : arguments.back()));
    BOOST_TEST(!result.err.empty());
    BOOST_TEST(result.out.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
