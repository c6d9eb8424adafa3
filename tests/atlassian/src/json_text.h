// Boost.JSON values from and to the standard library's strings, for all versions of Boost.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace atlassian {

namespace json = boost::json;

inline json::string json_text(std::string_view text) {
  return json::string(json::string_view(text.data(), text.size()));
}

inline std::string standard_text(const json::string& text) {
  return std::string(text.data(), text.size());
}

/// nullopt when `text` is not one JSON object.
inline std::optional<json::object> parse_json_object(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

/// The text member `name`, or empty.
inline std::string text_member(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(json::string_view(name.data(), name.size()));
  return member != nullptr && member->is_string() ? standard_text(member->get_string())
                                                  : std::string();
}

}  // namespace atlassian
