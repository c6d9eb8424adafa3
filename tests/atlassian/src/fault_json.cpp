// Members of a fault: kind (below), path (start of the target), method, times, after, delay_ms
// (late, trickle), bytes (break-off-…, huge-…), raw and keep_open (respond-with).
#include "fault_json.h"

#include <stdexcept>

namespace atlassian {
namespace {

std::uint64_t number_member(const json::object& object, const char* name, std::uint64_t other) {
  const json::value* member = object.if_contains(name);
  if (member == nullptr) return other;
  if (member->is_uint64()) return member->get_uint64();
  if (!member->is_int64() || member->get_int64() < 0) {
    throw std::invalid_argument(std::string(name) + ": a whole number is wanted");
  }
  return static_cast<std::uint64_t>(member->get_int64());
}

Fault of_kind(const std::string& kind, const json::object& object) {
  const std::chrono::milliseconds delay(number_member(object, "delay_ms", 0));
  const std::uint64_t bytes = number_member(object, "bytes", 20);
  const json::value* keep_open = object.if_contains("keep_open");
  if (kind == "late") return Fault::late(delay);
  if (kind == "hang") return Fault::hang();
  if (kind == "close") return Fault::close();
  if (kind == "reset") return Fault::reset();
  if (kind == "break-off-in-headers") return Fault::break_off_in_headers(bytes);
  if (kind == "break-off-in-body") return Fault::break_off_in_body(bytes);
  if (kind == "respond-with") {
    return Fault::respond_with(text_member(object, "raw"), keep_open != nullptr &&
                                                               keep_open->is_bool() &&
                                                               keep_open->get_bool());
  }
  if (kind == "huge-headers") return Fault::huge_headers(bytes);
  if (kind == "huge-body") return Fault::huge_body(bytes);
  if (kind == "trickle") return Fault::trickle(delay);
  if (kind == "close-after-response") return Fault::close_after_response();
  if (kind == "hang-on-connect") return Fault::hang_on_connect();
  throw std::invalid_argument(
      "kind: one of these is wanted: late, hang, close, reset, break-off-in-headers, "
      "break-off-in-body, respond-with, huge-headers, huge-body, trickle, close-after-response, "
      "hang-on-connect");
}

}  // namespace

Server read_server(const json::object& object) {
  const std::string name = text_member(object, "server");
  if (name.empty() || name == "confluence") return Server::kConfluence;
  if (name == "crowd") return Server::kCrowd;
  if (name == "second-crowd") return Server::kSecondCrowd;
  throw std::invalid_argument("server: crowd, second-crowd or confluence is wanted");
}

Fault read_fault(const json::object& object) {
  for (const auto& member : object) {
    const std::string name(member.key().data(), member.key().size());
    static const auto kKnown = {"server", "kind",     "path",  "method", "times",
                                "after",  "delay_ms", "bytes", "raw",    "keep_open"};
    bool known = false;
    for (const char* candidate : kKnown) known = known || name == candidate;
    if (!known) throw std::invalid_argument("unknown member: " + name);
  }
  Fault fault = of_kind(text_member(object, "kind"), object);
  fault.path_prefix = text_member(object, "path");
  fault.method = text_member(object, "method");
  fault.skip = number_member(object, "after", 0);
  if (object.contains("times")) {
    fault.remaining = number_member(object, "times", 1);
    if (fault.remaining == 0U) throw std::invalid_argument("times: at least 1 is wanted");
  }
  return fault;
}

}  // namespace atlassian
