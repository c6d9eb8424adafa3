#include "confluence/user_name.h"

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <cstdint>

#include "base/ascii.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxUserBytes = 255;
constexpr std::string_view kAnonymous = "anonymous";

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

/// What cannot be seen, or makes other text be seen elsewhere.
constexpr Range kForbidden[] = {
    {0x00, 0x1f},        // controls
    {0x7f, 0x9f},        // DEL and the C1 controls
    {0x61c, 0x61c},      // Arabic letter mark
    {0x180e, 0x180e},    // Mongolian vowel separator
    {0x200b, 0x200b},    // zero-width space
    {0x200e, 0x200f},    // left-to-right and right-to-left marks
    {0x2028, 0x202e},    // line and paragraph separators, embeddings and overrides
    {0x2060, 0x206f},    // word joiner, invisible operators, isolates, deprecated controls
    {0xfdd0, 0xfdef},    // no characters
    {0xfeff, 0xfeff},    // byte order mark
    {0xfff9, 0xfffb},    // interlinear annotations
    {0xfffe, 0xffff},    // no characters
    {0xe0000, 0xe007f},  // tags
};

constexpr Range kBlanks[] = {
    {0x20, 0x20},     {0xa0, 0xa0},     {0xad, 0xad},     {0x1680, 0x1680},
    {0x2000, 0x200d}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};

template <std::size_t kCount>
bool is_in(const Range (&ranges)[kCount], std::uint32_t code_point) {
  return std::any_of(std::begin(ranges), std::end(ranges), [&](const Range& range) {
    return range.first <= code_point && code_point <= range.last;
  });
}

bool is_letter_or_digit(char c) {
  return (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'z') || (c >= '0' && c <= '9');
}

int value_of_hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;  // Java writes capitals
  return -1;
}

/// Every encoder of URLs leaves these as they are.
bool is_never_encoded(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
}

/// Some encoders leave these as they are. No encoder leaves anything else, but for the plus sign
/// that Java's makes of a blank.
bool may_be_left(char c) {
  return is_never_encoded(c) || std::string_view("~*!'()").find(c) != std::string_view::npos;
}

/// All the values of a header's lines, as if they stood in one line.
std::string joined_values(const HttpResponse& response, std::string_view name) {
  std::string values;
  for (const HttpHeader& header : response.headers) {
    if (!ascii::equal_ignoring_case(header.name, name)) continue;
    if (!values.empty()) values += ',';
    values += header.value;
  }
  return values;
}

}  // namespace

bool is_user_name(std::string_view name) {
  namespace utf = boost::locale::utf;
  if (name.empty() || name.size() > kMaxUserBytes || ascii::equal_ignoring_case(name, "(null)"))
    return false;
  const char* at = name.data();
  const char* const end = at + name.size();
  bool is_at_blank = true;  // as if one stood before the beginning
  for (bool is_first = true; at != end; is_first = false) {
    const utf::code_point code_point = utf::utf_traits<char>::decode(at, end);
    if (!utf::is_valid_codepoint(code_point) || is_in(kForbidden, code_point)) return false;
    is_at_blank = is_in(kBlanks, code_point);
    if (is_first && is_at_blank) return false;
  }
  return !is_at_blank;
}

std::string decoded_user_name(std::string_view text) {
  std::string as_it_stands(text);
  if (text.find('%') == std::string_view::npos) return as_it_stands;
  std::string decoded;
  bool has_plus = false;
  bool has_encoded_blank = false;
  while (!text.empty()) {
    const char c = text.front();
    if (c == '%') {
      const int high = text.size() > 2 ? value_of_hex_digit(text[1]) : -1;
      const int low = text.size() > 2 ? value_of_hex_digit(text[2]) : -1;
      if (high < 0 || low < 0) return as_it_stands;
      const char byte = static_cast<char>(high * 16 + low);
      if (is_never_encoded(byte)) return as_it_stands;
      has_encoded_blank = has_encoded_blank || byte == ' ';
      decoded += byte;
    } else if (c == '+') {
      has_plus = true;
      decoded += ' ';
    } else if (may_be_left(c)) {
      decoded += c;
    } else {
      return as_it_stands;
    }
    text.remove_prefix(c == '%' ? 3 : 1);
  }
  // One encoder writes a blank in one way.
  return has_plus && has_encoded_blank ? as_it_stands : decoded;
}

std::string user_in_headers(const HttpResponse& response) {
  const std::string values = joined_values(response, "X-AUSERNAME");
  const std::string_view all = values;
  const std::string_view last = ascii::trimmed(all.substr(all.rfind(',') + 1));
  if (last == kAnonymous) return std::string(kAnonymous);
  for (std::string_view rest = all; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view value = ascii::trimmed(rest.substr(0, comma));
    if (value != last && value != kAnonymous) return {};
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  return decoded_user_name(last);
}

}  // namespace crowd_confluence
