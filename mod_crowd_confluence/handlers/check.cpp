#include "handlers/check.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <util_script.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "config/own_pages.h"
#include "crowd_confluence/diagnosis/diagnosis.h"
#include "handlers/check_case.h"
#include "handlers/check_page.h"
#include "process/check_guard.h"
#include "process/child.h"
#include "process/guarded.h"
#include "request/troubles.h"

namespace crowd_confluence::httpd {
namespace {

constexpr std::chrono::milliseconds kLongestCheck{3000};
constexpr apr_size_t kMaxFormBytes = 8192;
constexpr std::string_view kSealField = "seal";

// Its steps, in their order.
int answer(request_rec& request);
bool is_from_elsewhere(const request_rec& request);
std::optional<int> read_form(request_rec& request, Evidence& evidence);
Finding check(CheckCase& checked, const DirectoryConfig& config);
int write(request_rec& request, const Finding& finding, const Evidence& evidence, bool is_checked);

const char* header(const request_rec& request, const char* name) {
  return apr_table_get(request.headers_in, name);
}

int answer(request_rec& request) {
  request.allowed |= (AP_METHOD_BIT << M_GET) | (AP_METHOD_BIT << M_POST);
  if (request.method_number != M_GET && request.method_number != M_POST)
    return HTTP_METHOD_NOT_ALLOWED;
  const DirectoryConfig& config = directory_config(&request);
  if (config.upstream == nullptr || brokers() == nullptr) {
    if (config.upstream == nullptr) log_missing_url(request, config);
    return HTTP_INTERNAL_SERVER_ERROR;
  }
  CheckCase checked = case_of(request, config);
  if (request.method_number == M_GET)
    return write(request, diagnose(checked.evidence), checked.evidence, false);

  if (is_from_elsewhere(request)) return HTTP_FORBIDDEN;
  if (const auto status = read_form(request, checked.evidence)) return *status;
  const auto seconds = seconds_until_next_check(*request.useragent_addr, request.request_time);
  const RunningCheck place(config.crowd != nullptr ? config.crowd->max_checks
                                                   : Crowd::kUsualChecks);
  if (seconds || !place) {
    apr_table_set(request.err_headers_out, "Retry-After",
                  apr_itoa(request.pool, seconds.value_or(1)));
    return seconds ? HTTP_TOO_MANY_REQUESTS : HTTP_SERVICE_UNAVAILABLE;
  }
  return write(request, check(checked, config), checked.evidence, true);
}

/// Whether a page of another site made the browser send this.
bool is_from_elsewhere(const request_rec& request) {
  if (const char* site = header(request, "Sec-Fetch-Site"))
    return std::strcmp(site, "same-origin") != 0 && std::strcmp(site, "none") != 0;
  const char* const origin = header(request, "Origin");
  const char* const host = header(request, "Host");
  if (origin == nullptr) return false;
  const char* const authority = std::strstr(origin, "://");
  // The scheme may be another one where a proxy before httpd ends TLS.
  return authority == nullptr || host == nullptr || strcasecmp(authority + 3, host) != 0;
}

/// Fills the evidence with what a person knows. The status with which the request ends, or nothing.
std::optional<int> read_form(request_rec& request, Evidence& evidence) {
  const char* const by_script = header(request, "X-Crowd-Confluence-Check");
  bool is_sealed = by_script != nullptr && std::strcmp(by_script, "run") == 0;
  apr_array_header_t* fields = nullptr;
  const int status =
      ap_parse_form_data(&request, nullptr, &fields, static_cast<apr_size_t>(-1), kMaxFormBytes);
  if (status != OK) return status;
  for (int i = 0; fields != nullptr && i < fields->nelts; ++i) {
    const ap_form_pair_t& field = APR_ARRAY_IDX(fields, i, ap_form_pair_t);
    apr_off_t length = 0;
    apr_brigade_length(field.value, 1, &length);
    std::string value(static_cast<std::size_t>(std::max<apr_off_t>(length, 0)), '\0');
    apr_size_t size = value.size();
    apr_brigade_flatten(field.value, value.data(), &size);
    value.resize(size);
    if (field.name == kSealField)
      is_sealed = is_sealed || is_form_seal(value, request.useragent_ip, request.request_time);
    else
      note_field(field.name, value, evidence);
  }
  if (is_sealed) return std::nullopt;
  return HTTP_FORBIDDEN;
}

Finding check(CheckCase& checked, const DirectoryConfig& config) {
  ConfluenceSettings settings = config.confluence_settings();
  settings.http.timeout = std::min(settings.http.timeout, kLongestCheck);
  ConfluenceClient confluence(settings);
  std::unique_ptr<CrowdClient> crowd;
  if (auto crowd_settings = config.crowd_settings())
    crowd = std::make_unique<CrowdClient>(*std::move(crowd_settings));
  GatherLimits limits;
  limits.time = kLongestCheck;
  checked.evidence =
      gather(std::move(checked.evidence), checked.token, confluence, crowd.get(), limits);
  return diagnose(checked.evidence);
}

bool wants_json(const request_rec& request) {
  const char* const accepted = header(request, "Accept");
  return accepted != nullptr && std::strstr(accepted, "application/json") != nullptr &&
         std::strstr(accepted, "text/html") == nullptr;
}

/// For the page's own style, which nothing else can have.
std::string random_nonce() {
  std::array<unsigned char, 16> bytes;
  if (apr_generate_random_bytes(bytes.data(), bytes.size()) != APR_SUCCESS) return {};
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) (text += kDigits[byte >> 4]) += kDigits[byte & 15];
  return text;
}

int write(request_rec& request, const Finding& finding, const Evidence& evidence, bool is_checked) {
  apr_table_set(request.headers_out, "Cache-Control", "no-store");
  apr_table_set(request.headers_out, "X-Content-Type-Options", "nosniff");
  // With no-referrer, browsers would not say where the form comes from.
  apr_table_set(request.headers_out, "Referrer-Policy", "same-origin");
  apr_table_set(request.headers_out, "Vary", "Accept, Cookie");
  std::string text;
  if (wants_json(request)) {
    ap_set_content_type(&request, "application/json");
    text = to_json(finding) + "\n";
  } else {
    const std::string nonce = random_nonce();
    apr_table_set(request.headers_out, "Content-Security-Policy",
                  ("default-src 'none'; style-src 'nonce-" + nonce +
                   "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
                      .c_str());
    ap_set_content_type(&request, "text/html; charset=utf-8");
    text = check_page({finding, evidence, is_checked, nonce,
                       form_seal(request.useragent_ip, request.request_time)});
  }
  ap_set_content_length(&request, static_cast<apr_off_t>(text.size()));
  if (request.header_only == 0) ap_rwrite(text.data(), static_cast<int>(text.size()), &request);
  return OK;
}

}  // namespace

int answer_check(request_rec* request) noexcept {
  if (request->handler == nullptr || request->handler != kCheckHandler) return DECLINED;
  return guarded(*request, [&] { return answer(*request); });
}

}  // namespace crowd_confluence::httpd
