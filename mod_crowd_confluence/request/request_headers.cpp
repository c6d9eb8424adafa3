#include "request/request_headers.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <string>

#include "apr/address_headers.h"
#include "apr/headers.h"
#include "crowd_confluence/cookie/browser_cookies.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "crowd_confluence/cookie/reserved_cookies.h"
#include "log.h"
#include "process/warn_once.h"
#include "request/connection_header.h"
#include "request/forwarded_for_by_proxy.h"

namespace crowd_confluence::httpd {
namespace {

constexpr std::string_view kCookie = "Cookie";
constexpr std::string_view kForwardedFor = "X-Forwarded-For";
constexpr std::string_view kFoldedCookie = "cookie";
constexpr std::string_view kFoldedConnection = "connection";
constexpr std::string_view kFoldedForwardedFor = "x-forwarded-for";

/// What apps' servers usually take of one header, its name included: httpd's LimitRequestFieldSize,
/// and of Tomcat's 8192 bytes for all of them.
constexpr std::size_t kUsualLimit = 8190;

/// Which headers are taken out of the request, or changed.
class ConcernedHeaders {
 public:
  enum Kind { none, cookie, connection, taken };

  ConcernedHeaders(const DirectoryConfig& config, std::string_view address)
      : is_address_ours_(config.sends_address()), address_(address), pass_as_(config.passing()) {
    starts_.add(kFoldedCookie);  // and Connection
    if (is_address_ours_) starts_.add(kAddressHeaderStarts);
    if (passes_in_header()) starts_.add(pass_as_.folded_name);
  }

  [[nodiscard]] Kind kind_of(const apr_table_entry_t& entry) const {
    const char* const name = entry.key;
    if (!starts_.may_have(name)) return none;
    if (is_same_header(name, kFoldedCookie)) return cookie;
    if (is_same_header(name, kFoldedConnection)) return connection;
    if (passes_in_header() && is_same_header(name, pass_as_.folded_name)) return taken;
    if (!is_address_ours_ || !carries_address(name)) return none;
    // mod_proxy would add the one address to what is there.
    const bool may_stay =
        !is_same_header(name, kFoldedForwardedFor) && says_address(entry.val, address_);
    return may_stay ? none : taken;
  }

  /// Whether the module sets this header, however it is spelt.
  [[nodiscard]] bool sets(std::string_view name) const {
    return is_same_header(name, kFoldedCookie) ||
           (is_address_ours_ && is_same_header(name, kFoldedForwardedFor)) ||
           (passes_in_header() && is_same_header(name, pass_as_.folded_name));
  }

 private:
  [[nodiscard]] bool passes_in_header() const { return pass_as_.place == PassAs::header; }

  const bool is_address_ours_;
  const std::string_view address_;
  const PassAs& pass_as_;
  HeaderStarts starts_;
};

std::string_view joined(std::string_view first, std::string_view second, apr_pool_t& pool) {
  if (first.empty()) return second;
  if (second.empty()) return first;
  const std::size_t needed = CookieWriter::needed(first.size() + second.size(), 2);
  CookieWriter writer(static_cast<char*>(apr_palloc(&pool, needed)), needed);
  writer.add(first);
  writer.add(second);
  return writer.written();
}

/// As one piece when they need no prefix: they were written by this server.
void write_session_cookies(CookieWriter& writer, std::string_view prefix,
                           std::string_view session_cookies) {
  if (session_cookies.empty()) return;
  if (prefix.empty()) return writer.add(session_cookies);
  for (CookieScanner scan(session_cookies); scan.next();)
    writer.add(prefix, scan.cookie().name, scan.cookie().value);
}

/// The browser's part came through another server's limit.
void warn_of_length(const request_rec& request, const char* header, std::size_t length) {
  const std::size_t bytes = std::strlen(header) + 2 + length;
  if (bytes <= kUsualLimit || !is_first_to_warn(WarnOnce::header_too_long)) return;
  ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, &request,
                CCF_HEADER_TOO_LONG
                "with the session's cookies, the header %s for the app has %lu bytes: many "
                "servers take %lu at most, and answer 400 or 431. Remedy: fewer cookies of the "
                "app's own, fewer "
                "CrowdConfluenceSessionCookies, or a higher limit of the app's server",
                header, static_cast<unsigned long>(bytes), static_cast<unsigned long>(kUsualLimit));
}

}  // namespace

void RequestHeaders::Headers::add(const apr_table_entry_t& entry, apr_pool_t& pool,
                                  std::size_t most) {
  if (size_ == few_.size()) {
    many_ = static_cast<Header*>(apr_palloc(&pool, most * sizeof(Header)));
    std::copy(few_.begin(), few_.end(), many_);
  }
  (many_ != nullptr ? many_ : few_.data())[size_++] = {entry.key, entry.val};
}

std::optional<std::string_view> RequestHeaders::take_apart(request_rec& request,
                                                           const DirectoryConfig& config,
                                                           std::string_view address) {
  const PassAs& pass_as = config.passing();
  const bool in_cookie = pass_as.place == PassAs::cookie;
  const ReservedCookies reserved(config.token_cookie_name(),
                                 in_cookie ? &config.session_cookie_names() : nullptr,
                                 in_cookie ? std::string_view(pass_as.name) : std::string_view());
  apr_pool_t& pool = *request.pool;
  const auto allocate = [](void* from, std::size_t size) {
    return static_cast<char*>(apr_palloc(static_cast<apr_pool_t*>(from), size));
  };
  BrowserCookies cookies(reserved, allocate, &pool);

  const ConcernedHeaders concerned(config, address);
  const auto entries = entries_of(request.headers_in);
  std::size_t cookie_headers = 0;
  bool must_remove = false;
  for (apr_table_entry_t& entry : entries) {
    const ConcernedHeaders::Kind kind = concerned.kind_of(entry);
    if (kind == ConcernedHeaders::none) continue;
    const char* const value = entry.val;
    if (kind == ConcernedHeaders::connection) {
      const auto is_set = [&](std::string_view word) { return concerned.sets(word); };
      const char* const kept = without_words(value, pool, is_set);
      if (kept == value) continue;
      changed_.add(entry, pool, entries.size());
      entry.val = const_cast<char*>(kept);
      continue;
    }
    changed_.add(entry, pool, entries.size());
    if (kind == ConcernedHeaders::cookie) {
      cookies_ = joined(cookies_, cookies.let_pass(value), pool);
      // Its place in the table is kept for what will stand there in the end.
      entry.val = const_cast<char*>("");
      place_of_cookie_ = ++cookie_headers == 1 ? &entry : nullptr;
    } else {
      must_remove = true;
    }
  }
  if (must_remove) remove_taken(request);
  return cookies.token();
}

void RequestHeaders::remove_taken(request_rec& request) {
  for (const Header& header : changed_)
    if (!is_same_header(header.name, kFoldedCookie) &&
        !is_same_header(header.name, kFoldedConnection))
      apr_table_unset(request.headers_in, header.name);
  // That moves what stands behind.
  place_of_cookie_ = nullptr;
}

void RequestHeaders::put_together(request_rec& request, const DirectoryConfig& config,
                                  std::string_view token, std::string_view session_cookies,
                                  std::string_view address) {
  const PassAs& pass_as = config.passing();
  if (pass_as.place == PassAs::cookie) {
    put_cookies(request, pass_as.name, session_cookies);
  } else {
    put_cookies(request, {}, {});
    if (!session_cookies.empty())
      put_cookie_header(request, pass_as.name, config.token_cookie_name(), token, session_cookies);
  }
  if (config.sends_address()) put_address(request, address);
}

void RequestHeaders::put_address(request_rec& request, std::string_view address) {
  const auto end = set_.begin() + set_count_;
  const auto place = std::find(set_.begin(), end, kForwardedFor.data());
  const bool is_wanted = !address.empty() && !proxy_adds_forwarded_for(&request);
  if (is_wanted == (place != end)) return;
  if (is_wanted) return set(request, kForwardedFor.data(), address.data());
  apr_table_unset(request.headers_in, kForwardedFor.data());
  *place = set_[--set_count_];
}

const char* RequestHeaders::browser_cookie() const {
  const Header* const found =
      std::find_if(changed_.begin(), changed_.end(),
                   [](const Header& header) { return is_same_header(header.name, kFoldedCookie); });
  return found == changed_.end() ? nullptr : found->value;
}

void RequestHeaders::restore(request_rec& request) {
  for (std::size_t i = 0; i < set_count_; ++i) apr_table_unset(request.headers_in, set_[i]);
  for (const Header& header : changed_) apr_table_unset(request.headers_in, header.name);
  for (const Header& header : changed_)
    apr_table_addn(request.headers_in, header.name, header.value);
  *this = RequestHeaders();
}

/// One Cookie header: Confluence's cookies first, so that a quote that the browser left open cannot
/// swallow them.
void RequestHeaders::put_cookies(request_rec& request, std::string_view prefix,
                                 std::string_view session_cookies) {
  if (cookies_.empty() && session_cookies.empty()) {
    if (place_of_cookie_ != nullptr || !changed_.empty())
      apr_table_unset(request.headers_in, kCookie.data());
    return;
  }
  std::size_t length = session_cookies.size() + cookies_.size();
  std::size_t count = 2;
  if (!prefix.empty())
    for (CookieScanner scan(session_cookies); scan.next(); ++count) length += prefix.size();

  const std::size_t needed = CookieWriter::needed(length, count);
  auto* buffer = static_cast<char*>(apr_palloc(request.pool, needed + 1));
  CookieWriter writer(buffer, needed);
  write_session_cookies(writer, prefix, session_cookies);
  if (!cookies_.empty()) writer.add(cookies_);
  const std::size_t size = writer.written().size();
  buffer[size] = '\0';
  if (!session_cookies.empty()) warn_of_length(request, kCookie.data(), size);
  if (place_of_cookie_ != nullptr) {
    place_of_cookie_->val = buffer;
    set_[set_count_++] = kCookie.data();
  } else {
    set(request, kCookie.data(), buffer);
  }
}

/// A ready-made value for a Cookie header, for an app that passes it on to Confluence as it is.
void RequestHeaders::put_cookie_header(request_rec& request, const std::string& header,
                                       std::string_view token_cookie, std::string_view token,
                                       std::string_view session_cookies) {
  const std::size_t length = token_cookie.size() + token.size() + session_cookies.size();
  const std::size_t needed = CookieWriter::needed(length, 2);
  auto* buffer = static_cast<char*>(apr_palloc(request.pool, needed + 1));
  CookieWriter writer(buffer, needed);
  writer.add("", token_cookie, token);
  writer.add(session_cookies);
  const std::size_t size = writer.written().size();
  buffer[size] = '\0';
  warn_of_length(request, header.c_str(), size);
  set(request, header.c_str(), buffer);
}

void RequestHeaders::set(request_rec& request, const char* name, const char* value) {
  assert(set_count_ < set_.size());
  apr_table_setn(request.headers_in, name, value);
  set_[set_count_++] = name;
}

}  // namespace crowd_confluence::httpd
