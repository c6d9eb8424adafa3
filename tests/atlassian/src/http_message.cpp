#include "http_message.h"

#include <ctime>

#include "text.h"

namespace atlassian {
namespace {

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  const auto length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return std::string(text, length);
}

struct ErrorText {
  std::string_view title;
  std::string_view description;
};

ErrorText error_text(unsigned status) {
  switch (status) {
    case 400:
      return {"Bad Request",
              "The server cannot or will not process the request due to something that is "
              "perceived to be a client error."};
    case 401:
      return {"Unauthorized",
              "The request has not been applied to the target resource because it lacks valid "
              "authentication credentials for that resource."};
    case 403:
      return {"Forbidden", "The server understood the request but refuses to authorize it."};
    case 404:
      return {"Not Found",
              "The origin server did not find a current representation for the target resource or "
              "is not willing to disclose that one exists."};
    case 405:
      return {"Method Not Allowed",
              "The method received in the request-line is known by the origin server but not "
              "supported by the target resource."};
    case 431:
      return {"Request Header Fields Too Large",
              "The server refused this request because the request header fields are too large."};
    case 503:
      return {"Service Unavailable",
              "The server is currently unable to handle the request due to a temporary overload or "
              "scheduled maintenance, which will likely be alleviated after some delay."};
    default:
      return {"Error", "The request could not be served."};
  }
}

}  // namespace

std::vector<std::string> ReceivedRequest::header(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [field, value] : headers) {
    if (equal_without_case(field, name)) values.push_back(value);
  }
  return values;
}

std::string Request::first_header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (equal_without_case(field, name)) return value;
  }
  return {};
}

std::size_t Request::header_bytes() const {
  constexpr std::size_t kLineEnd = 2;
  std::size_t bytes =
      method.size() + target.size() + std::string_view("  HTTP/1.1").size() + 2 * kLineEnd;
  for (const auto& [field, value] : headers) {
    bytes += field.size() + std::string_view(": ").size() + value.size() + kLineEnd;
  }
  return bytes;
}

std::optional<Credentials> basic_credentials(const Request& request) {
  const std::string value = request.first_header("Authorization");
  if (!equal_without_case(std::string_view(value).substr(0, 6), "basic ")) return std::nullopt;
  const auto decoded = base64_decode(trim(std::string_view(value).substr(6)));
  if (!decoded) return std::nullopt;
  const auto colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

ResponseBytes to_bytes(const Response& response, bool head_request, bool close) {
  ResponseBytes bytes;
  std::string& head = bytes.head;
  head = "HTTP/1.1 " + std::to_string(response.status) + ' ' + response.reason + "\r\n";
  for (const auto& [name, value] : response.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (response.status != 204 && response.status != 304) {
    head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    if (!head_request) bytes.body = response.body;
  }
  head += "Date: " + http_date() + "\r\n";
  if (close) head += "Connection: close\r\n";
  head += "\r\n";
  return bytes;
}

Response json_response(unsigned status, std::string body) {
  Response response{status};
  response.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

Response html_response(unsigned status, std::string body) {
  Response response{status};
  response.add("Content-Type", "text/html;charset=UTF-8");
  response.body = std::move(body);
  return response;
}

Response redirect_to(std::string location) {
  Response response{302};
  response.add("Location", std::move(location)).add("Content-Type", "text/html;charset=UTF-8");
  return response;
}

Response tomcat_error(unsigned status, std::string_view message) {
  const auto [title, description] = error_text(status);
  const std::string heading = "HTTP Status " + std::to_string(status) + " – " + std::string(title);
  std::string body =
      "<!doctype html><html lang=\"en\"><head><title>" + heading +
      "</title><style type=\"text/css\">body {font-family:Tahoma,Arial,sans-serif;} h1, h2, h3, b "
      "{color:white;background-color:#525D76;} h1 {font-size:22px;} h2 {font-size:16px;} h3 "
      "{font-size:14px;} p {font-size:12px;} a {color:black;} .line "
      "{height:1px;background-color:#525D76;border:none;}</style></head><body><h1>" +
      heading + "</h1><hr class=\"line\" /><p><b>Type</b> Status Report</p><p><b>Message</b> " +
      html_escape(message) + "</p><p><b>Description</b> " + std::string(description) +
      "</p><hr class=\"line\" /><h3>Apache Tomcat/9.0.82</h3></body></html>";
  Response response{status};
  response.add("Content-Type", "text/html;charset=utf-8").add("Content-Language", "en");
  response.body = std::move(body);
  return response;
}

}  // namespace atlassian
