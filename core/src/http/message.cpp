#include "http/message.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cassert>
#include <cstring>
#include <utility>

#include "base/ascii.h"

namespace crowd_confluence {
namespace {

/// As many as most answers have.
constexpr std::size_t kUsualHeaders = 32;

namespace http = boost::beast::http;
using BeastString = boost::beast::string_view;
using BeastError = boost::beast::error_code;

/// A zone (`%25eth0` in an address in brackets) means something to this host only: RFC 6874 §4.
std::string without_zone(std::string_view authority) {
  std::string text(authority);
  const std::size_t zone = text.find('%');
  if (zone != std::string::npos) text.erase(zone, text.find(']') - zone);
  return text;
}

/// The status line as Beast wants it. Some servers omit the blank before a reason that is not there
/// (RFC 7230 §3.1.2 asks for it), and some gateways write the version by which they were answered.
std::string normalized_status_line(std::string_view line) {
  constexpr std::string_view kHttp2 = "HTTP/2 ";
  constexpr std::string_view kHttp1 = "HTTP/1.1 ";
  std::string text(line);
  if (text.starts_with(kHttp2)) text.replace(0, kHttp2.size(), kHttp1);
  if (text.starts_with("HTTP/") && text.size() == kHttp1.size() + std::strlen("200")) text += ' ';
  return text;
}

/// With CRLF at the end of each line, as a recipient may read a line feed alone (RFC 7230 §3.5).
std::string normalized_head(std::string_view head) {
  std::string text;
  text.reserve(head.size() + 16);
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    std::string_view line = head.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (text.empty()) {
      text = normalized_status_line(line);
    } else {
      text += line;
    }
    text += "\r\n";
    head.remove_prefix(end + 1);
  }
  return text;
}

/// Whether the head, with CRLF at its lines' ends, says in more than one way where the body ends.
bool has_ambiguous_length(std::string_view head) {
  int lengths = 0;
  bool has_encoding = false;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    const std::string_view name = ascii::trimmed_right(line.substr(0, colon));
    if (ascii::equal_ignoring_case(name, "content-length"))
      lengths += line.find(',', colon) == line.npos ? 1 : 2;
    has_encoding = has_encoding || ascii::equal_ignoring_case(name, "transfer-encoding");
    head.remove_prefix(end == head.npos ? head.size() : end + 2);
  }
  return lengths > 1 || (lengths == 1 && has_encoding);
}

HttpError error_of(const BeastError& error) {
  if (error == http::error::header_limit || error == http::error::body_limit ||
      error == http::error::buffer_overflow)
    return {HttpFailure::too_large, "the answer exceeds what is accepted"};
  if (error == http::error::partial_message || error == http::error::end_of_stream)
    return {HttpFailure::network, "the answer broke off"};
  return {HttpFailure::protocol, "the answer is not HTTP: " + error.message()};
}

}  // namespace

std::optional<HttpUrl> HttpUrl::parse(std::string_view text) {
  constexpr std::string_view kAfterScheme = "://";
  HttpUrl url;
  const std::size_t end_of_scheme = text.find(kAfterScheme);
  const std::string_view scheme = text.substr(0, end_of_scheme);
  url.is_https = ascii::equal_ignoring_case(scheme, "https");
  if (!url.is_https && !ascii::equal_ignoring_case(scheme, "http")) return std::nullopt;
  if (end_of_scheme == std::string_view::npos) return std::nullopt;
  text.remove_prefix(end_of_scheme + kAfterScheme.size());
  url.authority = text.substr(0, text.find_first_of("/?#"));
  url.target = text.substr(url.authority.size());
  if (url.authority.empty() || url.authority.find('@') != std::string_view::npos ||
      url.target.find('#') != std::string_view::npos)
    return std::nullopt;
  return url;
}

std::string request_text(std::string_view method, std::string_view target,
                         std::string_view authority, const std::vector<std::string>& headers,
                         std::string_view body) {
  constexpr std::size_t kUsualBytes = 512;
  std::string text;
  text.reserve(kUsualBytes + body.size());
  text.append(method).append(" ");
  if (target.empty() || target.front() == '?') text += '/';
  text.append(target).append(" HTTP/1.1\r\nHost: ").append(without_zone(authority)).append("\r\n");
  for (const std::string& header : headers) text.append(header).append("\r\n");
  // A server may wait for one after a POST, whatever is in it (RFC 9110 §8.6).
  if (method != "GET")
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

/// Puts what Beast finds into an HttpResponse.
class ResponseReader::Parser final : public http::basic_parser<false> {
 public:
  Parser(std::size_t most_head_bytes, std::size_t most_body_bytes) {
    // ResponseReader has an eye on it, and may have added to the head.
    header_limit(2 * static_cast<std::uint32_t>(most_head_bytes));
    body_limit(most_body_bytes);
    eager(true);
    response_.headers.reserve(kUsualHeaders);
  }

  [[nodiscard]] bool is_interim() const {
    return response_.status >= 100 && response_.status < 200;
  }
  [[nodiscard]] HttpResponse& response() { return response_; }

 private:
  void on_request_impl(http::verb, BeastString, BeastString, int, BeastError&) override {}
  void on_response_impl(int status, BeastString, int, BeastError&) override {
    response_.status = status;
  }
  void on_field_impl(http::field, BeastString name, BeastString value, BeastError&) override {
    if (is_header_done()) return;  // a trailer
    response_.headers.push_back(
        {std::string(name.data(), name.size()), std::string(value.data(), value.size())});
  }
  /// Of later versions of Beast.
  virtual void on_trailer_field_impl(http::field, BeastString, BeastString, BeastError&) {}
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(BeastString piece, BeastError&) override {
    response_.body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, BeastString, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastString piece, BeastError& error) override {
    return on_body_impl(piece, error);
  }
  void on_finish_impl(BeastError&) override {}

  HttpResponse response_;
};

ResponseReader::ResponseReader(std::size_t most_head_bytes, std::size_t most_body_bytes)
    : most_head_bytes_(most_head_bytes),
      most_body_bytes_(most_body_bytes),
      parser_(std::make_unique<Parser>(most_head_bytes_, most_body_bytes_)) {}
ResponseReader::~ResponseReader() = default;

std::optional<HttpError> ResponseReader::take(std::string_view bytes) {
  unread_.append(bytes);
  while (!unread_.empty() && !is_complete()) {
    const std::size_t taken = unread_.size();
    if (auto error = parser_->is_header_done() ? take_body() : take_head()) return error;
    if (unread_.size() == taken) return std::nullopt;
  }
  return std::nullopt;
}

/// Where the blank line behind the head ends; npos if it has not come. Looks at each byte once.
std::size_t ResponseReader::end_of_head() {
  for (;;) {
    const std::size_t end = unread_.find('\n', scanned_);
    if (end == unread_.npos) {
      scanned_ = unread_.size();
      return unread_.npos;
    }
    const auto line = std::string_view(unread_).substr(line_begin_, end - line_begin_);
    const bool is_blank = line.empty() || line == "\r";
    line_begin_ = scanned_ = is_blank ? 0 : end + 1;
    if (is_blank) return end + 1;
  }
}

/// Beast gets a head as a whole, so that it can be put into the form on which Beast insists.
std::optional<HttpError> ResponseReader::take_head() {
  constexpr std::string_view kHttp = "HTTP/";
  if (!kHttp.starts_with(std::string_view(unread_).substr(0, kHttp.size())))
    return error_of(http::error::bad_version);
  const std::size_t end = end_of_head();
  if (head_bytes_ + std::min(end, unread_.size()) > most_head_bytes_)
    return error_of(http::error::header_limit);
  if (end == std::string::npos) return std::nullopt;
  BeastError error;
  const std::string head = normalized_head(std::string_view(unread_).substr(0, end));
  parser_->put(boost::asio::buffer(head), error);
  if (error && error != http::error::need_more) {
    if (has_ambiguous_length(head))
      return HttpError{HttpFailure::ambiguous_length, "the answer gives its length in two ways"};
    return error_of(error);
  }
  unread_.erase(0, end);
  head_bytes_ += end;
  if (parser_->is_interim()) parser_ = std::make_unique<Parser>(most_head_bytes_, most_body_bytes_);
  return std::nullopt;
}

std::optional<HttpError> ResponseReader::take_body() {
  // The end of a chunked body has as many, and Beast wants to see them together.
  constexpr std::size_t kLastChunk = std::string_view("0\r\n\r\n").size();
  if (parser_->chunked() && unread_.size() < kLastChunk) return std::nullopt;
  BeastError error;
  unread_.erase(0, parser_->put(boost::asio::buffer(unread_), error));
  if (error && error != http::error::need_more) return error_of(error);
  // What stays is no body, but sizes of chunks with all that may stand there, and trailers.
  if (!is_complete() && unread_.size() > most_head_bytes_)
    return error_of(http::error::header_limit);
  return std::nullopt;
}

std::optional<HttpError> ResponseReader::take_end() {
  BeastError error = http::error::partial_message;
  if (parser_->is_header_done()) parser_->put_eof(error);
  if (error) return error_of(error);
  return std::nullopt;
}

bool ResponseReader::is_complete() const {
  return parser_->is_done();
}

bool ResponseReader::leaves_connection_usable() const {
  return parser_->keep_alive() && unread_.empty();
}

HttpResponse ResponseReader::take_response() {
  assert(is_complete());
  return std::move(parser_->response());
}

}  // namespace crowd_confluence
