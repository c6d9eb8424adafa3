#include "gateway.h"

#include "text.h"

namespace atlassian {
namespace {

constexpr const char* kIdentityProvider = "https://idp.corp.example/oauth2/authorize";

Response gateway_answer(Gateway gateway, const Request& request) {
  switch (gateway) {
    case Gateway::kLoginPage:
      return html_response(200,
                           "<!doctype html>\n<html lang=\"en\"><head><title>Sign in</title></head>"
                           "<body><h1>Sign in to your organisation</h1><form method=\"post\" "
                           "action=\"/gate/login\"><p><label>Account <input name=\"account\">"
                           "</label></p><p><button>Next</button></p></form></body></html>\n");
    case Gateway::kUnauthorized: {
      Response response = html_response(
          401, "<html><head><title>401 Authorization Required</title></head></html>\n");
      return response.add("WWW-Authenticate", "Negotiate");
    }
    case Gateway::kForbidden:
      return html_response(403, "<html><head><title>403 Forbidden</title></head></html>\n");
    default:
      return redirect_to(
          std::string(kIdentityProvider) +
          "?client_id=wiki&response_type=code&redirect_uri=" + url_encode(request.target));
  }
}

}  // namespace

std::optional<Response> answer_before_confluence(const ConfluenceOptions& options,
                                                 const Request& request) {
  std::optional<Response> response;
  if (options.gateway != Gateway::kNone) {
    response = gateway_answer(options.gateway, request);
    response->add("Server", "gate");
  } else if (!options.moved_to.empty()) {
    response = redirect_to(options.moved_to + request.target.substr(options.context_path.size()));
  }
  return response;
}

}  // namespace atlassian
