// The program atlassian-simulator: Crowd and Confluence for demos, benchmarks and tests in other
// languages. Prints one line of JSON with its URLs when it listens, and runs until it is told to
// stop by SIGINT or SIGTERM.
#include <CLI/CLI.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

#include "options_json.h"
#include "simulator.h"

namespace {

using namespace atlassian;

constexpr unsigned kControlThreads = 8;

json::object read_object(const std::string& text, const std::string& origin) {
  auto object = parse_json_object(text);
  if (!object) throw std::invalid_argument(origin + " is not a JSON object");
  return std::move(*object);
}

/// {"crowd":{…},"confluence":{…},"second_crowd":{…}}, members named as the options are.
void apply_all(SimulatorOptions& options, const json::object& changes) {
  for (const auto& change : changes) {
    if (!change.value().is_object()) throw std::invalid_argument("an object is wanted");
    if (change.key() == "crowd") {
      apply(options.crowd, change.value().get_object());
    } else if (change.key() == "second_crowd") {
      if (!options.second_crowd) options.second_crowd.emplace();
      apply(*options.second_crowd, change.value().get_object());
    } else if (change.key() == "confluence") {
      apply(options.confluence, change.value().get_object());
    } else {
      throw std::invalid_argument("only crowd, second_crowd and confluence have options");
    }
  }
}

struct Arguments {
  std::string address = "127.0.0.1";
  std::uint16_t crowd_port = 0;
  std::uint16_t confluence_port = 0;
  std::optional<std::uint16_t> second_crowd_port;
  std::uint16_t control_port = 0;
  bool no_control = false;
  std::string certificate_file;
  std::string private_key_file;
  std::string client_ca_file;
  unsigned threads = 1;
  std::size_t remembered_requests = SimulatorOptions().remembered_requests;
  std::vector<std::string> trusted_proxies;
  std::string context_path;
  std::string base_url;
  std::string flavour;
  unsigned nodes = 0;
  std::string sticky_cookie;
  bool anonymous_access = false;
  bool inconsistent_ip = false;
  std::string options_file;
  std::vector<std::string> options_text;
};

void describe(CLI::App& app, Arguments& arguments) {
  app.add_option("--address", arguments.address, "Address to listen on (127.0.0.1)");
  app.add_option("--crowd-port", arguments.crowd_port, "0: a free one");
  app.add_option("--confluence-port", arguments.confluence_port, "0: a free one");
  app.add_option("--second-crowd-port", arguments.second_crowd_port,
                 "A second Crowd, unknown to Confluence; 0: a free one");
  app.add_option("--control-port", arguments.control_port, "0: a free one");
  app.add_flag("--no-control", arguments.no_control, "No control API");
  app.add_option("--certificate", arguments.certificate_file,
                 "Confluence speaks TLS with it (PEM)");
  app.add_option("--private-key", arguments.private_key_file, "Its key (PEM)");
  app.add_option("--client-ca", arguments.client_ca_file, "Clients must show a certificate of it");
  app.add_option("--threads", arguments.threads, "Threads that serve Confluence (1)");
  app.add_option("--remembered-requests", arguments.remembered_requests,
                 "Requests kept for the control API (10000)");
  app.add_option("--trusted-proxy", arguments.trusted_proxies,
                 "Address or network that Crowd trusts; may be repeated");
  app.add_option("--context-path", arguments.context_path,
                 "Of Confluence, for instance /confluence");
  app.add_option("--base-url", arguments.base_url, "Of Confluence, as users see it");
  app.add_option("--flavour", arguments.flavour, "confluence, confluence5 or jira");
  app.add_option("--nodes", arguments.nodes, "Cluster nodes of Confluence");
  app.add_option("--sticky-cookie", arguments.sticky_cookie, "AWSALB, ROUTEID, …");
  app.add_flag("--anonymous-access", arguments.anonymous_access, "Let anonymous visitors in");
  app.add_flag("--inconsistent-ip", arguments.inconsistent_ip,
               "Turn Crowd's \"Require consistent client IP address\" off");
  app.add_option("--options-file", arguments.options_file,
                 "JSON: {\"crowd\":{…},\"confluence\":{…},\"second_crowd\":{…}}, as the control "
                 "API shows them");
  app.add_option("--options", arguments.options_text, "The same as text; may be repeated");
}

SimulatorOptions to_options(const Arguments& arguments) {
  SimulatorOptions options;
  const Listener listener{arguments.address};
  options.crowd.listener = options.confluence.listener = listener;
  options.crowd.listener.port = arguments.crowd_port;
  Listener& confluence = options.confluence.listener;
  confluence.port = arguments.confluence_port;
  confluence.certificate_file = arguments.certificate_file;
  confluence.private_key_file = arguments.private_key_file;
  confluence.client_ca_file = arguments.client_ca_file;
  confluence.threads = arguments.threads;
  if (!arguments.no_control) {
    options.control = listener;
    options.control->port = arguments.control_port;
    options.control->threads = kControlThreads;
  }
  if (arguments.second_crowd_port) {
    options.second_crowd.emplace().listener = listener;
    options.second_crowd->listener.port = *arguments.second_crowd_port;
  }
  options.remembered_requests = arguments.remembered_requests;
  options.crowd.trusted_proxies = arguments.trusted_proxies;
  options.crowd.consistent_ip = !arguments.inconsistent_ip;
  options.confluence.context_path = arguments.context_path;
  options.confluence.base_url = arguments.base_url;
  options.confluence.anonymous_access = arguments.anonymous_access;
  options.confluence.sticky_cookie = arguments.sticky_cookie;
  if (arguments.nodes > 0) options.confluence.nodes = arguments.nodes;
  if (!arguments.flavour.empty()) {
    apply(options.confluence, {{"flavour", json_text(arguments.flavour)}});
  }
  if (!arguments.options_file.empty()) {
    std::ifstream file(arguments.options_file);
    std::stringstream text;
    text << file.rdbuf();
    if (!file) throw std::invalid_argument("cannot read " + arguments.options_file);
    apply_all(options, read_object(text.str(), arguments.options_file));
  }
  for (const std::string& text : arguments.options_text) {
    apply_all(options, read_object(text, "--options"));
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  // Blocked before any thread is made, so that only sigwait below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  CLI::App app(
      "A stand-in for Atlassian Crowd and Confluence. The control API is described in "
      "tests/atlassian/src/control.h.",
      "atlassian-simulator");
  Arguments arguments;
  describe(app, arguments);
  CLI11_PARSE(app, argc, argv);
  try {
    const Simulator simulator(to_options(arguments));
    json::object urls{{"crowd", json_text(simulator.crowd_url())},
                      {"confluence", json_text(simulator.confluence_url())},
                      {"control", json_text(simulator.control_url())}};
    const std::string second = simulator.second_crowd_url();
    if (!second.empty()) urls["second_crowd"] = json_text(second);
    std::cout << json::serialize(urls) << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);
  } catch (const std::exception& error) {
    std::cerr << "atlassian-simulator: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
