// As much of HTTP/1.1 as the benchmarks' own programs speak among themselves and with httpd.
#pragma once

#include <strings.h>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

namespace bench {

/// The value of a header in the head of a message; empty if there is none.
inline std::string_view header_of(std::string_view head, std::string_view name) {
  for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line)) {
    line += 2;
    if (head.size() - line <= name.size() || head[line + name.size()] != ':' ||
        strncasecmp(head.data() + line, name.data(), name.size()) != 0)
      continue;
    std::string_view value = head.substr(line + name.size() + 1);
    value = value.substr(0, value.find("\r\n"));
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    return value;
  }
  return {};
}

/// How many bytes of `received` are its first message, whose end a Content-Length tells; 0 while
/// it is not complete.
inline std::size_t length_of_message(std::string_view received) {
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::string body(header_of(received.substr(0, end + 2), "Content-Length"));
  const std::size_t length = end + 4 + std::strtoul(body.c_str(), nullptr, 10);
  return received.size() >= length ? length : 0;
}

}  // namespace bench
