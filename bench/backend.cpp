// A server that answers the same every time: the app behind httpd, and, for the modules that are
// compared, the login servers that they ask. One thread, kept-alive connections, no options:
//
//   bench_backend      prints the port that it listens on (127.0.0.1), ends on SIGTERM
//
//   /echo…                        the head of the request, as text
//   /NAME/rest/api/user/current   what Confluence answers to a known user
//   /NAME/introspect…             what an OAuth 2.0 server says of an active token (RFC 7662)
//   /NAME/serviceValidate…        what a CAS server answers about a valid ticket
//   /set-cookie/COUNT/BYTES       a short text, and so many cookies with values of that length
//   /asked/NAME                   how often one of these three was requested under this name
//   anything else                 a short text
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "http_text.h"

namespace {

using bench::length_of_message;

std::string response(std::string_view type, std::string_view extra, std::string_view body) {
  std::string text = "HTTP/1.1 200 OK\r\nServer: backend\r\nContent-Type: ";
  text.append(type).append("\r\n").append(extra).append("Content-Length: ");
  text.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return text;
}

/// What is asked of login servers, by the first part of the path.
using Asked = std::map<std::string, int, std::less<>>;

std::string_view name_in(std::string_view path) {
  path.remove_prefix(1);
  return path.substr(0, path.find('/'));
}

/// Of the path behind /set-cookie/.
std::string response_with_cookies(std::string_view count_and_length) {
  const std::string text(count_and_length);
  const std::size_t slash = std::min(text.find('/'), text.size());
  const unsigned long count = std::strtoul(text.c_str(), nullptr, 10);
  const unsigned long length =
      std::strtoul(text.c_str() + slash + (slash < text.size()), nullptr, 10);
  std::string cookies;
  for (unsigned long i = 0; i < std::min(count, 100UL); ++i) {
    cookies += "Set-Cookie: session" + std::to_string(i) + "=";
    for (unsigned long digit = 0; digit < std::min(length, 8000UL); ++digit)
      cookies += "0123456789abcdef"[(7 * digit + i) % 16];
    cookies += "; Path=/; HttpOnly\r\n";
  }
  return response("text/plain", "Cache-Control: no-cache\r\n" + cookies, "hello\n");
}

std::string answer(std::string_view request, Asked& asked) {
  static const std::string kApp = response("text/plain", "Cache-Control: no-cache\r\n", "hello\n");
  static const std::string kConfluence =
      response("application/json",
               "X-AUSERNAME: alice\r\nX-Seraph-LoginReason: OK\r\n"
               "Set-Cookie: JSESSIONID=0123456789ABCDEF0123456789ABCDEF; Path=/; HttpOnly\r\n",
               R"({"type":"known","username":"alice","userKey":"ff8080","displayName":"Alice"})");
  static const std::string kIntrospection = response(
      "application/json", "",
      R"({"active":true,"sub":"alice","username":"alice","scope":"all","client_id":"bench",)"
      R"("token_type":"Bearer","exp":4102444800,"iat":1700000000,"aud":"bench"})");
  static const std::string kCas = response(
      "application/xml", "",
      "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'><cas:authenticationSuccess>"
      "<cas:user>alice</cas:user></cas:authenticationSuccess></cas:serviceResponse>\n");
  const std::size_t blank = std::min(request.find(' '), request.size() - 1);
  const std::string_view target =
      request.substr(blank + 1, request.find_first_of(" ?\r", blank + 1) - blank - 1);
  if (!target.starts_with('/')) return kApp;
  if (target.starts_with("/echo"))
    return response("text/plain", "", request.substr(0, request.find("\r\n\r\n") + 2));
  if (constexpr std::string_view kSetCookie = "/set-cookie/"; target.starts_with(kSetCookie))
    return response_with_cookies(target.substr(kSetCookie.size()));
  if (target.starts_with("/asked/"))
    return response("text/plain", "",
                    std::to_string(asked[std::string(name_in(target.substr(6)))]));
  const std::string* login = target.ends_with("/rest/api/user/current") ? &kConfluence
                             : target.ends_with("/introspect")          ? &kIntrospection
                             : target.ends_with("/serviceValidate")     ? &kCas
                                                                        : nullptr;
  if (login == nullptr) return kApp;
  ++asked[std::string(name_in(target))];
  return *login;
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int listening_socket() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (listener < 0 || bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      listen(listener, 1024) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    fail("cannot listen");
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

void watch(int epoll, int socket) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = socket;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0) fail("epoll_ctl");
}

/// Reads what has come and answers every request that is complete; false when the connection is to
/// end.
bool serve(int connection, std::string& received, Asked& asked) {
  std::array<char, 65536> buffer;
  const ssize_t count = recv(connection, buffer.data(), buffer.size(), 0);
  if (count <= 0) return count < 0 && errno == EINTR;
  received.append(buffer.data(), static_cast<std::size_t>(count));
  while (const std::size_t length = length_of_message(received)) {
    const std::string_view request = std::string_view(received).substr(0, length);
    const std::string text = answer(request, asked);
    // Loopback takes an answer of this size at once.
    if (send(connection, text.data(), text.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(text.size()))
      return false;
    if (bench::header_of(request, "Connection") == "close") return false;
    received.erase(0, length);
  }
  return true;
}

}  // namespace

int main() {
  const int listener = listening_socket();
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) fail("epoll_create1");
  watch(epoll, listener);
  std::map<int, std::string> connections;
  Asked asked;
  for (;;) {
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const int ready = events[static_cast<std::size_t>(i)].data.fd;
      if (ready == listener) {
        const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) continue;
        const int yes = 1;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        connections[connection].clear();
        watch(epoll, connection);
      } else if (!serve(ready, connections[ready], asked)) {
        connections.erase(ready);
        close(ready);
      }
    }
  }
}
