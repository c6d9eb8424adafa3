// An answer in words, for a log.

#ifndef CROWD_CONFLUENCE_SRC_CONFLUENCE_ANSWER_IN_WORDS_H_
#define CROWD_CONFLUENCE_SRC_CONFLUENCE_ANSWER_IN_WORDS_H_

#include <string>
#include <string_view>

#include "crowd_confluence/http/response.h"

namespace crowd_confluence {

/// What an administrator wants to know of an answer that says nothing about the user: the status,
/// where a redirect leads, the type of the content, an encoding that nobody asked for. `asked` is
/// the URL. A few hundred printable characters at most, without query, password and `token`.
[[nodiscard]] std::string in_words(const HttpResponse& response, const std::string& asked,
                                   std::string_view token);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_CONFLUENCE_ANSWER_IN_WORDS_H_
