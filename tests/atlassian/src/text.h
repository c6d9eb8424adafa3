// Small text tools of the web: comparing, splitting, escaping, forms, base64.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlassian {

std::string to_lower(std::string_view text);
bool equal_without_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);
/// Splits at each separator and trims the parts; empty parts are kept.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// The whole text as a decimal number, or nullopt.
std::optional<std::uint64_t> parse_number(std::string_view text);

std::string url_encode(std::string_view text);
/// '+' is a blank, as in forms and queries; what is not valid percent-encoding stays as it is.
std::string url_decode(std::string_view text);
/// application/x-www-form-urlencoded, also the query of a URL. The first value of a name counts.
std::map<std::string, std::string> parse_form(std::string_view text);
std::string html_escape(std::string_view text);

/// nullopt when `text` is not base64.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64url_encode(std::string_view bytes);

}  // namespace atlassian
