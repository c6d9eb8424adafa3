#include "commands.h"

#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "crowd_confluence/confluence/client.h"
#include "crowd_confluence/crowd/client.h"
#include "crowd_confluence/diagnosis/diagnosis.h"
#include "curl_command.h"
#include "json_text.h"
#include "output.h"

namespace crowd_confluence::tool {
namespace {

constexpr double kDiagnoseSeconds = 3;
constexpr double kOtherSeconds = 5;

int usage(const Problem& problem) {
  std::cerr << "crowd-confluence: " << problem.text << "\nTry --help.\n";
  return kUsage;
}

int status_of(const Finding& finding) {
  switch (finding.result) {
    case Result::session:
      return kSession;
    case Result::missing:
    case Result::rejected:
      return kNoSession;
    case Result::unavailable:
      break;
  }
  return finding.reason == Reason::internal ? kInternal : kUnavailable;
}

int status_of(CrowdFailure failure) {
  switch (failure) {
    case CrowdFailure::bad_credentials:
    case CrowdFailure::address_forbidden:
    case CrowdFailure::application_closed:
    case CrowdFailure::access_denied:
    case CrowdFailure::invalid_token:
    case CrowdFailure::not_a_crowd:
      return kNoSession;
    case CrowdFailure::internal:
      return kInternal;
    default:
      return kUnavailable;
  }
}

void print(const Finding& finding, bool json) {
  if (json) {
    std::cout << to_json(finding) << '\n';
  } else {
    print_finding(std::cout, finding);
  }
}

std::chrono::steady_clock::time_point deadline_of(const HttpSettings& settings) {
  return std::chrono::steady_clock::now() + settings.timeout;
}

/// Crowd does not answer: said in the words of a finding, with cause and remedy.
int print_refusal(const Options& options, const CrowdSettings& settings, const CrowdError& error) {
  Evidence evidence;
  evidence.setup.crowd = settings.base_url.text;
  evidence.setup.crowd_host = settings.base_url.host;
  evidence.setup.application = settings.application;
  evidence.cookie_config.emplace().error = error;
  const Finding finding = crowd_confluence::diagnose(evidence);
  if (options.json) {
    std::cout << "{\"failure\":" << json_text(to_string(error.failure))
              << ",\"message\":" << json_text(error.text) << ",\"cause\":"
              << (finding.cause ? json_text(to_string(*finding.cause)) : std::string("null"))
              << ",\"remedy\":" << json_text(finding.remedy) << "}\n";
  } else {
    std::cout << "Crowd does not answer: " << error.text << "\n\nWhat to do\n  " << finding.remedy
              << '\n';
  }
  return status_of(error.failure);
}

void hint_at_address(const Options& options, std::string_view token) {
  if (options.address.empty() && !token.empty())
    std::cerr
        << "crowd-confluence: without --address, Confluence is told no X-Forwarded-For, as if "
           "the user sat at this host.\n";
}

}  // namespace

int session(const Options& options) {
  const auto settings = confluence_settings(options, kOtherSeconds);
  if (!settings) return usage(settings.error());
  if (options.curl && (options.token_file.empty() || options.token_file == "-"))
    return usage({"--curl needs --token-file with a file's name"});
  const auto token = token_of(options);
  if (!token) return usage(token.error());
  if (token.value().empty())
    return usage({"there is no token: give --token-file or the variable CROWD_TOKEN"});
  const std::string_view text = token.value().reveal();
  auto request = request_of(options, text, settings.value());
  if (!request) return usage(request.error());
  hint_at_address(options, text);

  const HttpLibrary library;
  ConfluenceClient client(settings.value());
  Evidence evidence;
  evidence.setup = setup_of(settings.value(), nullptr);
  evidence.request = std::move(request).value();
  {
    const Progress progress;
    evidence = gather(std::move(evidence), text, client, nullptr,
                      {.questions = 1, .time = settings.value().http.timeout},
                      [&](std::string_view asked) { progress.show(asked); });
  }
  const Finding finding = crowd_confluence::diagnose(evidence);
  if (options.curl) {
    std::cout << curl_command(options, settings.value(), finding.address) << '\n';
  } else {
    print(finding, options.json);
  }
  return status_of(finding);
}

int diagnose(const Options& options) {
  const auto settings = confluence_settings(options, kDiagnoseSeconds);
  if (!settings) return usage(settings.error());
  std::optional<CrowdSettings> crowd;
  if (!options.crowd_url.empty() || !options.application.empty()) {
    auto read = crowd_settings(options, kDiagnoseSeconds);
    if (!read) return usage(read.error());
    crowd = std::move(read).value();
  }
  const auto token = token_of(options);
  if (!token) return usage(token.error());
  const std::string_view text = token.value().reveal();
  auto request = request_of(options, text, settings.value());
  if (!request) return usage(request.error());
  const auto candidates = candidates_of(options);
  if (!candidates) return usage(candidates.error());
  hint_at_address(options, text);

  const HttpLibrary library;
  ConfluenceClient client(settings.value());
  std::optional<CrowdClient> crowd_client;
  if (crowd) crowd_client.emplace(*crowd);
  Evidence evidence;
  evidence.setup = setup_of(settings.value(), crowd ? &*crowd : nullptr);
  evidence.setup.candidates = candidates.value();
  evidence.request = std::move(request).value();
  evidence.observed = options.observed;
  {
    const Progress progress;
    evidence = gather(std::move(evidence), text, client, crowd_client ? &*crowd_client : nullptr,
                      {.questions = 8, .time = settings.value().http.timeout},
                      [&](std::string_view asked) { progress.show(asked); });
  }
  const Finding finding = crowd_confluence::diagnose(evidence);
  print(finding, options.json);
  return status_of(finding);
}

int cookie_config(const Options& options) {
  const auto settings = crowd_settings(options, kOtherSeconds);
  if (!settings) return usage(settings.error());
  const HttpLibrary library;
  CrowdClient client(settings.value());
  const auto cookie = client.cookie_config(deadline_of(settings.value().http));
  if (!cookie) return print_refusal(options, settings.value(), cookie.error());
  const CrowdCookie& found = cookie.value();
  if (options.json) {
    std::cout << "{\"name\":" << json_text(found.name) << ",\"domain\":" << json_text(found.domain)
              << ",\"secure\":" << (found.secure ? "true" : "false") << "}\n";
  } else {
    std::cout << "Name    " << found.name << "\nDomain  "
              << (found.domain.empty() ? "none: each product's own host" : found.domain)
              << "\nSecure  " << (found.secure ? "yes: for https only" : "no") << '\n';
  }
  return kSession;
}

int validate(const Options& options) {
  const auto settings = crowd_settings(options, kOtherSeconds);
  if (!settings) return usage(settings.error());
  const auto token = token_of(options);
  if (!token) return usage(token.error());
  if (token.value().empty())
    return usage({"there is no token: give --token-file or the variable CROWD_TOKEN"});
  if (options.address.empty()) return usage({"--address is required"});
  if (const auto candidates = candidates_of(options); !candidates) return usage(candidates.error());

  const HttpLibrary library;
  CrowdClient client(settings.value());
  std::vector<std::string> addresses{options.address};
  addresses.insert(addresses.end(), options.candidates.begin(), options.candidates.end());
  const auto deadline = deadline_of(settings.value().http);
  std::string text;
  bool is_good_for_first = false;
  for (const std::string& address : addresses) {
    const auto session = client.validate(token.value().reveal(), {address, {}}, deadline);
    if (!session && session.error().failure != CrowdFailure::invalid_token)
      return print_refusal(options, settings.value(), session.error());
    if (&address == &addresses.front()) is_good_for_first = session.has_value();
    const std::string user = session ? session.value().user : std::string();
    if (options.json) {
      text.append(text.empty() ? "" : ",")
          .append("{\"address\":" + json_text(address) + ",\"valid\":")
          .append(session ? "true" : "false")
          .append(",\"user\":" + (session ? json_text(user) : std::string("null")) + "}");
    } else {
      text.append(address)
          .append(session ? "  good, user " : "  refused")
          .append(user)
          .append("\n");
    }
  }
  std::cout << (options.json ? "{\"answers\":[" + text + "]}\n" : text);
  return is_good_for_first ? kSession : kNoSession;
}

int causes(const Options& options) {
  std::string json;
  for (const CauseMeaning& meaning : all_causes()) {
    const CauseTexts texts = texts_of(meaning.cause);
    if (options.json) {
      json.append(json.empty() ? "" : ",")
          .append("{\"cause\":" + json_text(meaning.word) + ",\"sentence\":" +
                  json_text(texts.sentence) + ",\"remedy\":" + json_text(texts.remedy) +
                  ",\"anchor\":" + json_text(meaning.anchor) + "}");
    } else {
      std::cout << meaning.word << "\n  " << texts.sentence << '\n';
    }
  }
  if (options.json) std::cout << "{\"causes\":[" << json << "]}\n";
  return kSession;
}

}  // namespace crowd_confluence::tool
