#include "confluence/user_name.h"

#include "base/ascii.h"

namespace crowd_confluence {
namespace {

constexpr std::string_view kAnonymous = "anonymous";

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
