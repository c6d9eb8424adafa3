#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "text.h"

namespace atlassian {
namespace {

sockaddr_in endpoint(const std::string& address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &result.sin_addr);
  return result;
}

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

std::vector<std::string> Answer::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [field, value] : headers) {
    if (equal_without_case(field, name)) values.push_back(value);
  }
  return values;
}

std::string Answer::header(std::string_view name) const {
  const auto values = all(name);
  return values.empty() ? std::string() : values.front();
}

std::optional<std::string> Answer::set_cookie(std::string_view name) const {
  std::optional<std::string> value;
  for (const std::string& line : all("Set-Cookie")) {
    const std::string_view pair = split(line, ';').front();
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name) value = pair.substr(equals + 1);
  }
  return value;
}

Answer parse_answer(std::string_view raw) {
  Answer answer;
  const auto head_end = raw.find("\r\n\r\n");
  if (head_end == std::string_view::npos) throw std::runtime_error("no end of the headers");
  answer.body = raw.substr(head_end + 4);
  std::string_view head = raw.substr(0, head_end);
  bool first = true;
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head = end == std::string_view::npos ? std::string_view() : head.substr(end + 2);
    if (first) {
      answer.status_line = line;
      answer.status =
          static_cast<unsigned>(parse_number(line.substr(line.find(' ') + 1, 3)).value_or(0));
    } else {
      const auto colon = line.find(':');
      answer.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
    }
    first = false;
  }
  return answer;
}

Answer recording(const std::string& name) {
  std::ifstream file(std::string(RECORDED_DIR) + '/' + name + ".http", std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("no recording " + name);
  return parse_answer(text.str());
}

Client::Client(std::uint16_t port, const std::string& from)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  check(socket_ >= 0, "socket");
  const timeval patience{kPatience.count(), 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  // No port may stay reserved after the test: others run beside it, many times.
  const linger no_goodbye{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &no_goodbye, sizeof no_goodbye);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const sockaddr_in own = endpoint(from, 0);
  const sockaddr_in peer = endpoint("127.0.0.1", port);
  try {
    check(::bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0, "bind");
    check(::connect(socket_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0,
          "connect");
  } catch (...) {
    ::close(socket_);
    throw;
  }
}

Client::~Client() {
  ::close(socket_);
}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    check(sent > 0, "send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Client::read_more() {
  char buffer[16384];
  const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
  last_error_ = got < 0 ? errno : 0;
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    throw std::runtime_error("no answer in time");
  }
  if (got <= 0) return false;
  received_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

Answer Client::read_answer() {
  Answer broken;
  broken.broken = true;
  std::size_t head_end = 0;
  while ((head_end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) {
      broken.body = received_;
      return broken;
    }
  }
  head_end += 4;
  Answer answer = parse_answer(std::string_view(received_).substr(0, head_end));
  const auto length = parse_number(answer.header("Content-Length")).value_or(0);
  while (received_.size() < head_end + length) {
    if (!read_more()) {
      answer.broken = true;
      break;
    }
  }
  answer.body = received_.substr(head_end, length);
  received_.erase(0, head_end + length);
  return answer;
}

bool Client::closed() {
  return received_.empty() && !read_more();
}

Answer Client::request(std::string_view method, const std::string& target,
                       const HeaderLines& headers, std::string_view body) {
  std::string text = std::string(method) + ' ' + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty() || method == "POST" || method == "PUT") {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  send(text + "\r\n" + std::string(body));
  return read_answer();
}

HeaderLines visitor(const std::string& token, const std::string& address,
                    const std::string& session) {
  std::string cookies = "crowd.token_key=" + token;
  if (!session.empty()) cookies += "; JSESSIONID=" + session;
  return {{"Cookie", cookies}, {"X-Forwarded-For", address}, {"Accept", "application/json"}};
}

SimulatorOptions trusting() {
  SimulatorOptions options;
  options.crowd.trusted_proxies = {"127.0.0.1"};
  return options;
}

}  // namespace atlassian
