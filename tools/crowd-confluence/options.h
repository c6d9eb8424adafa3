// What the command is asked to do, and how its options say so.

#ifndef TOOLS_CROWD_CONFLUENCE_OPTIONS_H_
#define TOOLS_CROWD_CONFLUENCE_OPTIONS_H_

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <vector>

#include "crowd_confluence/confluence/settings.h"
#include "crowd_confluence/crowd/settings.h"
#include "crowd_confluence/diagnosis/evidence.h"
#include "crowd_confluence/expected.h"
#include "crowd_confluence/secret_text.h"

namespace crowd_confluence::tool {

struct Options {
  std::string confluence_url;
  std::string product = "confluence";
  std::string cookie = "crowd.token_key";
  std::string crowd_url;
  std::string application;
  std::string password_file;
  std::string token_file;
  std::string address;
  std::vector<std::string> candidates;
  std::string app_url;

  std::string ca_certificate;
  std::string certificate;
  std::string key;
  std::string pinned_public_key;
  bool insecure = false;
  std::string proxy;
  double connect_timeout = 2;
  double max_time = 0;  // 0: the subcommand's own

  bool json = false;
  bool curl = false;
  Observations observed;
};

/// Adds all subcommands with their options, which are read into `options`.
void add_subcommands(CLI::App& app, Options& options);

/// The settings that the options stand for. `limit` is how long anything may take in seconds,
/// unless --max-time says otherwise.
Expected<HttpSettings, Problem> http_settings(const Options& options, double limit);
Expected<ConfluenceSettings, Problem> confluence_settings(const Options& options, double limit);
/// Reads the password.
Expected<CrowdSettings, Problem> crowd_settings(const Options& options, double limit);

/// The token that was given: empty if there is none.
Expected<SecretText, Problem> token_of(const Options& options);

/// The texts of --candidate as they are: the form of an address may be what is asked about. That
/// they are addresses, as --address is, has been checked.
Expected<std::vector<std::string>, Problem> candidates_of(const Options& options);

/// What the options tell of the user's request.
Expected<RequestEvidence, Problem> request_of(const Options& options, std::string_view token,
                                              const ConfluenceSettings& settings);

}  // namespace crowd_confluence::tool

#endif  // TOOLS_CROWD_CONFLUENCE_OPTIONS_H_
