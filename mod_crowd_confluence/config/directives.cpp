// The directives: each checks its words at the start, and a wrong one stops it with a message that
// names the directive (httpd adds it), the value and what is allowed.

#include <httpd.h>

#include <http_config.h>

#include "config/config.h"
#include "config/confluence_directives.h"
#include "config/crowd_directives.h"
#include "config/place.h"
#include "config/server_directives.h"
#include "config/session_directives.h"
#include "config/when_directive.h"
#include "config/words.h"
#include "module_functions.h"

namespace crowd_confluence::httpd {
namespace {

const char* set_enabled(cmd_parms* cmd, DirectoryConfig& config, int on) {
  ServerConfig& server = server_config(cmd->server);
  config.enabled_at.text = place_of(cmd);
  if (on != 0 && server.first_enabled == nullptr) server.first_enabled = config.enabled_at.text;
  return set_flag(cmd, config.enabled, on);
}

DirectoryConfig& to_be_set(const cmd_parms* cmd, void* config) {
  auto& settings = *static_cast<DirectoryConfig*>(config);
  if (settings.origin == DirectoryConfig::nowhere) ++server_config(cmd->server).sections;
  settings.origin = DirectoryConfig::section;
  return settings;
}

template <const char* (*kSet)(cmd_parms*, DirectoryConfig&, int)>
const char* flag_directive(cmd_parms* cmd, void* config, int on) noexcept {
  if (const char* problem = ap_check_cmd_context(cmd, NOT_IN_LIMIT)) return problem;
  return kSet(cmd, to_be_set(cmd, config), on);
}

template <const char* (*kSet)(cmd_parms*, DirectoryConfig&, const Words&)>
const char* words_directive(cmd_parms* cmd, void* config, int count, char* const words[]) noexcept {
  if (const char* problem = ap_check_cmd_context(cmd, NOT_IN_LIMIT)) return problem;
  return guarded(cmd,
                 [&] { return kSet(cmd, to_be_set(cmd, config), Words(words, words + count)); });
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
}  // namespace crowd_confluence::httpd

namespace cc = crowd_confluence::httpd;

const command_rec crowd_confluence_directives[] = {
    cc::flag_command<cc::set_enabled>("CrowdConfluence",
                                      "On: give apps a Confluence session of the Crowd user"),
    cc::words_command<cc::set_url>(
        "CrowdConfluenceURL",
        "Confluence's base URL, then connectiontimeout=TIME, timeout=TIME, "
        "retry=TIME, max=N"),
    cc::words_command<cc::set_probe>(
        "CrowdConfluenceProbe",
        "a path below the base URL, then FIELD=VALUE and user=FIELD of its "
        "JSON answer"),
    cc::words_command<cc::set_token_cookie>("CrowdConfluenceTokenCookie",
                                            "the name of Crowd's SSO cookie, or auto: ask Crowd"),
    cc::words_command<cc::set_session_cookies>(
        "CrowdConfluenceSessionCookies",
        "Confluence's cookies that make up a session; the first is "
        "required, a * at the end matches all that begin alike"),
    cc::words_command<cc::set_pass_as>("CrowdConfluencePassAs", "cookie [PREFIX] or header [NAME]"),
    cc::flag_command<cc::set_forwarded_for>("CrowdConfluenceForwardedFor",
                                            "Off: do not tell Confluence the user's address"),
    cc::words_command<cc::set_session_ttl>(
        "CrowdConfluenceSessionTTL", "how long a proven session is used before it is proven again"),
    cc::words_command<cc::set_rejection_ttl>("CrowdConfluenceRejectionTTL",
                                             "how long a refusal is remembered; 0: not at all"),
    cc::words_command<cc::set_when>(
        "CrowdConfluenceWhen", "missing, rejected or unavailable, then pass, a status or a URL"),
    cc::words_command<cc::set_ca_certificate_file>(
        "CrowdConfluenceCACertificateFile",
        "a file with the CAs that Confluence's certificate may "
        "come from, in PEM form"),
    cc::words_command<cc::set_client_certificate_file>(
        "CrowdConfluenceClientCertificateFile",
        "a file with a certificate to show to Confluence, and "
        "one with its key"),
    cc::words_command<cc::set_pinned_public_key>("CrowdConfluencePinnedPublicKey",
                                                 "sha256//... of Confluence's public key"),
    cc::flag_command<cc::set_verify_peer>("CrowdConfluenceVerifyPeer",
                                          "Off: do not check Confluence's certificate"),
    cc::words_command<cc::set_outgoing_proxy>("CrowdConfluenceOutgoingProxy",
                                              "the URL of a proxy on the way to Confluence"),
    cc::flag_command<cc::set_protect_cookie>(
        "CrowdConfluenceProtectCookie",
        "Off: do not add HttpOnly and Secure to an SSO cookie that the "
        "app sets"),
    cc::words_command<cc::set_crowd_url>(
        "CrowdConfluenceCrowdURL",
        "Crowd's base URL, for auto and for diagnosis, then connectiontimeout=TIME, timeout=TIME, "
        "retry=TIME, max=N"),
    cc::words_command<cc::set_crowd_application>(
        "CrowdConfluenceCrowdApplication",
        "the name of an application at Crowd, then file:PATH or exec:COMMAND for its password"),
    cc::server_directive<cc::set_table_size>("CrowdConfluenceTableSize",
                                             "how many visitors this server remembers"),
    cc::server_words_directive<cc::set_socache>(
        "CrowdConfluenceSOCache", "PROVIDER[:ARGUMENTS] of the store that machines share"),
    cc::server_directive<cc::set_secret>(
        "CrowdConfluenceSecret", "a secret, file:PATH or exec:COMMAND; the same on all machines"),
    {nullptr, nullptr, nullptr, 0, RAW_ARGS, nullptr}};
