#include "stage.h"

#include <boost/test/unit_test.hpp>
#include <set>

namespace module_tests {
namespace {

HttpdOptions with_defines(HttpdOptions options, const atlassian::Simulator& simulator,
                          const App& app) {
  options.defines.emplace("CONFLUENCE", simulator.confluence_url());
  options.defines.emplace("CROWD", simulator.crowd_url());
  options.defines.emplace("APP", app.url());
  return options;
}

// Shorter ones are words that may well stand in a log.
constexpr std::size_t kShortestSecret = 12;

void add_cookies(std::set<std::string>& secrets, const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    for (const auto& [name, value] : parse_cookies(line))
      if (value.size() >= kShortestSecret) secrets.insert(value);
}

std::string masked(std::string text, const std::set<std::string>& secrets) {
  for (const std::string& secret : secrets)
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
      text.replace(at, secret.size(), "***");
  return text;
}

}  // namespace

std::string location(std::string_view path, std::string_view directives) {
  const std::string at(path);
  return "<Location " + at + ">\nCrowdConfluence On\nProxyPass ${APP}" + at + "\n" +
         std::string(directives) + "\n</Location>\n";
}

atlassian::SimulatorOptions trusting_loopback() {
  atlassian::SimulatorOptions options;
  options.crowd.trusted_proxies = {"127.0.0.1"};
  return options;
}

Stage::Stage(HttpdOptions httpd_options, atlassian::SimulatorOptions simulator_options)
    : simulator(std::move(simulator_options)),
      httpd(with_defines(std::move(httpd_options), simulator, app)) {}

Stage::~Stage() {
  simulator.clear_faults();
  const std::vector<std::string> complaints = httpd.stop();
  std::set<std::string> secrets(secrets_.begin(), secrets_.end());
  for (const auto& request : simulator.requests(atlassian::Server::kConfluence)) {
    add_cookies(secrets, request.header("Cookie"));
    for (const std::string& line : request.header("Authorization")) secrets.insert(line);
  }
  for (const AppRequest& request : app.requests()) {
    add_cookies(secrets, request.headers.values("Cookie"));
    add_cookies(secrets, request.headers.values("X-Confluence-Cookie"));
  }
  for (const std::string& complaint : complaints) BOOST_ERROR(masked(complaint, secrets));

  const std::string logs = httpd.logs();
  for (const std::string& secret : secrets)
    if (logs.find(secret) != std::string::npos)
      BOOST_ERROR("A secret of " + std::to_string(secret.size()) +
                  " characters is in httpd's logs");
}

void Stage::start_with(std::string_view directives) {
  start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/", directives));
}

std::string Stage::cookie_line(std::string_view user, std::string_view address) {
  const std::string token = simulator.log_in(user, address);
  keep_secret(token);
  return "Cookie: " + simulator.crowd_options().cookie_name + "=" + token;
}

AppRequest Stage::seen_by_app() {
  const std::vector<AppRequest> requests = app.requests();
  BOOST_REQUIRE_EQUAL(requests.size(), 1U);
  for (const auto& [name, value] : requests.front().cookies())
    if (value.size() >= kShortestSecret) keep_secret(value);
  app.forget();
  return requests.front();
}

std::string Stage::owner_of(const std::string& session_id) const {
  return simulator.session_user(session_id).value_or("");
}

std::uint64_t Stage::exchanges() {
  const std::uint64_t count = simulator.counters().exchanges;
  simulator.reset_counters();
  return count;
}

}  // namespace module_tests
