// One exchange: the SSO cookie and the user's address go to Confluence, a session comes back.

#ifndef CROWD_CONFLUENCE_CONFLUENCE_CLIENT_H_
#define CROWD_CONFLUENCE_CONFLUENCE_CLIENT_H_

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "crowd_confluence/confluence/settings.h"
#include "crowd_confluence/confluence/verdict.h"
#include "crowd_confluence/export.h"
#include "crowd_confluence/http/client.h"
#include "crowd_confluence/visitor.h"

namespace crowd_confluence {

/// The headers of an exchange: nothing of the browser's request goes to Confluence but the SSO
/// cookie and the one address, because Confluence logs a user out everywhere over a bad
/// Authorization, and a browser's User-Agent switches on other checks. Caches are asked to stay
/// out. `session_cookies`: those of a session that is to be proven again, or empty.
[[nodiscard]] CROWD_CONFLUENCE_EXPORT std::vector<std::string> exchange_headers(
    const ConfluenceSettings& settings, const Visitor& visitor, std::string_view session_cookies);

/// Asks one Confluence. Thread-safe. `HttpLibrary` must exist before and until after.
class CROWD_CONFLUENCE_EXPORT ConfluenceClient {
 public:
  explicit ConfluenceClient(ConfluenceSettings settings);

  /// Blocks for at most the settings' timeout. `session_cookies` as above; if Confluence answers
  /// 401 without saying why, or nothing that can be understood, it is asked once more without them.
  [[nodiscard]] Verdict exchange(const Visitor& visitor, std::string_view session_cookies);

  /// Asks for one page below the base URL without judging the answer: for a diagnosis. No session
  /// cookies are sent; an empty token or address is left out.
  [[nodiscard]] Expected<HttpResponse, HttpError> ask(
      std::string_view path, const Visitor& visitor,
      std::chrono::steady_clock::time_point deadline);

  [[nodiscard]] const ConfluenceSettings& settings() const { return settings_; }

 private:
  [[nodiscard]] Expected<HttpResponse, HttpError> get(
      const Visitor& visitor, std::string_view session_cookies,
      std::chrono::steady_clock::time_point deadline);

  ConfluenceSettings settings_;
  std::string probe_url_;
  HttpClient http_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_CONFLUENCE_CLIENT_H_
