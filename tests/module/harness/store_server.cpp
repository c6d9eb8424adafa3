#include "store_server.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <sstream>
#include <stdexcept>

#include "httpd_server.h"
#include "wait.h"

namespace module_tests {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int kAttempts = 10;

std::string path_of(const std::string& name) {
  for (const std::string directory : {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/"})
    if (access((directory + name).c_str(), X_OK) == 0) return directory + name;
  throw std::runtime_error(name + " is not installed");
}

/// A command to redis as an array of strings, which may hold any bytes.
std::string redis_command(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return text;
}

/// Reads redis's answer `$LENGTH\r\nBYTES\r\n` at `at` and moves on; nullopt for `$-1`.
std::optional<std::string> read_redis_string(const std::string& answer, std::size_t& at) {
  const std::size_t end = answer.find("\r\n", at);
  if (end == std::string::npos || answer.at(at) != '$')
    throw std::runtime_error("redis answers something else than a string");
  const int length = std::stoi(answer.substr(at + 1, end - at - 1));
  at = end + 2;
  if (length < 0) return std::nullopt;
  const std::string result = answer.substr(at, static_cast<std::size_t>(length));
  at += result.size() + 2;
  return result;
}

std::vector<std::string> redis_keys(const std::string& answer) {
  std::size_t at = answer.find("\r\n") + 2;
  std::vector<std::string> keys;
  for (int left = std::stoi(answer.substr(1)); left > 0; --left)
    keys.push_back(read_redis_string(answer, at).value_or(""));
  return keys;
}

/// Of lines such as `key=NAME exp=0 …`.
std::vector<std::string> memcached_keys(const std::string& answer) {
  const std::string name = "key=";
  std::vector<std::string> keys;
  std::istringstream in(answer);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(name, 0) != 0) continue;
    std::string key = line.substr(name.size(), line.find(' ') - name.size());
    // As in a URL.
    for (std::size_t at = key.find('%'); at != std::string::npos; at = key.find('%', at + 1))
      key.replace(at, 3, 1, static_cast<char>(std::stoi(key.substr(at + 1, 2), nullptr, 16)));
    keys.push_back(key);
  }
  return keys;
}

/// Of `VALUE KEY FLAGS LENGTH\r\nBYTES\r\nEND\r\n`.
std::optional<std::string> memcached_value(const std::string& answer) {
  std::istringstream in(answer);
  std::string word;
  std::string key;
  unsigned flags = 0;
  std::size_t length = 0;
  if (!(in >> word >> key >> flags >> length) || word != "VALUE") return std::nullopt;
  return answer.substr(answer.find("\r\n") + 2, length);
}

/// Of a line such as `NAME:NUMBER`, `STAT NAME NUMBER` or `cmdstat_NAME:calls=NUMBER,…`; 0 without.
std::uint64_t statistic(const std::string& statistics, const std::string& name) {
  const std::size_t at = statistics.find("\n" + name);
  return at == std::string::npos ? 0 : std::stoull(statistics.substr(at + 1 + name.size()));
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// memcached's answers of several lines begin with one of these words, and end with END.
bool is_whole_memcached_answer(const std::string& answer) {
  for (const std::string begin : {"VALUE", "STAT", "key="})
    if (answer.rfind(begin.substr(0, answer.size()), 0) == 0) return ends_with(answer, "END\r\n");
  return ends_with(answer, "\r\n");
}

}  // namespace

StoreServer::StoreServer(Kind kind) : kind_(kind) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    port_ = free_port();
    try_to_start();
    if (answers()) return;
  }
  throw std::runtime_error("the store finds no free port");
}

std::string StoreServer::provider() const {
  return (kind_ == Kind::redis ? "redis:127.0.0.1:" : "memcache:127.0.0.1:") +
         std::to_string(port_);
}

std::string StoreServer::httpd_module() const {
  return kind_ == Kind::redis ? "socache_redis" : "socache_memcache";
}

std::vector<std::string> StoreServer::command() const {
  const std::string port = std::to_string(port_);
  if (kind_ == Kind::redis)
    return {path_of("redis-server"),
            "--port",
            port,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            directory_.path().string()};
  std::vector<std::string> words = {path_of("memcached"), "-l", "127.0.0.1", "-p", port, "-U", "0"};
  if (geteuid() == 0) words.insert(words.end(), {"-u", "nobody"});
  return words;
}

bool StoreServer::answers() const {
  const std::string name = kind_ == Kind::redis ? "process_id:" : "STAT pid ";
  try {
    return statistic(statistics(), name) == static_cast<std::uint64_t>(process_->id());
  } catch (const boost::system::system_error&) {
    return false;
  }
}

void StoreServer::try_to_start() {
  process_ = std::make_unique<Process>(command(), directory_.path() / "output");
  (void)wait_until([this] { return answers() || !process_->is_running(); });
}

void StoreServer::start() {
  try_to_start();
  if (!answers()) throw std::runtime_error("the store does not start again");
}

void StoreServer::stop() {
  process_.reset();
}

void StoreServer::suspend() {
  process_->send(SIGSTOP);
}

void StoreServer::resume() {
  process_->send(SIGCONT);
}

std::string StoreServer::ask(const std::string& text) const {
  asio::io_context context;
  tcp::socket socket(context);
  socket.connect({asio::ip::address_v4::loopback(), port_});
  // redis says goodbye by closing; memcached, which may forget to, shows where its answers end.
  const std::string goodbye = kind_ == Kind::redis ? redis_command({"QUIT"}) : "";
  asio::write(socket, asio::buffer(text + goodbye));
  socket.non_blocking(true);
  std::string answer;
  std::array<char, 4096> part;
  const bool is_whole = wait_until([&] {
    boost::system::error_code error;
    do {
      const std::size_t length = socket.read_some(asio::buffer(part), error);
      answer.append(part.data(), length);
    } while (!error);
    return error != asio::error::would_block ||
           (kind_ == Kind::memcached && is_whole_memcached_answer(answer));
  });
  if (!is_whole) throw std::runtime_error("the store does not answer");
  return answer;
}

std::string StoreServer::statistics() const {
  return "\n" + ask(kind_ == Kind::redis ? redis_command({"INFO", "all"}) : "stats\r\n");
}

StoreServer::Commands StoreServer::commands() const {
  const std::string all = statistics();
  if (kind_ == Kind::redis)
    return {statistic(all, "cmdstat_get:calls="),
            statistic(all, "cmdstat_set:calls=") + statistic(all, "cmdstat_setex:calls="),
            statistic(all, "cmdstat_del:calls=")};
  return {statistic(all, "STAT cmd_get "), statistic(all, "STAT cmd_set "),
          statistic(all, "STAT delete_hits ") + statistic(all, "STAT delete_misses ")};
}

std::vector<std::string> StoreServer::keys() const {
  if (kind_ == Kind::redis) return redis_keys(ask(redis_command({"KEYS", "*"})));
  // memcached's crawler may be busy, and passes over what is locked at the moment.
  std::vector<std::string> keys;
  if (!wait_until([&] {
        keys = memcached_keys(ask("lru_crawler metadump all\r\n"));
        return keys.size() == statistic(statistics(), "STAT curr_items ");
      }))
    throw std::runtime_error("the store does not tell all of its keys");
  return keys;
}

std::optional<std::string> StoreServer::value(const std::string& key) const {
  if (kind_ == Kind::memcached) return memcached_value(ask("get " + key + "\r\n"));
  std::size_t at = 0;
  return read_redis_string(ask(redis_command({"GET", key})), at);
}

void StoreServer::set_value(const std::string& key, std::string_view value) const {
  const std::string text(value);
  const std::string answer =
      kind_ == Kind::redis
          ? ask(redis_command({"SET", key, text}))
          : ask("set " + key + " 0 0 " + std::to_string(text.size()) + "\r\n" + text + "\r\n");
  if (answer.rfind("+OK", 0) != 0 && answer.rfind("STORED", 0) != 0)
    throw std::runtime_error("the store takes no value");
}

void StoreServer::clear() const {
  // memcached's flush_all has a clock of whole seconds.
  for (const std::string& key : keys())
    (void)ask(kind_ == Kind::redis ? redis_command({"DEL", key}) : "delete " + key + "\r\n");
}

std::ostream& operator<<(std::ostream& out, StoreServer::Kind kind) {
  return out << (kind == StoreServer::Kind::redis ? "redis" : "memcached");
}

}  // namespace module_tests
