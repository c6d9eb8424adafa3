// The directives: each checks its words at the start, and a wrong one stops it with a message that
// names the directive (httpd adds it), the value and what is allowed.

#include <httpd.h>

#include <apr_cstr.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "config.h"
#include "crowd_confluence/cookie.h"
#include "directive_words.h"
#include "header_names.h"
#include "log.h"
#include "reaction.h"
#include "reserved_headers.h"
#include "server_directives.h"

namespace crowd_confluence {
namespace {

void warn_at_start(const cmd_parms* cmd, const char* text) {
  APR_ARRAY_PUSH(server_config(cmd->server).warnings, const char*) = text;
}

const char* section_name(const cmd_parms* cmd) {
  return cmd->path != nullptr ? cmd->path : "the server";
}

const char* flag(cmd_parms*, std::optional<bool>& setting, int on) {
  setting = on != 0;
  return nullptr;
}

const char* set_enabled(cmd_parms* cmd, DirectoryConfig& config, int on) {
  ServerConfig& server = server_config(cmd->server);
  if (on != 0 && server.first_enabled == nullptr) server.first_enabled = section_name(cmd);
  return flag(cmd, config.enabled, on);
}

const char* set_forwarded_for(cmd_parms* cmd, DirectoryConfig& config, int on) {
  return flag(cmd, config.forwarded_for, on);
}

const char* set_protect_cookie(cmd_parms* cmd, DirectoryConfig& config, int on) {
  return flag(cmd, config.protect_cookie, on);
}

const char* set_verify_peer(cmd_parms* cmd, DirectoryConfig& config, int on) {
  if (on == 0)
    warn_at_start(cmd,
                  apr_psprintf(cmd->pool,
                               CCF_UNVERIFIED_PEER
                               "%s: 'CrowdConfluenceVerifyPeer Off' lets anybody on the "
                               "way to Confluence read and take over sessions; name its CA with "
                               "CrowdConfluenceCACertificateFile instead",
                               section_name(cmd)));
  return flag(cmd, config.verify_peer, on);
}

/// Reads the value of `name=TIME`.
const char* read_timeout(const cmd_parms* cmd, std::string_view word, std::string_view value,
                         std::chrono::milliseconds& time) {
  constexpr auto kLongest = std::chrono::hours(1);
  const auto read = read_time(cmd->pool, value);
  if (!read || *read < std::chrono::milliseconds(1) || *read > kLongest)
    return refuse(cmd, "'" + std::string(word) +
                           "' is no time; allowed is 1ms to 1h, as a number with ms, s, min or h "
                           "(none: seconds)");
  time = *read;
  return nullptr;
}

const char* read_max(const cmd_parms* cmd, std::string_view word, std::string_view value,
                     std::optional<std::uint32_t>& max) {
  const auto number = read_number(value, 1, 100'000);
  if (!number)
    return refuse(cmd,
                  "'" + std::string(word) + "' is no number of threads; allowed is 1 to 100000");
  max = static_cast<std::uint32_t>(*number);
  return nullptr;
}

const char* set_url(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.empty()) return refuse(cmd, "a URL is needed");
  const auto base_url = parse_base_url(words[0]);
  if (!base_url) return refuse(cmd, base_url.error().text);
  Upstream upstream;
  upstream.base_url = base_url.value();
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string_view name = words[i].substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : words[i].substr(equals + 1);
    const char* problem = nullptr;
    if (name == "connectiontimeout") {
      problem = read_timeout(cmd, words[i], value, upstream.connect_timeout);
    } else if (name == "timeout") {
      problem = read_timeout(cmd, words[i], value, upstream.timeout);
    } else if (name == "retry") {
      problem = read_timeout(cmd, words[i], value, upstream.retry);
    } else if (name == "max") {
      problem = read_max(cmd, words[i], value, upstream.max_waiting);
    } else {
      problem = refuse(
          cmd, "'" + std::string(words[i]) +
                   "' is unknown; allowed are connectiontimeout=TIME, timeout=TIME, retry=TIME "
                   "and max=N");
    }
    if (problem != nullptr) return problem;
  }
  if (upstream.base_url.is_readable_on_the_way())
    warn_at_start(cmd, apr_psprintf(cmd->pool,
                                    CCF_READABLE_URL
                                    "%s: '%s' is not https: everybody on the way to Confluence "
                                    "can read SSO cookies and sessions",
                                    section_name(cmd), upstream.base_url.text.c_str()));
  server_config(cmd->server).has_url = true;
  config.upstream = make_in_pool<Upstream>(cmd->pool, std::move(upstream));
  return nullptr;
}

const char* set_ttl(const cmd_parms* cmd, const Words& words, std::chrono::milliseconds shortest,
                    const char* shortest_text, std::optional<std::chrono::milliseconds>& setting) {
  const std::string_view word = words.size() == 1 ? words[0] : std::string_view();
  const auto time = read_time(cmd->pool, word);
  if (!time || *time < shortest || *time > std::chrono::hours(24))
    return refuse(cmd, "'" + std::string(word) + "' is no time; allowed is " + shortest_text +
                           " to 24h, as a number with ms, s, min or h (none: seconds)");
  setting = *time;
  return nullptr;
}

const char* set_probe(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.empty()) return refuse(cmd, "a path is needed");
  ProbeParser parser(words[0]);
  for (std::size_t i = 1; i < words.size(); ++i) parser.add(words[i]);
  const auto probe = parser.finish();
  if (!probe) return refuse(cmd, probe.error().text);
  config.probe = make_in_pool<Probe>(cmd->pool, probe.value());
  return nullptr;
}

/// The section may inherit one of the two from elsewhere; what is written together is checked.
const char* refuse_if_same(const cmd_parms* cmd, const DirectoryConfig& config) {
  const std::string& token_cookie = config.token_cookie_name();
  if (!config.session_cookie_names().may_be_taken_for("", token_cookie)) return nullptr;
  return refuse(cmd, "'" + token_cookie +
                         "' cannot be both the SSO cookie (CrowdConfluenceTokenCookie) and one of "
                         "the session's (CrowdConfluenceSessionCookies); choose other names");
}

const char* set_token_cookie(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.size() != 1 || !is_cookie_name(words[0]) || words[0] == "auto")
    return refuse(cmd,
                  "'" + std::string(words.empty() ? "" : words[0]) +
                      "' is no cookie name; allowed is the name of Crowd's SSO cookie, such as "
                      "crowd.token_key");
  config.token_cookie = make_in_pool<std::string>(cmd->pool, words[0]);
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
  return nullptr;
}

/// httpd answers 500 instead of a status that it does not know.
bool is_known_to_httpd(int status) {
  return status == HTTP_INTERNAL_SERVER_ERROR ||
         std::strcmp(ap_get_status_line(status), ap_get_status_line(HTTP_INTERNAL_SERVER_ERROR)) !=
             0;
}

const char* read_reaction(cmd_parms* cmd, std::string_view action, Reaction& reaction) {
  if (action == "pass") return nullptr;
  const bool is_number = !action.empty() && action.find_first_not_of("0123456789") == action.npos;
  if (is_number) {
    const int status = action.size() == 3 ? std::stoi(std::string(action)) : 0;
    if (status < 400 || status > 599)
      return refuse(cmd, "'" + std::string(action) +
                             "' is no status to refuse with; allowed are 400 "
                             "to 599");
    if (!is_known_to_httpd(status))
      return refuse(cmd, "httpd knows no status " + std::string(action) + " and would answer 500");
    reaction.status = status;
    return nullptr;
  }
  if (!action.starts_with("http://") && !action.starts_with("https://") &&
      !action.starts_with("/") && !action.starts_with("%{"))
    return refuse(cmd, "'" + std::string(action) +
                           "' is unknown; allowed are 'pass', a status from 400 to 599, and a URL "
                           "(http://..., https://... or /...), in which expressions such as "
                           "%{escape:%{REQUEST_URI}} may stand");
  // What stands before the first expression is the same for every request.
  if (!may_be_in_location(action.substr(0, action.find_first_of("%$"))))
    return refuse(cmd, "'" + std::string(action) +
                           "' holds what no URL may; write blanks and other letters than those of "
                           "ASCII as %20 and the like");
  const char* problem = nullptr;
  reaction.redirect =
      ap_expr_parse_cmd(cmd, copy(cmd, action), AP_EXPR_FLAG_STRING_RESULT, &problem, nullptr);
  if (problem != nullptr)
    return refuse(cmd, "'" + std::string(action) + "' is no valid expression: " + problem);
  return nullptr;
}

const char* set_session_ttl(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  return set_ttl(cmd, words, std::chrono::seconds(1), "1s", config.session_ttl);
}

const char* set_rejection_ttl(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  return set_ttl(cmd, words, std::chrono::seconds(0), "0", config.rejection_ttl);
}

const char* set_when(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  constexpr std::array kResults = {Result::missing, Result::rejected, Result::unavailable};
  const std::string_view word = words.empty() ? std::string_view() : words[0];
  const auto* result = std::find_if(kResults.begin(), kResults.end(),
                                    [&](Result each) { return to_string(each) == word; });
  if (result == kResults.end())
    return refuse(cmd, "'" + std::string(word) +
                           "' is no result; allowed are missing, rejected and unavailable");
  if (words.size() != 2)
    return refuse(cmd, "after '" + std::string(word) +
                           "' one word is needed: 'pass', a status from 400 to 599, or a URL");
  Reaction reaction;
  if (const char* problem = read_reaction(cmd, words[1], reaction)) return problem;
  config.when[static_cast<std::size_t>(*result)] =
      make_in_pool<Reaction>(cmd->pool, std::move(reaction));
  return nullptr;
}

/// A path that is not absolute is below ServerRoot, as everywhere in httpd.
std::string absolute_path(const cmd_parms* cmd, std::string_view path) {
  const char* absolute = ap_server_root_relative(cmd->pool, copy(cmd, path));
  return absolute != nullptr ? absolute : std::string(path);
}

const char* set_ca_certificate_file(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.size() != 1) return refuse(cmd, "one file is needed");
  const std::string path = absolute_path(cmd, words[0]);
  const auto checked = check_certificate_file(path);
  if (!checked) return refuse(cmd, checked.error().text);
  config.ca_certificate_file = make_in_pool<std::string>(cmd->pool, path);
  return nullptr;
}

const char* set_client_certificate_file(cmd_parms* cmd, DirectoryConfig& config,
                                        const Words& words) {
  if (words.empty() || words.size() > 2)
    return refuse(cmd, "a certificate's file is needed, and its key's if that is another one");
  const auto certificate =
      read_client_certificate(absolute_path(cmd, words[0]), absolute_path(cmd, words.back()));
  if (!certificate) return refuse(cmd, certificate.error().text);
  config.client_certificate = make_in_pool<ClientCertificate>(cmd->pool, certificate.value());
  return nullptr;
}

const char* set_pinned_public_key(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  const auto pin = parse_pinned_public_key(words.empty() ? std::string_view() : words[0]);
  if (!pin) return refuse(cmd, pin.error().text);
  if (words.size() > 1)
    return refuse(cmd, "several pins are written as one word, with ; between them");
  config.pinned_public_key = make_in_pool<std::string>(cmd->pool, pin.value());
  return nullptr;
}

const char* set_outgoing_proxy(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.size() != 1) return refuse(cmd, "one URL is needed");
  const auto url = parse_proxy_url(words[0]);
  if (!url) return refuse(cmd, url.error().text);
  config.outgoing_proxy = make_in_pool<std::string>(cmd->pool, url.value());
  return nullptr;
}

DirectoryConfig& to_be_set(void* config) {
  auto& settings = *static_cast<DirectoryConfig*>(config);
  settings.origin = DirectoryConfig::section;
  return settings;
}

template <const char* (*kSet)(cmd_parms*, DirectoryConfig&, int)>
const char* flag_directive(cmd_parms* cmd, void* config, int on) noexcept {
  if (const char* problem = ap_check_cmd_context(cmd, NOT_IN_LIMIT)) return problem;
  return kSet(cmd, to_be_set(config), on);
}

template <const char* (*kSet)(cmd_parms*, DirectoryConfig&, const Words&)>
const char* words_directive(cmd_parms* cmd, void* config, int count, char* const words[]) noexcept {
  if (const char* problem = ap_check_cmd_context(cmd, NOT_IN_LIMIT)) return problem;
  return guarded(cmd, [&] { return kSet(cmd, to_be_set(config), Words(words, words + count)); });
}

/// In the configuration of the server, of virtual hosts and of <Location>, <Directory> and the
/// like; not in .htaccess, whose authors need not be the administrators, nor in <Limit>, where
/// they would hold for all methods.
constexpr int kWhere = RSRC_CONF | ACCESS_CONF;

template <const char* (*kSet)(cmd_parms*, DirectoryConfig&, int)>
command_rec flag_command(const char* name, const char* help) {
  return {name, as_command(&flag_directive<kSet>), nullptr, kWhere, FLAG, help};
}

template <const char* (*kSet)(cmd_parms*, DirectoryConfig&, const Words&)>
command_rec words_command(const char* name, const char* help) {
  return {name, as_command(&words_directive<kSet>), nullptr, kWhere, TAKE_ARGV, help};
}

}  // namespace
}  // namespace crowd_confluence

using namespace crowd_confluence;  // NOLINT: the table below is all that follows

const command_rec crowd_confluence_directives[] = {
    flag_command<set_enabled>("CrowdConfluence",
                              "On: give apps a Confluence session of the Crowd user"),
    words_command<set_url>("CrowdConfluenceURL",
                           "Confluence's base URL, then connectiontimeout=TIME, timeout=TIME, "
                           "retry=TIME, max=N"),
    words_command<set_probe>("CrowdConfluenceProbe",
                             "a path below the base URL, then FIELD=VALUE and user=FIELD of its "
                             "JSON answer"),
    words_command<set_token_cookie>("CrowdConfluenceTokenCookie", "the name of Crowd's SSO cookie"),
    words_command<set_session_cookies>("CrowdConfluenceSessionCookies",
                                       "Confluence's cookies that make up a session; the first is "
                                       "required, a * at the end matches all that begin alike"),
    words_command<set_pass_as>("CrowdConfluencePassAs", "cookie [PREFIX] or header [NAME]"),
    flag_command<set_forwarded_for>("CrowdConfluenceForwardedFor",
                                    "Off: do not tell Confluence the user's address"),
    words_command<set_session_ttl>("CrowdConfluenceSessionTTL",
                                   "how long a proven session is used before it is proven again"),
    words_command<set_rejection_ttl>("CrowdConfluenceRejectionTTL",
                                     "how long a refusal is remembered; 0: not at all"),
    words_command<set_when>("CrowdConfluenceWhen",
                            "missing, rejected or unavailable, then pass, a status or a URL"),
    words_command<set_ca_certificate_file>("CrowdConfluenceCACertificateFile",
                                           "a file with the CAs that Confluence's certificate may "
                                           "come from, in PEM form"),
    words_command<set_client_certificate_file>(
        "CrowdConfluenceClientCertificateFile",
        "a file with a certificate to show to Confluence, and "
        "one with its key"),
    words_command<set_pinned_public_key>("CrowdConfluencePinnedPublicKey",
                                         "sha256//... of Confluence's public key"),
    flag_command<set_verify_peer>("CrowdConfluenceVerifyPeer",
                                  "Off: do not check Confluence's certificate"),
    words_command<set_outgoing_proxy>("CrowdConfluenceOutgoingProxy",
                                      "the URL of a proxy on the way to Confluence"),
    flag_command<set_protect_cookie>(
        "CrowdConfluenceProtectCookie",
        "Off: do not add HttpOnly and Secure to an SSO cookie that the "
        "app sets"),
    server_directive<set_table_size>("CrowdConfluenceTableSize",
                                     "how many visitors this server remembers"),
    server_directive<set_socache>("CrowdConfluenceSOCache",
                                  "PROVIDER[:ARGUMENTS] of the store that machines share"),
    server_directive<set_secret>("CrowdConfluenceSecret",
                                 "a secret, file:PATH or exec:COMMAND; the same on all machines"),
    {nullptr, nullptr, nullptr, 0, RAW_ARGS, nullptr}};
