// Strings in JSON.

#ifndef TOOLS_CROWD_CONFLUENCE_JSON_TEXT_H_
#define TOOLS_CROWD_CONFLUENCE_JSON_TEXT_H_

#include <cstdio>
#include <string>
#include <string_view>

namespace crowd_confluence::tool {

/// In quotes, with what must be escaped (RFC 8259 §7).
inline std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      quoted += escape;
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace crowd_confluence::tool

#endif  // TOOLS_CROWD_CONFLUENCE_JSON_TEXT_H_
