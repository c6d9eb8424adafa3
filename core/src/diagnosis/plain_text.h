// Texts from outside, made fit to be shown.

#ifndef CROWD_CONFLUENCE_SRC_DIAGNOSIS_PLAIN_TEXT_H_
#define CROWD_CONFLUENCE_SRC_DIAGNOSIS_PLAIN_TEXT_H_

#include <string>
#include <string_view>

namespace crowd_confluence {

/// Printable ASCII: anything else becomes a question mark, and what is too long is cut.
[[nodiscard]] inline std::string plain_text(std::string_view text, std::size_t most = 300) {
  std::string plain(text.substr(0, most));
  for (char& c : plain)
    if (c < ' ' || c > '~') c = '?';
  return plain;
}

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_DIAGNOSIS_PLAIN_TEXT_H_
