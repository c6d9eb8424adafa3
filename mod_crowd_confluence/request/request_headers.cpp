#include "request/request_headers.h"

#include <apr_strings.h>

#include <algorithm>
#include <string>

#include "apr/headers.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "request/forwarded_for_by_proxy.h"

namespace crowd_confluence::httpd {
namespace {

constexpr std::string_view kCookie = "Cookie";
constexpr std::string_view kForwardedFor = "X-Forwarded-For";

/// Which headers are taken out of the request.
class TakenNames {
 public:
  enum Kind { none, cookie, other };

  explicit TakenNames(const DirectoryConfig& config)
      : takes_forwarded_for_(config.sends_address()), pass_as_(config.passing()) {
    first_letters_.add(kCookie.front());
    if (takes_forwarded_for_) first_letters_.add(kForwardedFor.front());
    if (pass_as_.place == PassAs::header) first_letters_.add(pass_as_.name.front());
  }

  [[nodiscard]] Kind kind_of(const char* name) const {
    if (!first_letters_.may_have(*name)) return none;
    if (is_same_header(name, "cookie")) return cookie;
    const bool is_taken =
        (takes_forwarded_for_ && is_same_header(name, "x-forwarded-for")) ||
        (pass_as_.place == PassAs::header && is_same_header(name, pass_as_.folded_name));
    return is_taken ? other : none;
  }

 private:
  const bool takes_forwarded_for_;
  const PassAs& pass_as_;
  FirstLetters first_letters_;
};

/// Decides which of the browser's cookies the app may see.
class BrowserCookies {
 public:
  explicit BrowserCookies(const DirectoryConfig& config)
      : token_cookie_(config.token_cookie_name()),
        names_(config.session_cookie_names()),
        pass_as_(config.passing()) {
    starts_.add(token_cookie_);
    if (pass_as_.place == PassAs::cookie) starts_.add(names_.starts(pass_as_.name));
  }

  /// Whether all that stands in the header may pass as it is. Finds the first SSO cookie.
  bool let_all_pass(std::string_view header) {
    bool all_pass = true;
    for (CookieNameFinder find(header, starts_); find.next();) {
      if (is_token(find)) {
        if (!token_) token_ = find.value();
      } else if (!is_harmless(find.name())) {
        all_pass = false;
      }
    }
    return all_pass && tokens_seen_ <= 1;
  }

  /// Whether a piece of a header may pass; to be called for all pieces in order.
  bool let_pass(const CookieScanner& scan) {
    // A piece behind a comma that has no name of its own is the rest of a value.
    if (!scan.cookie().name.empty() || scan.separator() != ',') last_passed_ = true;
    for (CookieNameFinder find(scan.piece(), starts_); find.next();)
      // The app must see the token that was asked about; Confluence takes the first of several.
      if (is_token(find) ? tokens_seen_ != 1 : !is_harmless(find.name())) last_passed_ = false;
    return last_passed_;
  }

  [[nodiscard]] std::optional<std::string_view> token() const { return token_; }

 private:
  bool is_token(const CookieNameFinder& find) {
    const bool is = find.name() == token_cookie_ && find.is_a_cookie();
    if (is) ++tokens_seen_;
    return is;
  }

  [[nodiscard]] bool is_harmless(std::string_view name) const {
    return name != token_cookie_ &&
           (pass_as_.place == PassAs::header || !names_.may_be_taken_for(pass_as_.name, name));
  }

  const std::string& token_cookie_;
  const CookieNames& names_;
  const PassAs& pass_as_;
  NameStarts starts_;  // of the names that matter
  int tokens_seen_ = 0;
  bool last_passed_ = true;
  std::optional<std::string_view> token_;
};

/// As one piece when they need no prefix: they were written by this server.
void write_session_cookies(CookieWriter& writer, std::string_view prefix,
                           std::string_view session_cookies) {
  if (session_cookies.empty()) return;
  if (prefix.empty()) return writer.add(session_cookies);
  for (CookieScanner scan(session_cookies); scan.next();)
    writer.add(prefix, scan.cookie().name, scan.cookie().value);
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
                                                           const DirectoryConfig& config) {
  const TakenNames taken(config);
  const auto entries = entries_of(request.headers_in);
  apr_table_entry_t* place = nullptr;
  for (apr_table_entry_t& entry : entries) {
    const TakenNames::Kind kind = taken.kind_of(entry.key);
    if (kind == TakenNames::none) continue;
    if (kind == TakenNames::cookie) {
      cookies_.add(entry, *request.pool, entries.size());
      // Its place in the table is kept for what will stand there in the end.
      entry.val = const_cast<char*>("");
      place = cookies_.size() == 1 ? &entry : nullptr;
    } else {
      others_.add(entry, *request.pool, entries.size());
    }
  }
  // Unsetting moves what stands behind.
  if (others_.empty()) place_of_cookie_ = place;
  for (const Header& header : others_) apr_table_unset(request.headers_in, header.name);

  BrowserCookies browser_cookies(config);
  for (const Header& header : cookies_)
    if (!browser_cookies.let_all_pass(header.value)) all_pass_ = false;
  return browser_cookies.token();
}

void RequestHeaders::put_together(request_rec& request, const DirectoryConfig& config,
                                  std::string_view token, std::string_view session_cookies,
                                  std::string_view address) {
  const PassAs& pass_as = config.passing();
  if (pass_as.place == PassAs::cookie) {
    put_cookies(request, config, pass_as.name, session_cookies);
  } else {
    put_cookies(request, config, "", "");
    if (!session_cookies.empty())
      put_cookie_header(request, pass_as.name, config.token_cookie_name(), token, session_cookies);
  }
  if (config.sends_address() && !address.empty() && !proxy_adds_forwarded_for(&request))
    set(request, kForwardedFor.data(),
        apr_pstrmemdup(request.pool, address.data(), address.size()));
}

const char* RequestHeaders::browser_cookie() const {
  return cookies_.empty() ? nullptr : cookies_.begin()->value.data();
}

void RequestHeaders::restore(request_rec& request) {
  for (std::size_t i = 0; i < set_count_; ++i) apr_table_unset(request.headers_in, set_[i]);
  for (const Headers* list : {&cookies_, &others_}) {
    for (const Header& header : *list) apr_table_unset(request.headers_in, header.name);
    for (const Header& header : *list)
      apr_table_addn(request.headers_in, header.name, header.value.data());
  }
  *this = RequestHeaders();
}

/// One Cookie header: Confluence's cookies first, so that a quote that the browser left open cannot
/// swallow them.
void RequestHeaders::put_cookies(request_rec& request, const DirectoryConfig& config,
                                 std::string_view prefix, std::string_view session_cookies) {
  if (cookies_.empty() && session_cookies.empty()) return;
  std::size_t length = session_cookies.size();
  std::size_t count = 1;
  if (!prefix.empty())
    for (CookieScanner scan(session_cookies); scan.next(); ++count) length += prefix.size();
  for (const Header& header : cookies_) {
    length += header.value.size();
    ++count;
  }

  auto* buffer =
      static_cast<char*>(apr_palloc(request.pool, CookieWriter::needed(length, count) + 1));
  CookieWriter writer(buffer);
  write_session_cookies(writer, prefix, session_cookies);
  write_browser_cookies(writer, config);
  buffer[writer.written().size()] = '\0';
  if (writer.written().empty()) {
    apr_table_unset(request.headers_in, kCookie.data());
  } else if (place_of_cookie_ != nullptr) {
    place_of_cookie_->val = buffer;
    note_set(kCookie.data());
  } else {
    set(request, kCookie.data(), buffer);
  }
}

void RequestHeaders::write_browser_cookies(CookieWriter& writer,
                                           const DirectoryConfig& config) const {
  if (all_pass_) {
    for (const Header& header : cookies_)
      if (!header.value.empty()) writer.add(header.value);
    return;
  }
  BrowserCookies browser_cookies(config);
  for (const Header& header : cookies_) {
    bool is_first = true;
    const char* copied = header.value.data();
    for (CookieScanner scan(header.value); scan.next();) {
      const char* const end = scan.piece().data() + scan.piece().size();
      if (browser_cookies.let_pass(scan)) {
        // With all that stands between it and the piece before, so that values stay as they are.
        is_first ? writer.add(scan.piece()) : writer.append({copied, end});
        is_first = false;
      }
      copied = end;
    }
  }
}

/// A ready-made value for a Cookie header, for an app that passes it on to Confluence as it is.
void RequestHeaders::put_cookie_header(request_rec& request, const std::string& header,
                                       std::string_view token_cookie, std::string_view token,
                                       std::string_view session_cookies) {
  const std::size_t length = token_cookie.size() + token.size() + session_cookies.size();
  auto* buffer = static_cast<char*>(apr_palloc(request.pool, CookieWriter::needed(length, 2) + 1));
  CookieWriter writer(buffer);
  writer.add("", token_cookie, token);
  writer.add(session_cookies);
  buffer[writer.written().size()] = '\0';
  set(request, header.c_str(), buffer);
}

void RequestHeaders::set(request_rec& request, const char* name, const char* value) {
  apr_table_setn(request.headers_in, name, value);
  note_set(name);
}

void RequestHeaders::note_set(const char* name) {
  set_[set_count_++] = name;
}

}  // namespace crowd_confluence::httpd
