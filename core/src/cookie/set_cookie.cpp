#include "crowd_confluence/cookie/set_cookie.h"

#include <curl/curl.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "cookie/octets.h"
#include "crowd_confluence/cookie/cookie_header.h"

namespace crowd_confluence {
namespace {

/// What stands before the first of these octets.
std::string_view before_any(std::string_view text, std::string_view octets) {
  return {text.begin(), std::find_first_of(text.begin(), text.end(), octets.begin(), octets.end())};
}

/// Takes one `;`-separated part from the front of `rest`.
std::string_view take_part(std::string_view& rest) {
  const std::size_t end = rest.find(';');
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return ascii::trimmed(part);
}

/// Whether `text` begins as a cookie does: a name, then `=`.
bool begins_a_cookie(std::string_view text) {
  text = ascii::trimmed(text);
  const std::size_t equals = text.find('=');
  return equals != std::string_view::npos && is_cookie_name(ascii::trimmed(text.substr(0, equals)));
}

/// Where the first cookie of a line that a proxy folded ends: at a comma behind which another
/// cookie or nothing stands, outside quotes. (Behind the comma of an Expires date stands a date.)
std::size_t end_of_first(std::string_view line) {
  bool in_quotes = false;
  std::size_t looked_at = 0;
  for (std::size_t comma = line.find(','); comma != line.npos; comma = line.find(',', comma + 1)) {
    for (; looked_at != comma; ++looked_at) in_quotes = in_quotes != (line[looked_at] == '"');
    if (in_quotes) continue;
    const std::string_view next = before_any(line.substr(comma + 1), ";,");
    if (ascii::trimmed(next).empty() || begins_a_cookie(next)) return comma;
  }
  return line.size();
}

/// Nothing for what is no date.
std::optional<bool> is_in_the_past(std::string_view date) {
  // curl_getdate knows the forms that servers write. Only what was meant as "remove it" counts
  // here, which is a date of long ago: the clock of this host is not to decide.
  constexpr long long kYear2000 = 946684800;
  const std::string text(unquoted(date));
  const time_t time = curl_getdate(text.c_str(), nullptr);
  if (time != -1 && time < kYear2000) return true;
  // libcurl takes the year 70 for 2070, where RFC 6265 §5.1.1 has 1970.
  if (text.find("-70 ") != std::string::npos) return true;
  if (time != -1) return false;
  return text.find("1970") != std::string::npos ? std::optional(true) : std::nullopt;
}

/// Nothing for what is no number, of however many digits.
std::optional<bool> is_at_most_zero(std::string_view number) {
  number = unquoted(number);
  const bool is_negative = number.starts_with('-');
  if (is_negative) number.remove_prefix(1);
  if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return is_negative || number.find_first_not_of('0') == std::string_view::npos;
}

/// Of several with the same name the last one counts, unless it is nonsense (RFC 6265 §5.3).
struct Lifetime {
  std::optional<bool> max_age_is_over;
  std::optional<bool> has_expired;

  [[nodiscard]] bool is_over() const {
    return max_age_is_over.value_or(has_expired.value_or(false));
  }
};

void read_attribute(std::string_view attribute, SetCookie& cookie, Lifetime& lifetime) {
  const std::size_t equals = attribute.find('=');
  const std::string_view name = ascii::trimmed(attribute.substr(0, equals));
  const std::string_view value =
      equals == std::string_view::npos ? "" : ascii::trimmed(attribute.substr(equals + 1));
  const auto is = [&](std::string_view known) { return ascii::equal_ignoring_case(name, known); };
  if (is("HttpOnly")) {
    cookie.http_only = true;
  } else if (is("Secure")) {
    cookie.secure = true;
  } else if (is("Path")) {
    cookie.path = unquoted(value);
  } else if (is("Domain")) {
    cookie.domain = unquoted(value);
    if (cookie.domain.starts_with('.')) cookie.domain.remove_prefix(1);
  } else if (is("Max-Age")) {
    if (const auto is_over = is_at_most_zero(value)) lifetime.max_age_is_over = is_over;
  } else if (is("Expires")) {
    if (const auto is_over = is_in_the_past(value)) lifetime.has_expired = is_over;
  }
}

SetCookie parse_one(std::string_view text) {
  SetCookie cookie;
  cookie.text = ascii::trimmed(text);
  std::string_view rest = text;
  const std::string_view pair = take_part(rest);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return cookie;
  cookie.name = ascii::trimmed(pair.substr(0, equals));
  cookie.value = ascii::trimmed(pair.substr(equals + 1));
  Lifetime lifetime;
  while (!rest.empty()) read_attribute(take_part(rest), cookie, lifetime);
  cookie.removes = unquoted(cookie.value).empty() || lifetime.is_over();
  return cookie;
}

/// Calls `use` with each cookie of the line, valid or not.
template <typename Use>
void for_each_cookie(std::string_view line, Use use) {
  while (!line.empty()) {
    const std::size_t end = end_of_first(line);
    use(parse_one(line.substr(0, end)));
    line = end == line.size() ? std::string_view() : line.substr(end + 1);
  }
}

}  // namespace

std::vector<SetCookie> parse_set_cookie(std::string_view line) {
  std::vector<SetCookie> cookies;
  for_each_cookie(line, [&](const SetCookie& cookie) {
    if (is_cookie_name(cookie.name) && is_cookie_value(cookie.value)) cookies.push_back(cookie);
  });
  return cookies;
}

std::vector<SetCookie> split_set_cookie(std::string_view line) {
  std::vector<SetCookie> cookies;
  for_each_cookie(line, [&](const SetCookie& cookie) {
    if (!cookie.text.empty()) cookies.push_back(cookie);
  });
  return cookies;
}

bool may_set(std::string_view line, const ReservedCookies& names) {
  for (;;) {
    line = ascii::trimmed_left(line);
    const auto word_end = std::find_if_not(line.begin(), line.end(), stands_for_itself);
    const std::string_view word(line.begin(), word_end);
    if (word_end != line.end() && *word_end == '=' ? names.has(word)
                                                   : names.may_have(before_any(line, "=;,")))
      return true;
    const std::size_t comma = line.find(',');
    if (comma == line.npos) return false;
    line.remove_prefix(comma + 1);
  }
}

std::string protect_cookie(std::string_view line, std::string_view name, bool secure) {
  // Browsers know no folding: for them the first cookie has all that follows.
  const SetCookie whole = parse_one(line);
  std::string result;
  std::size_t copied = 0;
  for_each_cookie(line, [&](const SetCookie& cookie) {
    if (cookie.name != name) return;
    const bool is_first = cookie.name.data() == whole.name.data();
    const SetCookie& as_browsers_see_it = is_first ? whole : cookie;
    const auto lacks = [&](bool SetCookie::*attribute) {
      return (!cookie.removes && !(cookie.*attribute)) ||
             (!as_browsers_see_it.removes && !(as_browsers_see_it.*attribute));
    };
    const bool lacks_secure = secure && lacks(&SetCookie::secure);
    const bool lacks_http_only = lacks(&SetCookie::http_only);
    if (!lacks_secure && !lacks_http_only) return;

    // Behind the value, what is added is an attribute for everybody, whatever a comma means.
    const bool is_folded = is_first && cookie.text.size() < ascii::trimmed(line).size();
    const std::string_view before = is_folded ? before_any(cookie.text, ";") : cookie.text;
    const auto end = static_cast<std::size_t>(before.data() - line.data()) + before.size();
    result.append(line.substr(copied, end - copied));
    copied = end;
    if (lacks_http_only) result += "; HttpOnly";
    if (lacks_secure) result += "; Secure";
    if (is_folded && before.size() == cookie.text.size()) result += ';';
  });
  return result.append(line.substr(copied));
}

}  // namespace crowd_confluence
