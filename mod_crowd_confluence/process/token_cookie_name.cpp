#include "process/token_cookie_name.h"

#include <chrono>
#include <exception>
#include <string>
#include <string_view>

#include "crowd_confluence/cookie/reserved_cookies.h"
#include "crowd_confluence/crowd/client.h"
#include "log.h"
#include "process/warn_once.h"

namespace crowd_confluence::httpd {
namespace {

constexpr apr_interval_time_t kAfterAnswer = apr_time_from_sec(600);

/// A name that the session's cookies have as well, as some reader takes names, cannot be used.
bool is_usable(std::string_view name, const DirectoryConfig& config) {
  const PassAs& pass_as = config.passing();
  const std::string_view prefix =
      pass_as.place == PassAs::cookie ? std::string_view(pass_as.name) : std::string_view();
  return name.size() <= ToldCookieName::kLongest &&
         !ReservedCookies("", &config.session_cookie_names(), prefix).may_have(name) &&
         !ReservedCookies("", &config.session_cookie_names(), "").may_have(name);
}

void warn(const DirectoryConfig& config, const server_rec* server, const std::string& problem) {
  const Crowd& crowd = *config.crowd;
  if (!to_be_said_again(reinterpret_cast<std::uintptr_t>(&crowd), apr_time_now())) return;
  ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
               CCF_TOKEN_COOKIE_UNTOLD
               "Crowd at %s, as CrowdConfluenceCrowdURL says in %s, does not tell the SSO cookie's "
               "name: %s. '%s' is taken for it, and Crowd is asked again",
               crowd.base_url.text.c_str(), crowd.place, problem.c_str(),
               crowd.token_cookie.current().c_str());
}

void ask(const DirectoryConfig& config, const CrowdSettings& settings, const server_rec* server) {
  ToldCookieName& known = config.crowd->token_cookie;
  const auto answer =
      CrowdClient(settings).cookie_config(std::chrono::steady_clock::now() + settings.http.timeout);
  if (!answer) {
    const CrowdError& error = answer.error();
    return warn(config, server, error.text + " (" + std::string(to_string(error.failure)) + ")");
  }
  const std::string& name = answer.value().name;
  if (!is_usable(name, config))
    return warn(config, server,
                "'" + name + "' is one of the session's cookies (CrowdConfluenceSessionCookies)");
  if (!known.tell(name, apr_time_now() + kAfterAnswer)) return;
  ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
               CCF_TOKEN_COOKIE_TOLD "the SSO cookie is '%s', as Crowd at %s tells", name.c_str(),
               config.crowd->base_url.text.c_str());
}

}  // namespace

void ask_when_due(const DirectoryConfig& config, server_rec* server, BackgroundRefresh& background,
                  apr_time_t now) noexcept {
  if (config.crowd == nullptr || config.crowd_application == nullptr) return;
  const Crowd& crowd = *config.crowd;
  const auto patience = apr_time_from_msec((crowd.retry + crowd.timeout).count());
  if (!config.crowd->token_cookie.is_due(now, patience)) return;
  try {
    // What it points to lives as long as the configuration.
    background.add(config.crowd, [config, server] {
      if (const auto settings = config.crowd_settings()) ask(config, *settings, server);
    });
  } catch (const std::exception&) {
    // Out of memory: another request asks, later.
  }
}

void ask_at_start(server_rec* main_server, BackgroundRefresh& background) noexcept {
  bool is_told = false;
  for (const server_rec* server = main_server; server != nullptr; server = server->next)
    is_told |= server_config(server).first_told_cookie != nullptr;
  if (!is_told) return;
  for (const server_rec* server = main_server; server != nullptr; server = server->next) {
    const apr_array_header_t* sections = server_config(server).crowd_sections;
    for (int i = 0; i < sections->nelts; ++i)
      ask_when_due(*APR_ARRAY_IDX(sections, i, const DirectoryConfig*), main_server, background,
                   apr_time_now());
  }
}

}  // namespace crowd_confluence::httpd
