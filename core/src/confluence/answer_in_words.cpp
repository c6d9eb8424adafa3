#include "confluence/answer_in_words.h"

#include "base/ascii.h"
#include "confluence/redirect_target.h"
#include "crowd_confluence/cookie/cookie_header.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxWordBytes = 80;

bool is_word(std::string_view text) {
  return text.size() <= kMaxWordBytes && is_cookie_name(text);
}

/// `text/html`, without parameters; empty if it is nothing like that.
std::string_view media_type(const HttpResponse& response) {
  const std::string_view value = response.header("Content-Type").value_or("");
  const std::string_view type = ascii::trimmed(value.substr(0, value.find(';')));
  const std::size_t slash = type.find('/');
  if (slash == std::string_view::npos) return {};
  return is_word(type.substr(0, slash)) && is_word(type.substr(slash + 1)) ? type : "";
}

std::string in_words(const RedirectTarget& target, std::string_view token) {
  std::string words = target.scheme + "://" + target.host.substr(0, 2 * kMaxWordBytes);
  if (!target.port.empty()) words += ":" + target.port;
  const bool is_secret = !token.empty() && target.path.find(token) != std::string::npos;
  return words + (is_secret ? "/..." : target.path.substr(0, 2 * kMaxWordBytes));
}

}  // namespace

std::string in_words(const HttpResponse& response, const std::string& asked,
                     std::string_view token) {
  std::string words = "HTTP status " + std::to_string(response.status);
  const bool is_redirect = response.status >= 300 && response.status < 400;
  if (const auto location = is_redirect ? response.header("Location") : std::nullopt) {
    const auto target = redirect_target(*location, asked);
    words += target ? " to " + in_words(*target, unquoted(token)) : " to no usable URL";
  }
  if (const std::string_view type = media_type(response); !type.empty())
    words.append(", ").append(type);
  // None was asked for.
  const std::string_view encoding = response.header("Content-Encoding").value_or("");
  if (is_word(encoding)) words.append(", encoded as ").append(encoding);
  return words;
}

}  // namespace crowd_confluence
