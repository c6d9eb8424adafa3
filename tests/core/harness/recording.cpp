#include "harness/recording.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace {

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  if (end == std::string_view::npos) throw std::runtime_error("a line of the response is cut off");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::string read_recording(std::string_view name) {
  std::ifstream in(RECORDED_DIR "/" + std::string(name) + ".http", std::ios::binary);
  if (!in) throw std::runtime_error("there is no recording " + std::string(name));
  return {std::istreambuf_iterator<char>(in), {}};
}

crowd_confluence::HttpResponse parse_response(std::string_view raw) {
  crowd_confluence::HttpResponse response;
  const std::string_view status_line = take_line(raw);
  response.status = std::stoi(std::string(status_line.substr(status_line.find(' ') + 1)));
  for (std::string_view line = take_line(raw); !line.empty(); line = take_line(raw)) {
    const std::size_t colon = line.find(':');
    response.headers.push_back({.name = std::string(line.substr(0, colon)),
                                .value = std::string(without_blanks(line.substr(colon + 1)))});
  }
  response.body = raw;
  return response;
}
