// What the options consist of, by name: the members of each structure, and the words of each
// choice.
#pragma once

#include <initializer_list>
#include <utility>

#include "options.h"

namespace atlassian {

template <typename Choice>
using Names = std::initializer_list<std::pair<Choice, const char*>>;

inline Names<TokenStyle> names(TokenStyle) {
  static constexpr Names<TokenStyle> kNames = {{TokenStyle::kShort, "short"},
                                               {TokenStyle::kLong, "long"}};
  return kNames;
}
inline Names<ForwardedForReading> names(ForwardedForReading) {
  static constexpr Names<ForwardedForReading> kNames = {
      {ForwardedForReading::kCode, "code"}, {ForwardedForReading::kDocumentation, "documentation"}};
  return kNames;
}
inline Names<Flavour> names(Flavour) {
  static constexpr Names<Flavour> kNames = {{Flavour::kConfluence, "confluence"},
                                            {Flavour::kConfluence5, "confluence5"},
                                            {Flavour::kJira, "jira"}};
  return kNames;
}
inline Names<ForeignSession> names(ForeignSession) {
  static constexpr Names<ForeignSession> kNames = {{ForeignSession::kNewSession, "new-session"},
                                                   {ForeignSession::kUnauthorized, "unauthorized"}};
  return kNames;
}
inline Names<AnonymousProbe> names(AnonymousProbe) {
  static constexpr Names<AnonymousProbe> kNames = {
      {AnonymousProbe::kAnonymousBody, "anonymous-body"},
      {AnonymousProbe::kForbidden, "forbidden"}};
  return kNames;
}
inline Names<LoginReasonStyle> names(LoginReasonStyle) {
  static constexpr Names<LoginReasonStyle> kNames = {{LoginReasonStyle::kOnce, "once"},
                                                     {LoginReasonStyle::kFolded, "folded"},
                                                     {LoginReasonStyle::kTwoLines, "two-lines"}};
  return kNames;
}
inline Names<SetCookieStyle> names(SetCookieStyle) {
  static constexpr Names<SetCookieStyle> kNames = {
      {SetCookieStyle::kPlain, "plain"},
      {SetCookieStyle::kLowerCaseAttributes, "lower-case-attributes"},
      {SetCookieStyle::kFolded, "folded"},
      {SetCookieStyle::kQuotedVersion1, "quoted-version-1"},
      {SetCookieStyle::kRemovedThenSet, "removed-then-set"},
      {SetCookieStyle::kSetThenRemoved, "set-then-removed"},
      {SetCookieStyle::kSameSiteNone, "same-site-none"}};
  return kNames;
}
inline Names<Maintenance> names(Maintenance) {
  static constexpr Names<Maintenance> kNames = {{Maintenance::kNone, "none"},
                                                {Maintenance::kUnavailable, "unavailable"},
                                                {Maintenance::kErrorPage, "error-page"}};
  return kNames;
}

inline Names<Overload> names(Overload) {
  static constexpr Names<Overload> kNames = {{Overload::kNone, "none"},
                                             {Overload::kTooManyRequests, "too-many-requests"},
                                             {Overload::kUnavailable, "unavailable"},
                                             {Overload::kEveryOther, "every-other"}};
  return kNames;
}
inline Names<Gateway> names(Gateway) {
  static constexpr Names<Gateway> kNames = {{Gateway::kNone, "none"},
                                            {Gateway::kRedirect, "redirect"},
                                            {Gateway::kLoginPage, "login-page"},
                                            {Gateway::kUnauthorized, "unauthorized"},
                                            {Gateway::kForbidden, "forbidden"}};
  return kNames;
}
inline Names<Cache> names(Cache) {
  static constexpr Names<Cache> kNames = {{Cache::kNone, "none"},
                                          {Cache::kSilent, "silent"},
                                          {Cache::kAge, "age"},
                                          {Cache::kXCache, "x-cache"}};
  return kNames;
}

// One list of members per structure serves reading and writing.

template <typename Visitor>
void visit_members(User& user, Visitor& visitor) {
  visitor("name", user.name);
  visitor("password", user.password);
  visitor("display_name", user.display_name);
  visitor("email", user.email);
  visitor("spaces", user.spaces);
  visitor("may_use_confluence", user.may_use_confluence);
  visitor("captcha_required", user.captcha_required);
  visitor("in_confluence", user.in_confluence);
  visitor("name_in_confluence", user.name_in_confluence);
  visitor("personal_access_token", user.personal_access_token);
}

template <typename Visitor>
void visit_members(Application& application, Visitor& visitor) {
  visitor("name", application.name);
  visitor("password", application.password);
  visitor("allowed_clients", application.allowed_clients);
  visitor("active", application.active);
  visitor("denied_users", application.denied_users);
}

template <typename Visitor>
void visit_members(RemoteIpValve& valve, Visitor& visitor) {
  visitor("internal_proxies", valve.internal_proxies);
  visitor("trusted_proxies", valve.trusted_proxies);
}

template <typename Visitor>
void visit_members(RateLimit& limit, Visitor& visitor) {
  visitor("limit", limit.limit);
  visitor("fill_rate", limit.fill_rate);
  visitor("interval", limit.interval);
  visitor("retry_after", limit.retry_after);
}

template <typename Visitor>
void visit_members(CrowdOptions& options, Visitor& visitor) {
  visitor("context_path", options.context_path);
  visitor("users", options.users);
  visitor("cookie_name", options.cookie_name);
  visitor("cookie_domain", options.cookie_domain);
  visitor("cookie_secure", options.cookie_secure);
  visitor("trusted_proxies", options.trusted_proxies);
  visitor("forwarded_for_reading", options.forwarded_for_reading);
  visitor("consistent_ip", options.consistent_ip);
  visitor("normalise_addresses", options.normalise_addresses);
  visitor("application_name", options.application_name);
  visitor("application_password", options.application_password);
  visitor("allowed_clients", options.allowed_clients);
  visitor("application_active", options.application_active);
  visitor("application_denied_users", options.application_denied_users);
  visitor("other_applications", options.other_applications);
  visitor("overload", options.overload);
  visitor("remote_ip_valve", options.remote_ip_valve);
  visitor("valve", options.valve);
  visitor("token_style", options.token_style);
  visitor("session_lifetime", options.session_lifetime);
  visitor("invalid_token_status", options.invalid_token_status);
  visitor("version", options.version);
  visitor("login_page_without_password", options.login_page_without_password);
}

template <typename Visitor>
void visit_members(ConfluenceOptions& options, Visitor& visitor) {
  visitor("flavour", options.flavour);
  visitor("context_path", options.context_path);
  visitor("base_url", options.base_url);
  visitor("absolute_locations", options.absolute_locations);
  visitor("sso_enabled", options.sso_enabled);
  visitor("crowd_reachable", options.crowd_reachable);
  visitor("crowd_application", options.crowd_application);
  visitor("crowd_password", options.crowd_password);
  visitor("own_address", options.own_address);
  visitor("missing_properties", options.missing_properties);
  visitor("cookie_tokenkey", options.cookie_tokenkey);
  visitor("cookie_domain", options.cookie_domain);
  visitor("saml_login_url", options.saml_login_url);
  visitor("captcha_for_tokens", options.captcha_for_tokens);
  visitor("basic_blocked", options.basic_blocked);
  visitor("anonymous_access", options.anonymous_access);
  visitor("anonymous_probe", options.anonymous_probe);
  visitor("forbid_users_without_permission", options.forbid_users_without_permission);
  visitor("can_use_filter", options.can_use_filter);
  visitor("validation_interval", options.validation_interval);
  visitor("session_idle_timeout", options.session_idle_timeout);
  visitor("foreign_session", options.foreign_session);
  visitor("session_cookie_name", options.session_cookie_name);
  visitor("session_id_suffix", options.session_id_suffix);
  visitor("session_cookie_secure", options.session_cookie_secure);
  visitor("repeat_crowd_cookie", options.repeat_crowd_cookie);
  visitor("set_cookie_style", options.set_cookie_style);
  visitor("login_reason_style", options.login_reason_style);
  visitor("strip_seraph_headers", options.strip_seraph_headers);
  visitor("xsrf_token_with_underscores", options.xsrf_token_with_underscores);
  visitor("remote_ip_valve", options.remote_ip_valve);
  visitor("valve", options.valve);
  visitor("gateway", options.gateway);
  visitor("moved_to", options.moved_to);
  visitor("cache", options.cache);
  visitor("max_header_bytes", options.max_header_bytes);
  visitor("header_too_large_status", options.header_too_large_status);
  visitor("nodes", options.nodes);
  visitor("sticky_cookie", options.sticky_cookie);
  visitor("rate_limit", options.rate_limit);
  visitor("maintenance", options.maintenance);
  visitor("maintenance_retry_after", options.maintenance_retry_after);
}

}  // namespace atlassian
