#include "response.h"

#include <apr_cstr.h>
#include <http_config.h>
#include <http_protocol.h>
#include <util_filter.h>

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/cookie.h"
#include "crowd_confluence/seraph.h"
#include "crowd_confluence/set_cookie.h"
#include "header_names.h"
#include "log.h"
#include "request.h"
#include "said_once.h"

namespace crowd_confluence {
namespace {

// httpd finds a filter faster by this than by its name.
ap_filter_rec_t* response_filter = nullptr;

/// The header by which an app says that Confluence no longer takes the session.
constexpr char kSaysExpired[] = "x-crowd-confluence";
constexpr char kSetCookie[] = "Set-Cookie";
constexpr char kLoginReason[] = "x-seraph-loginreason";

/// From this length on a value is taken for a secret, wherever in a cookie it comes back.
constexpr std::size_t kSecretBytes = 16;

bool is_https(const request_rec& request) {
  return std::string_view(ap_http_scheme(&request)) == "https";
}

/// The Set-Cookie headers of one response.
class SetCookieFilter {
 public:
  SetCookieFilter(request_rec& request, const RequestState& state)
      : request_(request), state_(state), config_(*state.config) {}

  void apply(apr_table_t* headers) {
    std::vector<const char*> lines;
    apr_table_do(&collect, &lines, headers, kSetCookie, nullptr);
    bool changed = false;
    std::vector<std::string> kept;
    for (const char* line : lines) {
      std::string rewritten = rewrite(line);
      changed = changed || rewritten != line;
      kept.push_back(std::move(rewritten));
    }
    if (!changed) return;
    apr_table_unset(headers, kSetCookie);
    for (const std::string& line : kept)
      if (!line.empty()) apr_table_add(headers, kSetCookie, line.c_str());
  }

  /// Whether the browser is told to forget the SSO cookie: the user has logged out.
  [[nodiscard]] bool removes_token() const { return removes_token_; }

 private:
  static int collect(void* lines, const char*, const char* value) {
    static_cast<std::vector<const char*>*>(lines)->push_back(value);
    return 1;
  }

  /// The line as the browser may have it; empty when nothing of it may go there.
  std::string rewrite(std::string_view line) {
    std::string kept;
    bool drops = false;
    for (const SetCookie& cookie : split_set_cookie(line)) {
      if (cookie.name == config_.token_cookie_name()) removes_token_ = cookie.removes;
      if (is_of_confluence(cookie)) {
        drops = true;
        continue;
      }
      if (!kept.empty()) kept += ", ";
      kept += cookie.text;
    }
    if (!drops) kept = line;
    return config_.protects_cookie()
               ? protect_cookie(kept, config_.token_cookie_name(), is_https(request_))
               : kept;
  }

  bool is_of_confluence(const SetCookie& cookie) {
    if (was_given(cookie)) return true;
    if (cookie.name == config_.token_cookie_name()) return false;  // the browser's own
    const PassAs& pass_as = config_.passing();
    if (pass_as.place == PassAs::header ||
        !config_.session_cookie_names().may_be_taken_for(pass_as.name, cookie.name))
      return false;
    warn_of_clash(cookie.name);
    return true;
  }

  /// Whether the app sends back what it was given. A secret may stand anywhere, as browsers take
  /// more for a cookie than RFC 6265 does.
  [[nodiscard]] bool was_given(const SetCookie& cookie) const {
    for (CookieScanner scan(state_.cookies); scan.next();) {
      const std::string_view given = unquoted(scan.cookie().value);
      if (given.empty() || given == unquoted(state_.token)) continue;
      if (given.size() >= kSecretBytes
              ? cookie.text.find(given) != std::string_view::npos
              : scan.cookie().name == cookie.name && unquoted(cookie.value) == given)
        return true;
    }
    return false;
  }

  void warn_of_clash(std::string_view name) {
    // Confluence itself, behind this Location, may renew its own.
    if (apr_table_get(request_.headers_out, "X-Confluence-Request-Time") != nullptr ||
        apr_table_get(request_.headers_out, "X-AREQUESTID") != nullptr ||
        !is_first_to_say(Saying::cookie_clash))
      return;
    const std::string text(name);
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, &request_,
                  CCF_COOKIE_CLASH
                  "the app sets a cookie '%s', the name under which it is given Confluence's: it "
                  "never gets its own back, and the browser is not sent it. Remedy: "
                  "'CrowdConfluencePassAs cookie PREFIX' or 'CrowdConfluencePassAs header'",
                  text.c_str());
  }

  request_rec& request_;
  const RequestState& state_;
  const DirectoryConfig& config_;
  bool removes_token_ = false;
};

/// Whether the request went to Confluence itself, not to an app that uses it.
bool was_sent_to_confluence(const request_rec& request, const DirectoryConfig& config) {
  constexpr std::string_view kProxied = "proxy:";
  std::string_view url = request.filename != nullptr ? request.filename : "";
  if (config.upstream == nullptr || !url.starts_with(kProxied)) return false;
  url.remove_prefix(kProxied.size());
  const std::string& base = config.upstream->base_url.text;
  if (!url.starts_with(base)) return false;
  const std::string_view rest = url.substr(base.size());
  return rest.empty() || rest.front() == '/' || rest.front() == '?';
}

/// Whether Confluence's log-in filter said so last.
bool says_logged_out(const apr_table_t* headers) {
  // In several lines, or in one.
  const char* values = apr_table_getm(apr_table_elts(headers)->pool, headers, kLoginReason);
  return values != nullptr && last_login_reason(values) == LoginReason::out;
}

/// Whether the app says that Confluence no longer takes the session.
bool says_expired(const apr_table_t* headers) {
  const auto entries = entries_of(headers);
  return std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
    return is_same_header(entry.key, kSaysExpired) && apr_cstr_casecmp(entry.val, "expired") == 0;
  });
}

/// Which headers of a response concern this module: mostly none.
class Concerning {
 public:
  Concerning(const apr_table_t* headers, const PassAs& pass_as) {
    FirstLetters letters = kFirstLetters;
    if (pass_as.place == PassAs::header) letters.add(pass_as.folded_name.front());
    for (const apr_table_entry_t& entry : entries_of(headers))
      if (letters.may_have(*entry.key)) look_at(entry.key, pass_as);
  }

  [[nodiscard]] bool any() const { return set_cookie || says_expired || login_reason || passed_on; }

  bool set_cookie = false;
  bool says_expired = false;
  bool login_reason = false;
  bool passed_on = false;  // that of CrowdConfluencePassAs

 private:
  static constexpr FirstLetters kFirstLetters = [] {
    FirstLetters letters;
    letters.add('s');
    letters.add('x');
    return letters;
  }();

  void look_at(const char* name, const PassAs& pass_as) {
    if (folded(*name) == 'x') {
      says_expired = says_expired || is_same_header(name, kSaysExpired);
      login_reason = login_reason || is_same_header(name, kLoginReason);
    } else {
      set_cookie = set_cookie || is_same_header(name, "set-cookie");
    }
    if (pass_as.place == PassAs::header)
      passed_on = passed_on || is_same_header(name, pass_as.folded_name);
  }
};

/// What a response shows of the session's end. A log-out outweighs.
enum class End { none, expired, logged_out };

/// Removes what is meant for this module, or must not reach the browser. What it shows, apart from
/// cookies.
End clean(apr_table_t* headers, const request_rec& request, const DirectoryConfig& config,
          const Concerning& present, SetCookieFilter& cookies) {
  if (present.set_cookie) cookies.apply(headers);
  End end =
      present.login_reason && says_logged_out(headers) && was_sent_to_confluence(request, config)
          ? End::logged_out
          : End::none;
  if (present.says_expired) {
    if (says_expired(headers)) end = std::max(end, End::expired);
    unset_folded(headers, kSaysExpired);
  }
  if (present.passed_on) unset_folded(headers, config.passing().folded_name);
  return end;
}

void clean(request_rec& request, const RequestState& state) {
  const DirectoryConfig& config = *state.config;
  const Concerning present(request.headers_out, config.passing());
  const Concerning present_on_errors(request.err_headers_out, config.passing());
  if (!present.any() && !present_on_errors.any() && request.status != HTTP_UNAUTHORIZED) return;

  SetCookieFilter cookies(request, state);
  End end = request.status == HTTP_UNAUTHORIZED && was_sent_to_confluence(request, config)
                ? End::expired
                : End::none;
  end = std::max(end, clean(request.headers_out, request, config, present, cookies));
  end = std::max(end, clean(request.err_headers_out, request, config, present_on_errors, cookies));
  if (cookies.removes_token()) end = End::logged_out;
  if (state.broker == nullptr) return;
  // There may be a session by now that this request did not get.
  if (end == End::logged_out && state.result != Result::rejected)
    state.broker->log_out({state.token, state.address});
  if (end == End::expired && state.result == Result::session)
    state.broker->drop({state.token, state.address}, state.cookies);
}

/// Whatever may hold something of Confluence's.
void drop_all(apr_table_t* headers, const PassAs& pass_as) noexcept {
  apr_table_unset(headers, kSetCookie);
  unset_folded(headers, kSaysExpired);
  if (pass_as.place == PassAs::header) unset_folded(headers, pass_as.folded_name);
}

void drop_all(request_rec& request, const RequestState& state, const char* error) noexcept {
  ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &request,
                CCF_INTERNAL "the cookies of a response are dropped after an internal error: %s",
                error);
  for (apr_table_t* headers : {request.headers_out, request.err_headers_out})
    drop_all(headers, state.config->passing());
}

/// No exception crosses into httpd, and nothing that may be Confluence's goes out.
void clean_or_drop(request_rec& request, const RequestState& state) noexcept {
  try {
    clean(request, state);
  } catch (const std::exception& error) {
    drop_all(request, state, error.what());
  } catch (...) {
    drop_all(request, state, "unknown");
  }
}

apr_status_t filter_response(ap_filter_t* filter, apr_bucket_brigade* brigade) {
  request_rec* const request = filter->r;
  ap_remove_output_filter(filter);
  clean_or_drop(*request, *static_cast<const RequestState*>(filter->ctx));
  return ap_pass_brigade(filter->next, brigade);
}

/// What the app said that httpd gives up for an error page, or for another page to which the
/// request was redirected internally: no filter sees it, and what it says of the session counts.
void look_at_given_up_responses(request_rec* request) {
  for (; request != nullptr; request = request->prev)
    if (const RequestState* state = state_of(request)) clean_or_drop(*request, *state);
}

void add_response_filter(request_rec* request) {
  if (RequestState* state = state_of(request))
    ap_add_output_filter_handle(response_filter, state, request, request->connection);
}

}  // namespace

void register_response_filter() {
  response_filter = ap_register_output_filter("CROWD_CONFLUENCE_RESPONSE", filter_response, nullptr,
                                              AP_FTYPE_CONTENT_SET);
}

void insert_response_filter(request_rec* request) {
  if (request->main != nullptr) return;
  look_at_given_up_responses(request->prev);
  add_response_filter(request);
}

void insert_error_response_filter(request_rec* request) {
  if (request->main != nullptr) return;
  // httpd calls this before it puts headers of its own into the place of the app's.
  look_at_given_up_responses(request);
  add_response_filter(request);
}

}  // namespace crowd_confluence
