#include "handlers/check_case.h"

#include <http_protocol.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>

#include "apr/headers.h"
#include "crowd_confluence/address.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "crowd_confluence/diagnosis/diagnosis.h"

namespace crowd_confluence::httpd {
namespace {

constexpr std::size_t kMaxCandidates = 3;

std::string canonical(const char* address) {
  AddressBuffer buffer;
  return std::string(canonical_address(address != nullptr ? address : "", buffer));
}

void note_request(const request_rec& request, const ConfluenceSettings& settings,
                  CheckCase& checked) {
  RequestEvidence& evidence = checked.evidence.request;
  evidence.scheme = ap_http_scheme(&request);
  evidence.host = request.hostname != nullptr ? request.hostname : "";
  std::transform(evidence.host.begin(), evidence.host.end(), evidence.host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  evidence.client_address = canonical(request.useragent_ip);
  if (request.useragent_ip != request.connection->client_ip)
    evidence.peer_address = canonical(request.connection->client_ip);
  evidence.has_cookies = true;
  bool has_token = false;
  for (const apr_table_entry_t& entry : entries_of(request.headers_in)) {
    if (is_same_header(entry.key, "x-forwarded-for")) note_forwarded_for(entry.val, evidence);
    if (is_same_header(entry.key, "authorization")) evidence.has_authorization = true;
    if (!is_same_header(entry.key, "cookie")) continue;
    note_cookies(entry.val, settings, evidence);
    for (CookieScanner scan(entry.val); scan.next() && !has_token;) {
      has_token = scan.cookie().name == settings.token_cookie;
      if (has_token) checked.token = scan.cookie().value;
    }
  }
}

/// Separated by blanks or commas.
void note_candidates(std::string_view list, std::vector<std::string>& candidates) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(" ,\t\r\n"), list.size());
    const std::string address = canonical(std::string(list.substr(0, end)).c_str());
    if (!address.empty() && candidates.size() < kMaxCandidates) candidates.push_back(address);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

}  // namespace

CheckCase case_of(const request_rec& request, const DirectoryConfig& config) {
  CheckCase checked;
  const ConfluenceSettings settings = config.confluence_settings();
  const std::optional<CrowdSettings> crowd = config.crowd_settings();
  checked.evidence.setup = setup_of(settings, crowd ? &*crowd : nullptr);
  checked.evidence.setup.passes_cookies =
      config.passing().place == PassAs::cookie && config.passing().name.empty();
  note_request(request, settings, checked);
  return checked;
}

void note_field(std::string_view name, std::string_view value, Evidence& evidence) {
  if (name == kCandidatesField) return note_candidates(value, evidence.setup.candidates);
  for (const ObservationField& field : kObservationFields)
    if (name == field.name) evidence.observed.*field.observation = true;
}

}  // namespace crowd_confluence::httpd
