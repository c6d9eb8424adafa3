#include "config/secrets.h"

#include <apr_cstr.h>
#include <apr_strings.h>

#include <fstream>
#include <optional>

#include "config/words.h"

namespace crowd_confluence::httpd {
namespace {

std::string_view without_line_end(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// What stands behind `scheme` in the word, in any case of its letters: a file's name that is taken
/// for the secret itself would be one that everybody can guess.
std::optional<std::string_view> behind(std::string_view scheme, std::string_view word) {
  if (word.size() < scheme.size() ||
      apr_cstr_casecmpn(word.data(), scheme.data(), scheme.size()) != 0)
    return std::nullopt;
  return word.substr(scheme.size());
}

/// What stands in a file up to the end of the line. `path` is null if httpd found it too long.
std::optional<std::string> secret_from_file(const char* path) {
  if (path == nullptr) return std::nullopt;
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return std::string(without_line_end(line));
}

/// What a command says, up to the end of the line.
std::optional<std::string> secret_from_command(cmd_parms* cmd, const char* command) {
  char** arguments = nullptr;
  if (apr_tokenize_to_argv(command, &arguments, cmd->temp_pool) != APR_SUCCESS ||
      arguments[0] == nullptr)
    return std::nullopt;
  const char* line = ap_get_exec_line(cmd->temp_pool, arguments[0], arguments);
  // httpd has nothing else to say of a command that cannot be run.
  if (line == nullptr || *line == '\0') return std::nullopt;
  return std::string(without_line_end(line));
}

}  // namespace

ReadSecret read_secret(cmd_parms* cmd, std::string_view word) {
  ReadSecret secret;
  if (const auto file = behind("file:", word)) {
    const char* path = ap_server_root_relative(cmd->temp_pool, copy(cmd, *file));
    auto read = secret_from_file(path);
    if (!read) secret.problem = refuse(cmd, "'" + std::string(word) + "' cannot be read");
    if (read) secret.value = *std::move(read);
  } else if (const auto command = behind("exec:", word)) {
    auto read = secret_from_command(cmd, copy(cmd, *command));
    if (!read) secret.problem = refuse(cmd, "the command gives no output, or cannot be run");
    if (read) secret.value = *std::move(read);
  } else {
    secret.value = word;
    secret.is_written_out = true;
  }
  return secret;
}

}  // namespace crowd_confluence::httpd
