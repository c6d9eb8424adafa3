#include "crowd_confluence/crowd/client.h"

#include <openssl/crypto.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "crowd/answer.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "crowd_confluence/visitor.h"
#include "version.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxTokenBytes = 4096;

/// The characters of a token that a path may not have as they are, or that some server reads in its
/// own way there.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte / 16], kDigits[byte % 16]};
    }
  }
  return encoded;
}

std::string body_of(const ValidationFactors& factors) {
  boost::json::array list;
  const auto add = [&](std::string_view name, std::string_view value) {
    list.push_back({{"name", boost::json::string_view(name.data(), name.size())},
                    {"value", boost::json::string_view(value.data(), value.size())}});
  };
  add("remote_address", factors.remote_address);
  if (!factors.forwarded_for.empty()) add("X-Forwarded-For", factors.forwarded_for);
  return boost::json::serialize(boost::json::object{{"validationFactors", std::move(list)}});
}

/// The headers of a question, the password among them; wiped when it has been asked.
class Headers {
 public:
  explicit Headers(std::string authorization)
      : lines_{"Accept: application/json", "Cache-Control: no-cache, no-store",
               "User-Agent: mod_crowd_confluence/" CROWD_CONFLUENCE_VERSION,
               std::move(authorization)} {}
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;
  ~Headers() { OPENSSL_cleanse(lines_[kAuthorization].data(), lines_[kAuthorization].size()); }

  void add(std::string line) { lines_.push_back(std::move(line)); }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  static constexpr std::size_t kAuthorization = 3;
  std::vector<std::string> lines_;
};

CrowdError no_token() {
  CrowdError error;
  error.text = "the token has characters that no token of Crowd has, or is too long";
  return error;
}

bool may_be_asked_for(std::string_view token) {
  return token.size() <= kMaxTokenBytes && may_be_token(token);
}

}  // namespace

std::string_view to_string(CrowdFailure failure) {
  switch (failure) {
    case CrowdFailure::bad_credentials:
      return "bad-credentials";
    case CrowdFailure::address_forbidden:
      return "address-forbidden";
    case CrowdFailure::application_closed:
      return "application-closed";
    case CrowdFailure::access_denied:
      return "access-denied";
    case CrowdFailure::invalid_token:
      return "invalid-token";
    case CrowdFailure::not_a_crowd:
      return "not-a-crowd";
    case CrowdFailure::rate_limited:
      return "rate-limited";
    case CrowdFailure::server_error:
      return "server-error";
    case CrowdFailure::unexpected_answer:
      return "unexpected-answer";
    case CrowdFailure::timeout:
      return "timeout";
    case CrowdFailure::refused:
      return "refused";
    case CrowdFailure::name_lookup:
      return "name-lookup";
    case CrowdFailure::tls:
      return "tls";
    case CrowdFailure::proxy:
      return "proxy";
    case CrowdFailure::network:
      return "network";
    case CrowdFailure::protocol:
      return "protocol";
    case CrowdFailure::too_large:
      return "too-large";
    case CrowdFailure::internal:
      break;
  }
  return "internal";
}

CrowdClient::CrowdClient(CrowdSettings settings)
    : settings_(std::move(settings)),
      api_url_(settings_.base_url.text + "/rest/usermanagement/1"),
      http_(settings_.http) {}

std::string CrowdClient::authorization() const {
  std::string credentials = settings_.application + ":";
  credentials.reserve(credentials.size() + settings_.password.reveal().size());
  credentials += settings_.password.reveal();
  std::string header = "Authorization: Basic " + base64(credentials);
  OPENSSL_cleanse(credentials.data(), credentials.size());
  return header;
}

Expected<CrowdCookie, CrowdError> CrowdClient::cookie_config(Deadline deadline) {
  const Headers headers(authorization());
  const auto response = http_.get(api_url_ + "/config/cookie", headers.lines(), deadline);
  if (!response) return error_of(response.error());
  return cookie_in(response.value());
}

Expected<CrowdSession, CrowdError> CrowdClient::session(std::string_view token, Deadline deadline) {
  if (!may_be_asked_for(token)) return no_token();
  const Headers headers(authorization());
  const auto response = http_.get(api_url_ + "/session/" + percent_encoded(unquoted(token)),
                                  headers.lines(), deadline);
  if (!response) return error_of(response.error());
  return session_in(response.value());
}

Expected<CrowdSession, CrowdError> CrowdClient::validate(std::string_view token,
                                                         const ValidationFactors& factors,
                                                         Deadline deadline) {
  if (!may_be_asked_for(token)) return no_token();
  Headers headers(authorization());
  headers.add("Content-Type: application/json");
  const auto response = http_.post(api_url_ + "/session/" + percent_encoded(unquoted(token)),
                                   headers.lines(), body_of(factors), deadline);
  if (!response) return error_of(response.error());
  return session_in(response.value());
}

}  // namespace crowd_confluence
