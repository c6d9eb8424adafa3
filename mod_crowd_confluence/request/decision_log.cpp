#include "request/decision_log.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apr/headers.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "log.h"

namespace crowd_confluence::httpd {
namespace {

constexpr std::size_t kMaxNames = 30;
constexpr std::size_t kMaxNameBytes = 40;
constexpr std::size_t kMaxOtherNameBytes = 11;

/// A cookie of a Cookie header, as it stands there.
struct Cookie {
  std::string_view name;
  std::string_view text;
};

std::vector<Cookie> cookies_of(const apr_table_t* headers) {
  std::vector<Cookie> cookies;
  for (const apr_table_entry_t& entry : entries_of(headers)) {
    if (!is_same_header(entry.key, "cookie")) continue;
    for (std::string_view rest = entry.val; !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view text = trimmed(rest.substr(0, end));
      if (!text.empty()) cookies.push_back({trimmed(text.substr(0, text.find('='))), text});
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return cookies;
}

/// Whether somebody who looks for a lost session may want to see the name, however long it is.
bool is_of_interest(std::string_view name, const DirectoryConfig& config) {
  const auto holds = [&](std::string_view part) {
    return std::search(name.begin(), name.end(), part.begin(), part.end(),
                       [](char a, char b) { return folded(a) == b; }) != name.end();
  };
  return name == config.token_cookie_name() || config.session_cookie_names().contains(name) ||
         holds("crowd") || holds("token");
}

/// Browsers send the value of a cookie without a name by itself, and then there is no `=`, or one
/// of base64. What stands within quotes may be anything; and what is short is hardly a secret.
bool may_be_shown(const Cookie& cookie, const DirectoryConfig& config) {
  const std::string_view value =
      cookie.text.substr(std::min(cookie.name.size(), cookie.text.size()));
  return is_cookie_name(cookie.name) && value.starts_with('=') && value.size() > 1 &&
         value[1] != '=' &&
         cookie.name.size() <=
             (is_of_interest(cookie.name, config) ? kMaxNameBytes : kMaxOtherNameBytes);
}

/// Names in apostrophes with commas between them, each once, and how often it came.
class NameList {
 public:
  void add(std::string_view name) {
    const auto found = std::find_if(names_.begin(), names_.end(),
                                    [&](const auto& known) { return known.first == name; });
    if (found != names_.end())
      ++found->second;
    else
      names_.emplace_back(name, 1);
  }

  [[nodiscard]] std::string text() const {
    std::string all;
    for (std::size_t i = 0; i < std::min(names_.size(), kMaxNames); ++i) {
      const auto& [name, count] = names_[i];
      all.append(i == 0 ? "'" : ", '").append(name).append("'");
      if (count > 1) all += " (" + std::to_string(count) + " times)";
    }
    if (names_.size() > kMaxNames)
      all += " and " + std::to_string(names_.size() - kMaxNames) + " more";
    return all;
  }

 private:
  std::vector<std::pair<std::string_view, int>> names_;
};

std::string names_of(const std::vector<Cookie>& cookies, const DirectoryConfig& config) {
  NameList names;
  for (const Cookie& cookie : cookies)
    names.add(may_be_shown(cookie, config) ? cookie.name : "...");
  return cookies.empty() ? "none" : names.text();
}

std::vector<Cookie> without(std::vector<Cookie> cookies, const std::vector<Cookie>& others) {
  const auto is_among_others = [&](const Cookie& cookie) {
    return std::any_of(others.begin(), others.end(),
                       [&](const Cookie& other) { return other.text == cookie.text; });
  };
  cookies.erase(std::remove_if(cookies.begin(), cookies.end(), is_among_others), cookies.end());
  return cookies;
}

/// Some applications write a session behind the semicolon.
std::string path_of(const request_rec& request) {
  const std::string_view path = request.uri != nullptr ? request.uri : "";
  return std::string(path.substr(0, path.find(';')));
}

/// Headers that came and are gone, or have another value. Cookie is told by its cookies.
std::string dropped_headers(const apr_table_t* before, const apr_table_t* after) {
  const auto now = entries_of(after);
  NameList names;
  for (const apr_table_entry_t& entry : entries_of(before)) {
    const bool is_kept = std::any_of(now.begin(), now.end(), [&](const apr_table_entry_t& kept) {
      return std::strcmp(kept.key, entry.key) == 0 && std::strcmp(kept.val, entry.val) == 0;
    });
    const std::string_view name = entry.key;
    if (!is_kept && std::strcmp(entry.key, "Cookie") != 0) names.add(name.substr(0, kMaxNameBytes));
  }
  return names.text();
}

}  // namespace

DecisionLog::DecisionLog(request_rec& request) : request_(request) {
  if (!APLOG_R_IS_LEVEL(&request, APLOG_DEBUG)) return;
  headers_ = apr_table_clone(request.pool, request.headers_in);
  has_own_address_ = request.useragent_ip != nullptr && request.connection->client_ip != nullptr &&
                     std::strcmp(request.useragent_ip, request.connection->client_ip) == 0;
}

void DecisionLog::write_line(const RequestState& state) const {
  const DirectoryConfig& config = *state.config;
  const std::vector<Cookie> found = cookies_of(headers_);
  const std::vector<Cookie> passed = cookies_of(request_.headers_in);
  std::string line = request_.method + (" " + path_of(request_)) + ": ";
  line.append(to_string(state.result)).append(" (").append(to_string(state.reason)).append(")");
  if (state.source != Source::none) line.append(" from ").append(to_string(state.source));
  if (state.answered != 0) line += ", which answered " + std::to_string(state.answered);
  line += "; cookies found: " + names_of(found, config);
  const bool has_token = std::any_of(found.begin(), found.end(), [&](const Cookie& cookie) {
    return cookie.name == config.token_cookie_name();
  });
  if (!has_token) line += ", and no '" + config.token_cookie_name() + "'";
  line.append("; address: ").append(state.address.empty() ? "none" : state.address);
  line += has_own_address_ ? " of the connection" : " from mod_remoteip or the like";
  if (const auto dropped = without(found, passed); !dropped.empty())
    line += "; cookies dropped: " + names_of(dropped, config);
  if (const auto dropped = dropped_headers(headers_, request_.headers_in); !dropped.empty())
    line += "; headers dropped: " + dropped;
  if (state.result != Result::session || state.source == Source::exchange)
    line.append("; Confluence: ")
        .append(config.upstream != nullptr ? config.upstream->base_url.text + ", see " : "none")
        .append(config.upstream != nullptr ? config.upstream->place : "");
  ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, &request_, "%s", line.c_str());
}

}  // namespace crowd_confluence::httpd
