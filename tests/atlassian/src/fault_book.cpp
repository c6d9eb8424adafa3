#include "fault_book.h"

namespace atlassian {

std::optional<Fault> FaultBook::take(std::list<Entry>::iterator entry) {
  Fault& fault = entry->second;
  if (fault.skip > 0) {
    --fault.skip;
    return std::nullopt;
  }
  if (!fault.remaining) return fault;
  if (*fault.remaining > 1) {
    --*fault.remaining;
    return fault;
  }
  std::optional<Fault> last = std::move(fault);
  faults_.erase(entry);
  return last;
}

std::optional<Fault> FaultBook::take_for_request(Server server, std::string_view method,
                                                 std::string_view target) {
  for (auto entry = faults_.begin(); entry != faults_.end(); ++entry) {
    const Fault& fault = entry->second;
    if (entry->first != server || fault.kind == Fault::Kind::kHangOnConnect) continue;
    if (!fault.method.empty() && fault.method != method) continue;
    if (target.substr(0, fault.path_prefix.size()) != fault.path_prefix) continue;
    return take(entry);
  }
  return std::nullopt;
}

std::optional<Fault> FaultBook::take_for_connection(Server server) {
  for (auto entry = faults_.begin(); entry != faults_.end(); ++entry) {
    if (entry->first == server && entry->second.kind == Fault::Kind::kHangOnConnect) {
      return take(entry);
    }
  }
  return std::nullopt;
}

}  // namespace atlassian
