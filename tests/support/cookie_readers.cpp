#include "support/cookie_readers.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>

namespace test_support {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trimmed(std::string_view text, bool (*is_blank)(char) = is_space) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find_first_of(separators);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string decoded(std::string_view text, bool knows_unicode = false) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_unicode = knows_unicode && text.substr(i).starts_with("%u");
    const std::size_t begin = i + (is_unicode ? 2 : 1);
    const std::size_t digits = is_unicode ? 4 : 2;
    unsigned int octet = 0;
    if (text[i] == '%' && begin + digits <= text.size() &&
        std::from_chars(text.data() + begin, text.data() + begin + digits, octet, 16).ptr ==
            text.data() + begin + digits &&
        octet < 256) {
      result += static_cast<char>(octet);
      i = begin + digits - 1;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

std::string as_it_is(std::string_view name) {
  return std::string(name);
}

std::string lower(std::string_view name) {
  std::string result(name);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(c < 0x80 ? std::tolower(c) : c); });
  return result;
}

// --- Python's http.cookies: a regular expression

constexpr std::string_view kPythonKey =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#%&'~_`><@,:/$*+-.^|)(?}{=";

bool is_in_key(char c) {
  return kPythonKey.find(c) != kPythonKey.npos;
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

/// Where the value that begins here ends: a string in quotes, or letters.
std::size_t end_of_value(std::string_view text, std::size_t at, bool knows_brackets) {
  if (at < text.size() && text[at] == '"') {
    for (std::size_t i = at + 1; i < text.size(); ++i) {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == '"')
        return i + 1;
    }
  }
  while (at < text.size() &&
         (is_in_key(text[at]) || (knows_brackets && (text[at] == '[' || text[at] == ']'))))
    ++at;
  return at;
}

/// It stops at what it does not understand.
ReadCookies read_as_python(std::string_view text) {
  ReadCookies cookies;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = skip_space(text, at);
    bool has_matched = false;
    for (std::size_t end = begin; end < text.size() && is_in_key(text[end]) && !has_matched;) {
      ++end;
      const auto ends_at = [&](std::size_t place) {
        return place == text.size() || is_space(text[place]) || text[place] == ';';
      };
      const auto next_after = [&](std::size_t place) {
        place = skip_space(text, place);
        return place < text.size() && text[place] == ';' ? place + 1 : place;
      };
      const std::size_t equals = skip_space(text, end);
      if (equals < text.size() && text[equals] == '=') {
        const std::size_t value = skip_space(text, equals + 1);
        const std::size_t value_end = end_of_value(text, value, true);
        if (ends_at(value_end)) {
          cookies.emplace_back(text.substr(begin, end - begin),
                               text.substr(value, value_end - value));
          at = next_after(value_end);
          has_matched = true;
          continue;
        }
      }
      if (ends_at(end)) return cookies;  // no value: nothing of the header is believed any more
    }
    if (!has_matched) return cookies;
  }
  return cookies;
}

/// It goes on behind what it does not understand.
ReadCookies read_as_old_python(std::string_view text) {
  ReadCookies cookies;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_in_key(text[end]) && text[end] != '=') ++end;
    const std::size_t equals = skip_space(text, end);
    if (end == at || equals >= text.size() || text[equals] != '=') {
      ++at;
      continue;
    }
    const std::size_t value = skip_space(text, equals + 1);
    const std::size_t value_end = end_of_value(text, value, false);
    cookies.emplace_back(text.substr(at, end - at), text.substr(value, value_end - value));
    at = std::max(value_end, at + 1);
  }
  return cookies;
}

// --- PHP: names become those of variables

std::string php_variable(std::string name) {
  name = name.substr(0, name.find('\0'));
  name.erase(0, std::min(name.find_first_not_of(' '), name.size()));
  const std::size_t bracket = name.find('[');
  if (bracket == 0) return {};  // no cookie
  if (bracket != name.npos && name.find(']', bracket) != name.npos)
    name.resize(bracket);  // an array
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == ' ' || c == '['; }, '_');
  return name;
}

std::string php_looks_for(std::string_view name) {
  return php_variable(std::string(name));
}

ReadCookies read_php(std::string_view header, bool decodes_names) {
  ReadCookies cookies;
  for (std::string_view part : split(header, ";")) {
    while (!part.empty() && is_space(part.front())) part.remove_prefix(1);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string name =
        decodes_names ? decoded(part.substr(0, equals)) : std::string(part.substr(0, equals));
    cookies.emplace_back(php_variable(name),
                         equals == part.npos ? "" : decoded(part.substr(equals + 1)));
  }
  return cookies;
}

ReadCookies read_as_php(std::string_view header) {
  return read_php(header, false);
}

ReadCookies read_as_old_php(std::string_view header) {
  return read_php(header, true);
}

// --- those that split

ReadCookies read_as_cgi_pm(std::string_view header) {
  ReadCookies cookies;
  for (const std::string_view part : split(header, ";,")) {
    const std::string_view pair = trimmed(part);
    const std::size_t equals = pair.find('=');
    if (equals != pair.npos)
      cookies.emplace_back(decoded(pair.substr(0, equals), true), pair.substr(equals + 1));
  }
  return cookies;
}

ReadCookies read_rack(std::string_view header, std::string_view separators, bool decodes_names) {
  ReadCookies cookies;
  for (const std::string_view part : split(header, separators)) {
    const std::string_view pair = trimmed(part, [](char c) { return c == ' '; });
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    cookies.emplace_back(decodes_names ? decoded(name) : std::string(name),
                         equals == pair.npos ? "" : pair.substr(equals + 1));
  }
  return cookies;
}

ReadCookies read_as_rack(std::string_view header) {
  return read_rack(header, ";", false);
}

ReadCookies read_as_old_rack(std::string_view header) {
  return read_rack(header, ";,", true);
}

ReadCookies read_as_tomcat(std::string_view header) {
  ReadCookies cookies;
  for (const std::string_view part : split(header, ";")) {
    const std::string_view pair = trimmed(part, [](char c) { return c == ' ' || c == '\t'; });
    const std::size_t equals = pair.find('=');
    const std::string_view name = trimmed(pair.substr(0, equals));
    constexpr std::string_view kSeparators = "()<>@,;:\\\"/[]?={} \t";
    if (equals != pair.npos && !name.empty() && name.find_first_of(kSeparators) == name.npos)
      cookies.emplace_back(name, trimmed(pair.substr(equals + 1)));
  }
  return cookies;
}

ReadCookies read_node(std::string_view header, std::string_view separators) {
  ReadCookies cookies;
  const auto is_blank = [](char c) { return is_space(c) || c == '\xa0'; };
  for (const std::string_view part : split(header, separators)) {
    const std::size_t equals = part.find('=');
    if (equals != part.npos)
      cookies.emplace_back(trimmed(part.substr(0, equals), is_blank),
                           trimmed(part.substr(equals + 1), is_blank));
  }
  return cookies;
}

ReadCookies read_as_node(std::string_view header) {
  return read_node(header, ";");
}

ReadCookies read_as_old_node(std::string_view header) {
  return read_node(header, ";,");
}

ReadCookies read_without_case(std::string_view header) {
  ReadCookies cookies;
  for (const std::string_view part : split(header, ";,")) {
    const std::size_t equals = part.find('=');
    cookies.emplace_back(lower(trimmed(part.substr(0, equals))),
                         equals == part.npos ? "" : trimmed(part.substr(equals + 1)));
  }
  return cookies;
}

}  // namespace

std::vector<std::string> CookieReader::find(std::string_view header,
                                            std::string_view wanted) const {
  std::vector<std::string> values;
  for (const auto& [found, value] : read(header))
    if (found == looked_for(wanted)) values.push_back(value);
  return values;
}

const std::vector<CookieReader>& cookie_readers() {
  static const std::vector<CookieReader> readers = {
      {"Python", read_as_python, as_it_is},
      {"an old Python", read_as_old_python, as_it_is},
      {"PHP", read_as_php, php_looks_for},
      {"an old PHP", read_as_old_php, php_looks_for},
      {"CGI.pm", read_as_cgi_pm, as_it_is},
      {"Rack", read_as_rack, as_it_is},
      {"an old Rack", read_as_old_rack, as_it_is},
      {"Tomcat", read_as_tomcat, as_it_is},
      {"Node's cookie", read_as_node, as_it_is},
      {"an old one of Node's", read_as_old_node, as_it_is},
      {"a reader without cases", read_without_case, lower},
  };
  return readers;
}

}  // namespace test_support
