#include "config/session_directives.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "apr/headers.h"
#include "apr/pool.h"
#include "config/place.h"
#include "config/reserved_headers.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "crowd_confluence/cookie/reserved_cookies.h"

namespace crowd_confluence::httpd {
namespace {

/// The section may inherit one of the two from elsewhere; what is written together is checked.
const char* refuse_if_same(const cmd_parms* cmd, const DirectoryConfig& config) {
  const std::string& token_cookie = config.token_cookie_name();
  const PassAs& pass_as = config.passing();
  // As views on both sides: otherwise the view would be one of a temporary string.
  const std::string_view prefix =
      pass_as.place == PassAs::cookie ? std::string_view(pass_as.name) : std::string_view();
  if (!ReservedCookies("", &config.session_cookie_names(), prefix).may_have(token_cookie) &&
      !ReservedCookies("", &config.session_cookie_names(), "").may_have(token_cookie))
    return nullptr;
  return refuse(cmd, "'" + token_cookie +
                         "' cannot be both the SSO cookie (CrowdConfluenceTokenCookie) and one of "
                         "the session's (CrowdConfluenceSessionCookies); choose other names");
}

const char* set_ttl(const cmd_parms* cmd, const Words& words, std::chrono::milliseconds shortest,
                    const char* allowed, std::optional<std::chrono::milliseconds>& setting) {
  const std::string_view word = words.size() == 1 ? words[0] : std::string_view();
  return set_time(cmd, word, word, shortest, std::chrono::hours(24), allowed, setting);
}

}  // namespace

const char* set_token_cookie(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.size() != 1 || !is_cookie_name(words[0]))
    return refuse(cmd,
                  "'" + std::string(words.empty() ? "" : words[0]) +
                      "' is no cookie name; allowed are the name of Crowd's SSO cookie, such as "
                      "crowd.token_key, and auto");
  const bool is_told = words[0] == "auto";
  ServerConfig& server = server_config(cmd->server);
  if (is_told && server.first_told_cookie == nullptr) server.first_told_cookie = place_of(cmd);
  config.token_cookie = make_in_pool<TokenCookie>(
      cmd->pool, is_told ? std::string(kUsualTokenCookie) : std::string(words[0]), is_told);
  return refuse_if_same(cmd, config);
}

const char* set_session_cookies(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.empty()) return refuse(cmd, "at least one cookie name is needed");
  CookieNames names;
  for (const std::string_view word : words) {
    const auto added = names.add(word);
    if (!added) return refuse(cmd, added.error().text);
  }
  config.session_cookies = make_in_pool<CookieNames>(cmd->pool, std::move(names));
  return refuse_if_same(cmd, config);
}

const char* set_pass_as(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  PassAs pass_as;
  if (words.empty() || words.size() > 2 || (words[0] != "cookie" && words[0] != "header"))
    return refuse(cmd, "'" + std::string(words.empty() ? "" : words[0]) +
                           "' is unknown; allowed are 'cookie [PREFIX]' and 'header [NAME]'");
  if (words[0] == "cookie") {
    if (words.size() == 2) pass_as.name = words[1];
    if (words.size() == 2 && !is_cookie_name(words[1]))
      return refuse(cmd, "'" + pass_as.name + "' cannot begin the name of a cookie");
  } else {
    pass_as.place = PassAs::header;
    pass_as.name = words.size() == 2 ? words[1] : "X-Confluence-Cookie";
    if (!is_cookie_name(pass_as.name))
      return refuse(cmd, "'" + pass_as.name + "' is no name of a header");
    std::transform(pass_as.name.begin(), pass_as.name.end(),
                   std::back_inserter(pass_as.folded_name), folded);
    if (has_meaning_in_http(pass_as.folded_name))
      return refuse(cmd,
                    "'" + pass_as.name +
                        "' has a meaning of its own in HTTP or for proxies; choose another name, "
                        "such as X-Confluence-Cookie");
  }
  config.pass_as = make_in_pool<PassAs>(cmd->pool, std::move(pass_as));
  return refuse_if_same(cmd, config);
}

const char* set_forwarded_for(cmd_parms* cmd, DirectoryConfig& config, int on) {
  return set_flag(cmd, config.forwarded_for, on);
}

const char* set_session_ttl(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  return set_ttl(cmd, words, std::chrono::seconds(1), "1s to 24h", config.session_ttl);
}

const char* set_rejection_ttl(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  return set_ttl(cmd, words, std::chrono::seconds(0), "0 to 24h", config.rejection_ttl);
}

const char* set_protect_cookie(cmd_parms* cmd, DirectoryConfig& config, int on) {
  return set_flag(cmd, config.protect_cookie, on);
}

}  // namespace crowd_confluence::httpd
