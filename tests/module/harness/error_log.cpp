#include "error_log.h"

#include <algorithm>
#include <regex>
#include <sstream>

#include "read_file.h"
#include "wait.h"

namespace module_tests {
namespace {

bool matches(const std::string& line, const std::string& pattern) {
  return std::regex_search(line, std::regex(pattern));
}

/// What httpd says of the machine, not of what is tested: mod_ssl is newer than the OpenSSL beside
/// it, as on a Debian that was upgraded in part.
bool is_of_the_machine(const std::string& line) {
  return line.find(" AH01882: ") != std::string::npos;
}

bool is_harmless(const std::string& line) {
  static const std::regex level(
      R"(^\[.*?\b(emerg|alert|crit|error|warn|notice|info|debug|trace\d)\] )");
  std::smatch found;
  if (!std::regex_search(line, found, level)) return line.empty();
  const std::string name = found[1];
  if (name == "info" || name == "debug" || name.rfind("trace", 0) == 0) return true;
  if (is_of_the_machine(line)) return true;
  if (name != "notice") return false;
  // Module and version at start.
  if (line.find("CCF0001:") != std::string::npos) return true;
  return line.find("CCF") == std::string::npos && line.find("exit signal") == std::string::npos;
}

}  // namespace

std::vector<std::string> ErrorLog::lines() const {
  std::vector<std::string> result;
  for (const auto& file : files_) {
    std::istringstream in(read_file(file));
    for (std::string line; std::getline(in, line);) result.push_back(line);
  }
  return result;
}

std::string ErrorLog::text() const {
  std::string result;
  for (const std::string& line : lines()) result += line + "\n";
  return result;
}

std::size_t ErrorLog::count(const std::string& pattern) const {
  const std::regex expression(pattern);
  const std::vector<std::string> all = lines();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(),
                    [&](const std::string& line) { return std::regex_search(line, expression); }));
}

bool ErrorLog::wait_for(const std::string& pattern, std::size_t n) const {
  return wait_until([&] { return count(pattern) >= n; });
}

std::vector<std::string> ErrorLog::complaints() const {
  std::vector<std::string> result;
  const std::vector<std::string> all = lines();
  for (const std::string& line : all) {
    const auto announces = [&](const std::string& pattern) { return matches(line, pattern); };
    if (is_harmless(line)) continue;
    if (std::any_of(expected_.begin(), expected_.end(), announces)) continue;
    if (std::any_of(allowed_.begin(), allowed_.end(), announces)) continue;
    result.push_back("Unexpected line in httpd's error log: " + line);
  }
  for (const std::string& pattern : expected_) {
    const auto comes = [&](const std::string& line) { return matches(line, pattern); };
    if (std::none_of(all.begin(), all.end(), comes))
      result.push_back("No line in httpd's error log matches: " + pattern);
  }
  return result;
}

}  // namespace module_tests
