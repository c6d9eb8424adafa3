#include "request_headers.h"

#include <apr_strings.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "crowd_confluence/cookie.h"
#include "proxy.h"

namespace crowd_confluence {
namespace {

constexpr std::string_view kCookie = "Cookie";
constexpr std::string_view kForwardedFor = "X-Forwarded-For";

constexpr std::array<char, 256> kFolded = [] {
  std::array<char, 256> table = {};
  for (std::size_t c = 0; c < table.size(); ++c) table[c] = static_cast<char>(c);
  for (char c = 'A'; c <= 'Z'; ++c)
    table[static_cast<unsigned char>(c)] = static_cast<char>(c + 32);
  table['_'] = '-';
  return table;
}();

constexpr char folded(char c) {
  return kFolded[static_cast<unsigned char>(c)];
}

// Names mostly differ in their first letter, so their lengths are not looked at first.
bool begins_with(const char* text, std::string_view beginning) {
  for (const char c : beginning)
    if (folded(*text++) != folded(c)) return false;
  return true;
}

/// Whether a CGI-like environment takes both for the same header: case, and `-` and `_`, do not
/// count.
bool is_same_header(const char* given, std::string_view name) {
  return begins_with(given, name) && given[name.size()] == '\0';
}

/// Besides Cookie, the headers that are removed.
class RemovedNames {
 public:
  explicit RemovedNames(const DirectoryConfig& config)
      : removes_forwarded_for_(config.sends_address()),
        header_(config.passing().place == PassAs::header ? &config.passing().name : nullptr) {}

  [[nodiscard]] bool have(const char* name) const {
    return (removes_forwarded_for_ && is_same_header(name, kForwardedFor)) ||
           (header_ != nullptr && is_same_header(name, *header_));
  }

 private:
  const bool removes_forwarded_for_;
  const std::string* const header_;
};

std::span<apr_table_entry_t> entries_of(const apr_array_header_t* array) {
  if (array == nullptr) return {};
  return {reinterpret_cast<apr_table_entry_t*>(array->elts),
          static_cast<std::size_t>(array->nelts)};
}

/// Adds to a list that is made with its first entry.
void append(apr_array_header_t*& array, apr_pool_t* pool, const apr_table_entry_t& entry) {
  if (array == nullptr) array = apr_array_make(pool, 1, sizeof(apr_table_entry_t));
  APR_ARRAY_PUSH(array, apr_table_entry_t) = entry;
}

/// Decides, piece by piece, what of the browser's cookies the app may see.
class BrowserCookies {
 public:
  explicit BrowserCookies(const DirectoryConfig& config)
      : token_cookie_(config.token_cookie_name()),
        names_(config.session_cookie_names()),
        pass_as_(config.passing()) {}

  /// No piece that begins with another letter can be the SSO cookie or be kept from the app.
  [[nodiscard]] FirstLetters letters_to_look_at() const {
    FirstLetters letters;
    letters.add(token_cookie_.front());
    if (pass_as_.place == PassAs::cookie) letters.add(names_.first_letters(pass_as_.name));
    return letters;
  }

  [[nodiscard]] bool is_token(const CookieScanner& scan) const {
    return scan.cookie().name == token_cookie_;
  }

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

/// As one piece when they need no prefix: they were written by this server.
void write_session_cookies(CookieWriter& writer, std::string_view prefix,
                           std::string_view session_cookies) {
  if (session_cookies.empty()) return;
  if (prefix.empty()) return writer.add_piece(';', session_cookies);
  for (CookieScanner scan(session_cookies); scan.next();)
    writer.add(prefix, scan.cookie().name, scan.cookie().value);
}

}  // namespace

bool has_name_that_begins_with(const apr_table_t* table, std::string_view beginning) {
  const auto entries = entries_of(apr_table_elts(table));
  return std::any_of(entries.begin(), entries.end(), [&](const apr_table_entry_t& entry) {
    return begins_with(entry.key, beginning);
  });
}

std::optional<std::string_view> RequestHeaders::take_apart(request_rec& request,
                                                           const DirectoryConfig& config) {
  const RemovedNames removed(config);
  for (apr_table_entry_t& entry : entries_of(apr_table_elts(request.headers_in))) {
    if (is_same_header(entry.key, kCookie)) {
      append(cookies_, request.pool, entry);
      // Its place in the table is kept for what will stand there in the end.
      entry.val = const_cast<char*>("");
    } else if (removed.have(entry.key)) {
      append(others_, request.pool, entry);
    }
  }
  for (const apr_table_entry_t& entry : entries_of(others_))
    apr_table_unset(request.headers_in, entry.key);

  std::optional<std::string_view> token;
  BrowserCookies browser_cookies(config);
  const FirstLetters letters = browser_cookies.letters_to_look_at();
  for (const apr_table_entry_t& entry : entries_of(cookies_)) {
    CookieScanner scan(entry.val, letters);
    if (scan.has_comma()) all_pass_ = false;
    while (scan.next()) {
      if (!token && browser_cookies.is_token(scan)) token = scan.cookie().value;
      if (!browser_cookies.lets_pass(scan)) all_pass_ = false;
    }
  }
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
  for (const char* name : set_)
    if (name != nullptr) apr_table_unset(request.headers_in, name);
  for (const apr_array_header_t* list : {cookies_, others_}) {
    for (const apr_table_entry_t& entry : entries_of(list))
      apr_table_unset(request.headers_in, entry.key);
    for (const apr_table_entry_t& entry : entries_of(list))
      apr_table_addn(request.headers_in, entry.key, entry.val);
  }
  *this = RequestHeaders();
}

/// One Cookie header: Confluence's cookies first, so that a quote that the browser left open cannot
/// swallow them.
void RequestHeaders::put_cookies(request_rec& request, const DirectoryConfig& config,
                                 std::string_view session_cookies) {
  if (cookies_ == nullptr && session_cookies.empty()) return;
  const std::string_view prefix = config.passing().name;
  std::size_t length = session_cookies.size();
  std::size_t count = 1;
  if (!prefix.empty())
    for (CookieScanner scan(session_cookies); scan.next(); ++count) length += prefix.size();
  for (const apr_table_entry_t& entry : entries_of(cookies_)) {
    const std::size_t size = std::strlen(entry.val);
    length += size;
    // A piece is at least one character, with a separator before the next one.
    count += all_pass_ ? 1 : 1 + size / 2;
  }

  auto* buffer =
      static_cast<char*>(apr_palloc(request.pool, CookieWriter::needed(length, count) + 1));
  CookieWriter writer(buffer);
  write_session_cookies(writer, prefix, session_cookies);
  write_browser_cookies(writer, config);
  buffer[writer.written().size()] = '\0';
  if (writer.written().empty()) {
    apr_table_unset(request.headers_in, kCookie.data());
  } else {
    set(request, kCookie.data(), buffer);
  }
}

void RequestHeaders::write_browser_cookies(CookieWriter& writer,
                                           const DirectoryConfig& config) const {
  if (all_pass_) {
    for (const apr_table_entry_t& entry : entries_of(cookies_))
      if (*entry.val != '\0') writer.add_piece(';', entry.val);
    return;
  }
  BrowserCookies browser_cookies(config);
  for (const apr_table_entry_t& entry : entries_of(cookies_))
    for (CookieScanner scan(entry.val); scan.next();)
      if (browser_cookies.lets_pass(scan)) writer.add_piece(scan.separator(), scan.piece());
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
  *std::find(set_.begin(), set_.end(), nullptr) = name;
}

}  // namespace crowd_confluence
