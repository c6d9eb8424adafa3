#include "request/troubles.h"

#include <apr_strings.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "crowd_confluence/diagnosis/diagnosis.h"
#include "log.h"
#include "process/start.h"
#include "process/warn_once.h"

namespace crowd_confluence::httpd {
namespace {

constexpr const char* kForwardedFor = "X-Forwarded-For";

/// What an administrator might look at first. The documentation has more.
const char* hint_for(Reason reason) {
  switch (reason) {
    case Reason::timeout:
      return "Does a firewall on the way drop packets, or is Confluence slow?";
    case Reason::refused:
      return "Are host and port right, and may httpd connect (SELinux: httpd_can_network_connect)?";
    case Reason::name_lookup:
      return "Is the host's name right, and can httpd's user resolve it?";
    case Reason::tls:
      return "Is the host's name in its certificate, and its CA in "
             "CrowdConfluenceCACertificateFile?";
    case Reason::proxy:
      return "Is CrowdConfluenceOutgoingProxy right?";
    case Reason::network:
    case Reason::protocol:
      return "Does the port speak http where the URL says http, and https where it says https?";
    case Reason::redirect:
      return "Is this the URL to which Confluence redirects (https, host, context path), and is no "
             "maintenance going on?";
    case Reason::forbidden:
      return "Does something before Confluence keep this host out?";
    case Reason::unexpected_answer:
      return "Is the context path right, and does CrowdConfluenceProbe fit the product?";
    case Reason::no_session_cookie:
      return "Is the first name in CrowdConfluenceSessionCookies that of Confluence's session "
             "cookie?";
    case Reason::gateway:
      return "Does the gateway before Confluence let this host in without a log-in of its own?";
    case Reason::cached_answer:
      return "Is a cache between httpd and Confluence?";
    case Reason::server_error:
      return "Is Confluence starting, or does its own log say more?";
    case Reason::rate_limited:
      return "Does Confluence's rate limiting exempt these users?";
    case Reason::too_many_waiting:
      return "Is Confluence slow, or max= too small?";
    default:
      return "";
  }
}

/// FNV-1a over what tells one kind of trouble from another.
std::uint64_t kind_of(const char* place, std::uint64_t what) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ what;
  for (; *place != '\0'; ++place)
    hash = (hash ^ static_cast<unsigned char>(*place)) * 0x100000001b3;
  return hash;
}

/// ` (12 more in between)`, or nothing.
const char* in_words(std::uint32_t left_out, apr_pool_t* pool) {
  return left_out == 0 ? "" : apr_psprintf(pool, " (%u more since it was last said)", left_out);
}

/// What this request's outcome shows, as far as it does without a question to anybody.
Finding finding_of(const DirectoryConfig& config, const RequestState& state,
                   const Outcome& outcome) {
  Evidence evidence;
  evidence.setup = setup_of(config.confluence_settings(), nullptr);
  evidence.request.client_address = state.address;
  evidence.request.token = TokenState::usable;
  evidence.request.token_cookies = 1;
  evidence.probe = evidence_of(outcome);
  return diagnose(evidence);
}

/// `untrusted-proxy: …`, or the words of all that fit.
std::string in_words(const Finding& finding) {
  if (!finding.candidates.empty()) {
    constexpr std::size_t kMost = 6;
    std::string text;
    for (std::size_t i = 0; i < std::min(kMost, finding.candidates.size()); ++i)
      text.append(i == 0 ? "" : ", ").append(to_string(finding.candidates[i]));
    return text.append(finding.candidates.size() > kMost ? " and others" : "");
  }
  if (finding.cause)
    return std::string(to_string(*finding.cause)) + " (" +
           std::string(to_string(finding.certainty)) + ")";
  return "not known";
}

bool is_private(const apr_sockaddr_t& address) {
  const auto* bytes = static_cast<const unsigned char*>(address.ipaddr_ptr);
  if (address.family == AF_INET6) {
    constexpr unsigned char kMapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    constexpr unsigned char kLoopback[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    if (std::memcmp(bytes, kMapped, sizeof kMapped) != 0)
      return (bytes[0] & 0xfe) == 0xfc || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
             std::memcmp(bytes, kLoopback, sizeof kLoopback) == 0;
    bytes += sizeof kMapped;
  } else if (address.family != AF_INET) {
    return true;  // a socket of this machine
  }
  return bytes[0] == 10 || bytes[0] == 127 || (bytes[0] == 172 && (bytes[1] & 0xf0) == 16) ||
         (bytes[0] == 192 && bytes[1] == 168) || (bytes[0] == 169 && bytes[1] == 254) ||
         (bytes[0] == 100 && (bytes[1] & 0xc0) == 64);
}

}  // namespace

void log_unavailable(request_rec& request, const DirectoryConfig& config, const RequestState& state,
                     const Outcome& outcome) {
  const char* const place = config.upstream->place;
  bool is_news = outcome.source == Source::exchange || meaning_of(outcome.reason).is_news;
  const char* left_out = "";
  if (is_news) {
    const auto again = to_be_said_again(
        kind_of(place, static_cast<std::uint64_t>(outcome.reason) + 1), request.request_time);
    is_news = again.has_value();
    left_out = in_words(again.value_or(0), request.pool);
  }
  if (!is_news && !APLOG_R_IS_LEVEL(&request, APLOG_INFO)) return;
  const std::string probe =
      config.probe != nullptr ? config.probe->path : ConfluenceSettings().probe.path;
  const char* const hint = hint_for(outcome.reason);
  ap_log_rerror(APLOG_MARK, is_news ? APLOG_WARNING : APLOG_INFO, 0, &request,
                CCF_UNAVAILABLE
                "no session, as it cannot be told who the user is: %s (%s)%s%s. Asked was %s%s, as "
                "CrowdConfluenceURL says in %s. Cause: %s%s%s%s",
                explanation(outcome.reason).data(), to_string(outcome.reason).data(),
                outcome.detail.empty() ? "" : ": ", outcome.detail.c_str(),
                config.upstream->base_url.text.c_str(), probe.c_str(), place,
                in_words(finding_of(config, state, outcome)).c_str(), *hint != '\0' ? ". " : "",
                hint, left_out);
}

void log_rejected(request_rec& request, const DirectoryConfig& config, const RequestState& state,
                  const Outcome& outcome) {
  if (outcome.source != Source::exchange || !APLOG_R_IS_LEVEL(&request, APLOG_INFO)) return;
  ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, &request,
                CCF_REJECTED
                "no session, as Confluence takes the visitor at %s for nobody: %s (%s). Cause: %s",
                std::string(state.address).c_str(), explanation(outcome.reason).data(),
                to_string(outcome.reason).data(),
                in_words(finding_of(config, state, outcome)).c_str());
}

void notice_if_mostly_rejected(request_rec& request, const DirectoryConfig& config,
                               const RequestState& state, const Outcome& outcome) {
  if (outcome.source != Source::exchange || outcome.result == Result::unavailable) return;
  const auto recent = mostly_rejected(outcome.result == Result::rejected);
  if (!recent || outcome.result != Result::rejected) return;
  const char* const place = config.upstream->place;
  const auto again = to_be_said_again(kind_of(place, 0), request.request_time);
  if (!again) return;
  ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, &request,
                CCF_MOSTLY_REJECTED
                "%u of the last %u visitors who were asked for are nobody to Confluence at %s, as "
                "CrowdConfluenceURL says in %s. What fits: %s. A page with 'SetHandler "
                "crowd-confluence-check' finds out which%s",
                recent->rejected, recent->all, config.upstream->base_url.text.c_str(), place,
                in_words(finding_of(config, state, outcome)).c_str(),
                in_words(*again, request.pool));
}

void log_missing_url(request_rec& request, const DirectoryConfig& config) {
  const bool is_on = config.is_on() && config.enabled_at;
  const char* const place = is_on ? config.enabled_at.text : request.handler;
  const auto again = to_be_said_again(
      kind_of(place, reinterpret_cast<std::uintptr_t>(request.server)), request.request_time);
  if (!again && !APLOG_R_IS_LEVEL(&request, APLOG_INFO)) return;
  ap_log_rerror(APLOG_MARK, again ? APLOG_ERR : APLOG_INFO, 0, &request,
                CCF_URL_UNSET_HERE "%s%s, and no CrowdConfluenceURL holds here%s",
                is_on ? "CrowdConfluence is On for this URL, as " : "this URL's handler is ",
                is_on ? apr_pstrcat(request.pool, place, " says", nullptr) : place,
                in_words(again.value_or(0), request.pool));
}

void log_bad_redirect(request_rec& request, const Reaction& reaction, const char* problem) {
  const auto again = to_be_said_again(kind_of(reaction.place, 1), request.request_time);
  if (!again && !APLOG_R_IS_LEVEL(&request, APLOG_INFO)) return;
  ap_log_rerror(APLOG_MARK, again ? APLOG_ERR : APLOG_INFO, 0, &request,
                CCF_BAD_REDIRECT
                "the expression of CrowdConfluenceWhen in %s gives no URL for this request%s%s%s",
                reaction.place, problem != nullptr ? ": " : "", problem != nullptr ? problem : "",
                in_words(again.value_or(0), request.pool));
}

void log_redirect_to_itself(request_rec& request, const Reaction& reaction) {
  const auto again = to_be_said_again(kind_of(reaction.place, 2), request.request_time);
  if (!again && !APLOG_R_IS_LEVEL(&request, APLOG_INFO)) return;
  ap_log_rerror(APLOG_MARK, again ? APLOG_ERR : APLOG_INFO, 0, &request,
                CCF_BAD_REDIRECT
                "CrowdConfluenceWhen in %s leads to where the same line redirects again. Remedy: a "
                "page outside of the section, or a section of its own for the page with "
                "'CrowdConfluence Off'%s",
                reaction.place, in_words(again.value_or(0), request.pool));
}

ForwardedFor unexplained_forwarded_for(const request_rec& request, const DirectoryConfig& config) {
  // mod_remoteip gives the request another address than the connection has.
  if (request.useragent_ip != request.connection->client_ip ||
      is_said(WarnOnce::address_of_proxy) || !config.sends_address() ||
      apr_table_get(request.headers_in, kForwardedFor) == nullptr ||
      some_mod_remoteip_reads_forwarded_for())
    return ForwardedFor::nothing;
  const std::string_view said = apr_table_getm(request.pool, request.headers_in, kForwardedFor);
  if (said.find(',') != said.npos) return ForwardedFor::chain;
  return said == request.useragent_ip ? ForwardedFor::nothing : ForwardedFor::one_address;
}

void log_address_of_proxy(request_rec& request, ForwardedFor forwarded_for,
                          const RequestState& state) {
  if (forwarded_for == ForwardedFor::nothing) return;
  const bool shows_it =
      (forwarded_for == ForwardedFor::chain && is_private(*request.connection->client_addr)) ||
      (state.source == Source::exchange && is_suspicious(state.result == Result::rejected));
  if (!shows_it || !is_first_to_warn(WarnOnce::address_of_proxy)) return;
  ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, &request,
                CCF_ADDRESS_OF_PROXY
                "%s sends X-Forwarded-For, as a proxy does, and no mod_remoteip believes it: "
                "Confluence is told %s as the user's address, and refuses users who logged in from "
                "another one. Remedy, if a proxy of yours is there: 'RemoteIPHeader "
                "X-Forwarded-For' and 'RemoteIPInternalProxy %s'",
                request.useragent_ip, request.useragent_ip, request.useragent_ip);
}

}  // namespace crowd_confluence::httpd
