#include "options_json.h"

#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace atlassian {
namespace {

template <typename Choice>
using Names = std::initializer_list<std::pair<Choice, const char*>>;

Names<TokenStyle> names(TokenStyle) {
  static constexpr Names<TokenStyle> kNames = {{TokenStyle::kShort, "short"},
                                               {TokenStyle::kLong, "long"}};
  return kNames;
}
Names<ForwardedForReading> names(ForwardedForReading) {
  static constexpr Names<ForwardedForReading> kNames = {
      {ForwardedForReading::kCode, "code"}, {ForwardedForReading::kDocumentation, "documentation"}};
  return kNames;
}
Names<Flavour> names(Flavour) {
  static constexpr Names<Flavour> kNames = {{Flavour::kConfluence, "confluence"},
                                            {Flavour::kConfluence5, "confluence5"},
                                            {Flavour::kJira, "jira"}};
  return kNames;
}
Names<ForeignSession> names(ForeignSession) {
  static constexpr Names<ForeignSession> kNames = {{ForeignSession::kNewSession, "new-session"},
                                                   {ForeignSession::kUnauthorized, "unauthorized"}};
  return kNames;
}
Names<AnonymousProbe> names(AnonymousProbe) {
  static constexpr Names<AnonymousProbe> kNames = {
      {AnonymousProbe::kAnonymousBody, "anonymous-body"},
      {AnonymousProbe::kForbidden, "forbidden"}};
  return kNames;
}
Names<LoginReasonStyle> names(LoginReasonStyle) {
  static constexpr Names<LoginReasonStyle> kNames = {{LoginReasonStyle::kOnce, "once"},
                                                     {LoginReasonStyle::kFolded, "folded"},
                                                     {LoginReasonStyle::kTwoLines, "two-lines"}};
  return kNames;
}
Names<SetCookieStyle> names(SetCookieStyle) {
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
Names<Maintenance> names(Maintenance) {
  static constexpr Names<Maintenance> kNames = {{Maintenance::kNone, "none"},
                                                {Maintenance::kUnavailable, "unavailable"},
                                                {Maintenance::kErrorPage, "error-page"}};
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
  visitor("anonymous_access", options.anonymous_access);
  visitor("anonymous_probe", options.anonymous_probe);
  visitor("forbid_users_without_permission", options.forbid_users_without_permission);
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
  visitor("nodes", options.nodes);
  visitor("sticky_cookie", options.sticky_cookie);
  visitor("rate_limit", options.rate_limit);
  visitor("maintenance", options.maintenance);
  visitor("maintenance_retry_after", options.maintenance_retry_after);
}

struct Writer {
  json::object object = {};

  template <typename Member>
  void operator()(const char* name, Member& member) {
    object[name] = value_of(member);
  }

  static json::value value_of(bool value) { return value; }
  static json::value value_of(unsigned value) { return value; }
  static json::value value_of(std::uint64_t value) { return value; }
  static json::value value_of(std::chrono::seconds value) { return value.count(); }
  static json::value value_of(std::string& value) { return json_text(value); }
  template <typename Element>
  static json::value value_of(std::vector<Element>& list) {
    json::array array;
    for (Element& element : list) array.push_back(value_of(element));
    return array;
  }
  template <typename Structure>
  static json::value value_of(std::optional<Structure>& structure) {
    return structure ? value_of(*structure) : json::value(nullptr);
  }
  template <typename Other>
  static json::value value_of(Other& other) {
    if constexpr (std::is_enum_v<Other>) {
      for (const auto& [choice, name] : names(other)) {
        if (choice == other) return json::value(name);
      }
      return nullptr;
    } else {
      Writer writer;
      visit_members(other, writer);
      return std::move(writer.object);
    }
  }
};

[[noreturn]] void unusable(const std::string& wanted) {
  throw std::invalid_argument(wanted);
}

struct Reader {
  const json::object& changes;
  std::size_t used = 0;

  template <typename Member>
  void operator()(const char* name, Member& member) {
    const json::value* value = changes.if_contains(name);
    if (value == nullptr) return;
    ++used;
    try {
      read(*value, member);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(std::string(name) + ": " + error.what());
    }
  }

  static std::uint64_t number(const json::value& value) {
    if (value.is_uint64()) return value.get_uint64();
    if (!value.is_int64() || value.get_int64() < 0) unusable("a whole number is wanted");
    return static_cast<std::uint64_t>(value.get_int64());
  }
  static void read(const json::value& value, bool& member) {
    if (!value.is_bool()) unusable("true or false is wanted");
    member = value.get_bool();
  }
  static void read(const json::value& value, unsigned& member) {
    const std::uint64_t read_number = number(value);
    if (read_number > std::numeric_limits<unsigned>::max()) unusable("the number is too large");
    member = static_cast<unsigned>(read_number);
  }
  static void read(const json::value& value, std::uint64_t& member) { member = number(value); }
  static void read(const json::value& value, std::chrono::seconds& member) {
    constexpr std::uint64_t kMostSeconds = 1'000'000'000;
    const std::uint64_t seconds = number(value);
    if (seconds > kMostSeconds) unusable("the number of seconds is too large");
    member = std::chrono::seconds(seconds);
  }
  static void read(const json::value& value, std::string& member) {
    if (!value.is_string()) unusable("a text is wanted");
    member = standard_text(value.get_string());
  }
  template <typename Element>
  static void read(const json::value& value, std::vector<Element>& member) {
    if (!value.is_array()) unusable("a list is wanted");
    std::vector<Element> list;
    for (const json::value& element : value.get_array()) read(element, list.emplace_back());
    member = std::move(list);
  }
  template <typename Structure>
  static void read(const json::value& value, std::optional<Structure>& member) {
    if (value.is_null()) {
      member.reset();
    } else {
      if (!member) member.emplace();
      read(value, *member);
    }
  }
  template <typename Other>
  static void read(const json::value& value, Other& member) {
    if constexpr (std::is_enum_v<Other>) {
      std::string all;
      for (const auto& [choice, name] : names(member)) {
        if (value.is_string() && standard_text(value.get_string()) == name) {
          member = choice;
          return;
        }
        all += (all.empty() ? "" : ", ") + std::string(name);
      }
      unusable("one of these is wanted: " + all);
    } else {
      if (!value.is_object()) unusable("an object is wanted");
      apply_to(member, value.get_object());
    }
  }

  template <typename Structure>
  static void apply_to(Structure& structure, const json::object& changes) {
    Reader reader{changes};
    visit_members(structure, reader);
    if (reader.used == changes.size()) return;
    Writer known;
    visit_members(structure, known);
    for (const auto& change : changes) {
      if (!known.object.contains(change.key())) {
        throw std::invalid_argument("unknown option: " +
                                    std::string(change.key().data(), change.key().size()));
      }
    }
  }
};

template <typename Options>
json::object written(Options options) {
  Writer writer;
  visit_members(options, writer);
  return std::move(writer.object);
}

}  // namespace

json::object to_json(const CrowdOptions& options) {
  return written(options);
}
json::object to_json(const ConfluenceOptions& options) {
  return written(options);
}
void apply(CrowdOptions& options, const json::object& changes) {
  Reader::apply_to(options, changes);
}
void apply(ConfluenceOptions& options, const json::object& changes) {
  Reader::apply_to(options, changes);
}

}  // namespace atlassian
