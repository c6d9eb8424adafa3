#include "request_headers.h"

#include <apr_strings.h>

#include <algorithm>
#include <utility>

#include "crowd_confluence/cookie.h"
#include "proxy.h"

namespace crowd_confluence {
namespace {

constexpr std::string_view kCookie = "Cookie";
constexpr std::string_view kForwardedFor = "X-Forwarded-For";

constexpr char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c + 32);
  return c == '_' ? '-' : c;
}

bool is_removed(std::string_view name, const DirectoryConfig& config) {
  if (is_same_header(name, kCookie)) return true;
  if (config.sends_address() && is_same_header(name, kForwardedFor)) return true;
  const PassAs& pass_as = config.passing();
  return pass_as.place == PassAs::header && is_same_header(name, pass_as.name);
}

apr_table_entry_t* begin_of(const apr_table_t* table) {
  return reinterpret_cast<apr_table_entry_t*>(apr_table_elts(table)->elts);
}

/// Calls `use` with the value of every Cookie header among the entries.
template <typename Use>
void for_each_cookie_header(const apr_array_header_t* entries, Use use) {
  for (int i = 0; entries != nullptr && i < entries->nelts; ++i) {
    const auto& entry = APR_ARRAY_IDX(entries, i, apr_table_entry_t);
    if (is_same_header(entry.key, kCookie)) use(std::string_view(entry.val));
  }
}

/// Decides, piece by piece, what of the browser's cookies the app may see.
class BrowserCookies {
 public:
  explicit BrowserCookies(const DirectoryConfig& config)
      : token_cookie_(config.token_cookie_name()),
        names_(config.session_cookie_names()),
        pass_as_(config.passing()) {}

  bool lets_pass(const CookieScanner& scan) {
    const std::string_view name = scan.cookie().name;
    // A piece behind a comma that has no name of its own is the rest of a value.
    const bool continues = name.empty() && scan.separator() == ',';
    if (!continues) last_passed_ = decide(name);
    return last_passed_;
  }

 private:
  bool decide(std::string_view name) {
    // The app must see the token that was asked about; Confluence takes the first of several.
    if (name == token_cookie_) return !std::exchange(token_seen_, true);
    return pass_as_.place == PassAs::header || !names_.may_be_taken_for(pass_as_.name, name);
  }

  const std::string& token_cookie_;
  const CookieNames& names_;
  const PassAs& pass_as_;
  bool token_seen_ = false;
  bool last_passed_ = true;
};

}  // namespace

bool is_same_header(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return folded(x) == folded(y); });
}

std::optional<std::string_view> RequestHeaders::take_apart(request_rec& request,
                                                           const DirectoryConfig& config) {
  removed_ = apr_array_make(request.pool, 4, sizeof(apr_table_entry_t));
  set_ = apr_array_make(request.pool, 2, sizeof(const char*));

  const int count = apr_table_elts(request.headers_in)->nelts;
  for (int i = 0; i < count; ++i) {
    const apr_table_entry_t& entry = begin_of(request.headers_in)[i];
    if (is_removed(entry.key, config)) APR_ARRAY_PUSH(removed_, apr_table_entry_t) = entry;
  }
  for (int i = 0; i < removed_->nelts; ++i)
    apr_table_unset(request.headers_in, APR_ARRAY_IDX(removed_, i, apr_table_entry_t).key);

  std::optional<std::string_view> token;
  for_each_cookie_header(removed_, [&](std::string_view header) {
    for (CookieScanner scan(header); !token && scan.next();)
      if (scan.cookie().name == config.token_cookie_name()) token = scan.cookie().value;
  });
  return token;
}

void RequestHeaders::put_together(request_rec& request, const DirectoryConfig& config,
                                  std::string_view token, std::string_view session_cookies,
                                  std::string_view address) {
  const bool in_header = config.passing().place == PassAs::header;
  put_cookies(request, config, in_header ? std::string_view() : session_cookies);
  if (in_header && !session_cookies.empty())
    put_cookie_header(request, config, token, session_cookies);
  if (config.sends_address() && !address.empty() && !proxy_adds_forwarded_for(&request))
    set(request, kForwardedFor.data(),
        apr_pstrmemdup(request.pool, address.data(), address.size()));
}

void RequestHeaders::restore(request_rec& request) {
  for (int i = 0; i < set_->nelts; ++i)
    apr_table_unset(request.headers_in, APR_ARRAY_IDX(set_, i, const char*));
  for (int i = 0; i < removed_->nelts; ++i) {
    const auto& entry = APR_ARRAY_IDX(removed_, i, apr_table_entry_t);
    apr_table_addn(request.headers_in, entry.key, entry.val);
  }
  removed_->nelts = 0;
  set_->nelts = 0;
}

/// One Cookie header: Confluence's cookies first, so that a quote that the browser left open cannot
/// swallow them.
void RequestHeaders::put_cookies(request_rec& request, const DirectoryConfig& config,
                                 std::string_view session_cookies) {
  const std::string& prefix = config.passing().name;
  std::size_t length = session_cookies.size();
  std::size_t count = 0;
  for (CookieScanner scan(session_cookies); scan.next(); ++count) length += prefix.size();
  for_each_cookie_header(removed_, [&](std::string_view header) {
    length += header.size();
    count += 1 + static_cast<std::size_t>(std::count(header.begin(), header.end(), ';')) +
             static_cast<std::size_t>(std::count(header.begin(), header.end(), ','));
  });
  if (count == 0) return;

  auto* buffer =
      static_cast<char*>(apr_palloc(request.pool, CookieWriter::needed(length, count) + 1));
  CookieWriter writer(buffer);
  for (CookieScanner scan(session_cookies); scan.next();)
    writer.add(prefix, scan.cookie().name, scan.cookie().value);
  BrowserCookies browser_cookies(config);
  for_each_cookie_header(removed_, [&](std::string_view header) {
    for (CookieScanner scan(header); scan.next();)
      if (browser_cookies.lets_pass(scan)) writer.add_piece(scan.separator(), scan.piece());
  });
  if (writer.written().empty()) return;
  buffer[writer.written().size()] = '\0';
  set(request, kCookie.data(), buffer);
}

/// A ready-made value for a Cookie header, for an app that passes it on to Confluence as it is.
void RequestHeaders::put_cookie_header(request_rec& request, const DirectoryConfig& config,
                                       std::string_view token, std::string_view session_cookies) {
  const std::string& name = config.token_cookie_name();
  const std::size_t length = name.size() + token.size() + session_cookies.size();
  auto* buffer = static_cast<char*>(apr_palloc(request.pool, CookieWriter::needed(length, 2) + 1));
  CookieWriter writer(buffer);
  writer.add("", name, token);
  writer.add_piece(';', session_cookies);
  buffer[writer.written().size()] = '\0';
  set(request, config.passing().name.c_str(), buffer);
}

void RequestHeaders::set(request_rec& request, const char* name, const char* value) {
  apr_table_setn(request.headers_in, name, value);
  APR_ARRAY_PUSH(set_, const char*) = name;
}

}  // namespace crowd_confluence
