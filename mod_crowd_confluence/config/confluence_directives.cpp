#include "config/confluence_directives.h"

#include <apr_strings.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "apr/pool.h"
#include "config/place.h"
#include "log.h"

namespace crowd_confluence::httpd {
namespace {

/// A path that is not absolute is below ServerRoot, as everywhere in httpd.
std::string absolute_path(const cmd_parms* cmd, std::string_view path) {
  const char* absolute = ap_server_root_relative(cmd->pool, copy(cmd, path));
  return absolute != nullptr ? absolute : std::string(path);
}

}  // namespace

const char* set_url(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.empty()) return refuse(cmd, "a URL is needed");
  const auto base_url = parse_base_url(words[0]);
  if (!base_url) return refuse(cmd, base_url.error().text);
  Upstream upstream;
  upstream.place = place_of(cmd);
  upstream.base_url = base_url.value();
  if (const char* problem = read_url_parameters(cmd, words, upstream, upstream.max_waiting))
    return problem;
  if (upstream.base_url.is_readable_on_the_way())
    say_at_start(
        cmd, APLOG_WARNING,
        apr_psprintf(cmd->pool,
                     CCF_READABLE_URL "%s: '%s' is not https: everybody on the way to Confluence "
                                      "can read SSO cookies and sessions",
                     upstream.place, upstream.base_url.text.c_str()));
  server_config(cmd->server).has_url = true;
  config.upstream = make_in_pool<Upstream>(cmd->pool, std::move(upstream));
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

const char* set_ca_certificate_file(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.size() != 1) return refuse(cmd, "one file is needed");
  const std::string path = absolute_path(cmd, words[0]);
  const auto checked = check_certificate_file(path);
  if (!checked) return refuse(cmd, checked.error().text);
  APR_ARRAY_PUSH(server_config(cmd->server).files, FileOfChildren) = {
      copy(cmd, path), cmd->cmd->name, place_of(cmd)};
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

const char* set_verify_peer(cmd_parms* cmd, DirectoryConfig& config, int on) {
  if (on == 0)
    say_at_start(cmd, APLOG_WARNING,
                 apr_psprintf(cmd->pool,
                              CCF_UNVERIFIED_PEER
                              "%s: 'CrowdConfluenceVerifyPeer Off' lets anybody on the "
                              "way to Confluence read and take over sessions; name its CA with "
                              "CrowdConfluenceCACertificateFile instead",
                              place_of(cmd)));
  return set_flag(cmd, config.verify_peer, on);
}

const char* set_outgoing_proxy(cmd_parms* cmd, DirectoryConfig& config, const Words& words) {
  if (words.size() != 1) return refuse(cmd, "one URL is needed");
  const auto url = parse_proxy_url(words[0]);
  if (!url) return refuse(cmd, url.error().text);
  config.outgoing_proxy = make_in_pool<std::string>(cmd->pool, url.value());
  return nullptr;
}

}  // namespace crowd_confluence::httpd
