#include "options.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <cmath>

#include "crowd_confluence/address.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "secrets.h"

namespace crowd_confluence::tool {
namespace {

constexpr double kShortestSeconds = 0.001;
constexpr double kLongestSeconds = 3600;

void add_json(CLI::App& command, Options& options) {
  command.add_flag("--json", options.json, "Print JSON");
}

void add_confluence(CLI::App& command, Options& options) {
  command
      .add_option("--confluence-url", options.confluence_url,
                  "Confluence's base URL with its context path")
      ->type_name("URL");
  command
      .add_option("--product", options.product,
                  "The product at that URL; only confluence works today")
      ->type_name("PRODUCT");
  command
      .add_option("--cookie", options.cookie, "The SSO cookie's name; crowd.token_key unless given")
      ->type_name("NAME");
}

void add_crowd(CLI::App& command, Options& options) {
  command
      .add_option("--crowd-url", options.crowd_url,
                  "Crowd's base URL with its context path, usually /crowd")
      ->type_name("URL");
  command
      .add_option("--application", options.application,
                  "The application in whose name Crowd is asked; best Confluence's own")
      ->type_name("NAME");
  command
      .add_option("--password-file", options.password_file,
                  "A file with that application's password (-: standard input); or the variable "
                  "CROWD_PASSWORD")
      ->type_name("FILE");
}

void add_token(CLI::App& command, Options& options) {
  command
      .add_option("--token-file", options.token_file,
                  "A file with the SSO cookie's value (-: standard input); or the variable "
                  "CROWD_TOKEN")
      ->type_name("FILE");
}

void add_address(CLI::App& command, Options& options) {
  command.add_option("--address", options.address, "The user's address, as httpd sees it")
      ->type_name("ADDRESS");
}

void add_candidate(CLI::App& command, Options& options) {
  command
      .add_option("--candidate", options.candidates,
                  "An address for which the token may have been made, such as a front proxy's; may "
                  "be repeated")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
}

void add_connection(CLI::App& command, Options& options) {
  const std::string group = "Connections, as curl names them";
  const auto add = [&](const char* name, std::string& value, const char* type, const char* text) {
    command.add_option(name, value, text)->type_name(type)->group(group);
  };
  add("--cacert", options.ca_certificate, "FILE",
      "A file with the authorities to trust, in PEM form");
  add("--cert", options.certificate, "FILE", "A file with this host's certificate, in PEM form");
  add("--key", options.key, "FILE", "A file with its key, unless the certificate's file has it");
  add("--pinnedpubkey", options.pinned_public_key, "PIN", "The server's public key: sha256//...");
  command.add_flag("--insecure", options.insecure, "Do not check the server's certificate")
      ->group(group);
  add("--proxy", options.proxy, "URL", "An outgoing proxy's URL, without user and password");
  const auto add_seconds = [&](const char* name, double& value, const char* text) {
    command.add_option(name, value, text)
        ->type_name("SECONDS")
        ->check(CLI::Range(kShortestSeconds, kLongestSeconds).description(""))
        ->group(group);
  };
  add_seconds("--connect-timeout", options.connect_timeout,
              "Seconds within which a connection must be made; 2 unless given");
  add_seconds("--max-time", options.max_time,
              "Seconds for everything together; 3 for diagnose and 5 otherwise, unless given");
}

void add_observations(CLI::App& command, Options& options) {
  const std::string group = "What you have seen, and no question tells";
  const auto add = [&](const char* name, bool& value, const char* text) {
    command.add_flag(name, value, text)->group(group);
  };
  Observations& observed = options.observed;
  add("--just-logged-in", observed.just_logged_in, "The token was made a moment ago");
  add("--nobody-has-a-cookie", observed.nobody_has_a_cookie,
      "No visitor has an SSO cookie, not just this one");
  add("--works-after-other-log-in", observed.works_after_other_log_in,
      "After a log-in in another product it works");
  add("--works-from-other-server", observed.works_from_other_server,
      "Through another httpd it works for the same visitor");
  add("--varies", observed.varies, "It works and fails by turns");
  add("--session-ends-early", observed.session_ends_early, "Sessions end after calls of the app");
  add("--app-sets-session-cookie", observed.app_sets_session_cookie,
      "The app sets a cookie named like Confluence's session cookie");
  add("--app-write-fails-xsrf", observed.app_write_fails_xsrf,
      "The app's writes are answered 403, XSRF check failed");
}

Problem missing(const char* option) {
  return {std::string(option) + " is required"};
}

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

}  // namespace

void add_subcommands(CLI::App& app, Options& options) {
  CLI::App& session =
      *app.add_subcommand("session", "Ask Confluence for a session, once, as the module does");
  add_confluence(session, options);
  add_token(session, options);
  add_address(session, options);
  add_json(session, options);
  session.add_flag("--curl", options.curl,
                   "Print a command for curl that asks the same and reads the token from "
                   "--token-file");
  add_connection(session, options);

  CLI::App& diagnose = *app.add_subcommand(
      "diagnose",
      "Find out why SSO does not work, with up to eight questions to Confluence and Crowd");
  add_confluence(diagnose, options);
  add_crowd(diagnose, options);
  add_token(diagnose, options);
  add_address(diagnose, options);
  add_candidate(diagnose, options);
  diagnose
      .add_option("--app-url", options.app_url,
                  "The app's URL as browsers know it: does the SSO cookie get there?")
      ->type_name("URL");
  add_json(diagnose, options);
  add_observations(diagnose, options);
  add_connection(diagnose, options);

  CLI::App& cookie_config =
      *app.add_subcommand("cookie-config", "Ask Crowd how the SSO cookie is set");
  add_crowd(cookie_config, options);
  add_json(cookie_config, options);
  add_connection(cookie_config, options);

  CLI::App& validate =
      *app.add_subcommand("validate", "Ask Crowd for which of some addresses a token is good");
  add_crowd(validate, options);
  add_token(validate, options);
  add_address(validate, options);
  add_candidate(validate, options);
  add_json(validate, options);
  add_connection(validate, options);

  CLI::App& causes = *app.add_subcommand("causes", "List all causes that a diagnosis may find");
  add_json(causes, options);
}

Expected<HttpSettings, Problem> http_settings(const Options& options, double limit) {
  HttpSettings settings;
  settings.timeout = milliseconds(options.max_time > 0 ? options.max_time : limit);
  settings.connect_timeout = milliseconds(options.connect_timeout);
  settings.verify_peer = !options.insecure;
  if (!options.ca_certificate.empty()) {
    if (const auto good = check_certificate_file(options.ca_certificate); !good)
      return good.error();
    settings.ca_certificate_file = options.ca_certificate;
  }
  if (!options.certificate.empty()) {
    auto certificate = read_client_certificate(
        options.certificate, options.key.empty() ? options.certificate : options.key);
    if (!certificate) return certificate.error();
    settings.client_certificate = std::move(certificate).value();
  } else if (!options.key.empty()) {
    return missing("--cert");
  }
  if (!options.pinned_public_key.empty()) {
    auto pin = parse_pinned_public_key(options.pinned_public_key);
    if (!pin) return pin.error();
    settings.pinned_public_key = std::move(pin).value();
  }
  if (!options.proxy.empty()) {
    // Every user of this machine can read a command's arguments.
    if (options.proxy.find('@') != std::string::npos)
      return Problem{"--proxy must not have a user or password in it"};
    auto proxy = parse_proxy_url(options.proxy);
    if (!proxy) return proxy.error();
    settings.outgoing_proxy = std::move(proxy).value();
  }
  return settings;
}

Expected<ConfluenceSettings, Problem> confluence_settings(const Options& options, double limit) {
  if (options.product != "confluence")
    return Problem{"--product " + options.product + " does not work yet; only confluence does"};
  if (options.confluence_url.empty()) return missing("--confluence-url");
  auto url = parse_base_url(options.confluence_url);
  if (!url) return url.error();
  auto http = http_settings(options, limit);
  if (!http) return http.error();
  if (!is_cookie_name(options.cookie))
    return Problem{"--cookie '" + options.cookie + "' is no cookie's name"};
  ConfluenceSettings settings;
  settings.base_url = std::move(url).value();
  settings.token_cookie = options.cookie;
  settings.forwarded_for = !options.address.empty();
  settings.http = std::move(http).value();
  return settings;
}

Expected<CrowdSettings, Problem> crowd_settings(const Options& options, double limit) {
  if (options.crowd_url.empty()) return missing("--crowd-url");
  if (options.application.empty()) return missing("--application");
  if (options.application.find(':') != std::string::npos)
    return Problem{"--application must not have a colon in it"};
  auto url = parse_base_url(options.crowd_url);
  if (!url) return url.error();
  auto http = http_settings(options, limit);
  if (!http) return http.error();
  if (options.password_file == "-" && options.token_file == "-")
    return Problem{"only one of --password-file and --token-file can be the standard input"};
  auto password = read_secret(options.password_file, "CROWD_PASSWORD");
  if (!password) return password.error();
  if (password.value().empty())
    return Problem{"there is no password: give --password-file or the variable CROWD_PASSWORD"};
  CrowdSettings settings;
  settings.base_url = std::move(url).value();
  settings.application = options.application;
  settings.password = std::move(password).value();
  settings.http = std::move(http).value();
  return settings;
}

Expected<SecretText, Problem> token_of(const Options& options) {
  return read_secret(options.token_file, "CROWD_TOKEN");
}

namespace {

Expected<std::string, Problem> address_of(const char* option, const std::string& text) {
  AddressBuffer buffer;
  const std::string_view address = canonical_address(text, buffer);
  if (address.empty() && !text.empty())
    return Problem{std::string(option) + " '" + text + "' is no IP address"};
  return std::string(address);
}

}  // namespace

Expected<std::vector<std::string>, Problem> candidates_of(const Options& options) {
  if (const auto address = address_of("--address", options.address); !address)
    return address.error();
  for (const std::string& candidate : options.candidates)
    if (const auto address = address_of("--candidate", candidate); !address) return address.error();
  return options.candidates;
}

Expected<RequestEvidence, Problem> request_of(const Options& options, std::string_view token,
                                              const ConfluenceSettings& settings) {
  RequestEvidence request;
  const auto address = address_of("--address", options.address);
  if (!address) return address.error();
  request.client_address = address.value();
  if (!options.app_url.empty()) {
    const auto url = parse_base_url(options.app_url);
    if (!url) return url.error();
    request.scheme = url.value().scheme;
    request.host = url.value().host;
  }
  if (!token.empty())
    note_cookies(settings.token_cookie + "=" + std::string(token), settings, request);
  request.has_cookies = false;  // there is no request; only a token was given
  return request;
}

}  // namespace crowd_confluence::tool
