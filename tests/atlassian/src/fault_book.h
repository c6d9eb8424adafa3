// Which faults are set, and which one hits a request.
#pragma once

#include <list>
#include <optional>
#include <string_view>
#include <utility>

#include "fault.h"

namespace atlassian {

/// Not thread-safe.
class FaultBook {
 public:
  void add(Server server, Fault fault) { faults_.emplace_back(server, std::move(fault)); }
  void clear() { faults_.clear(); }

  /// The fault for this request; counts it as used.
  std::optional<Fault> take_for_request(Server server, std::string_view method,
                                        std::string_view target);
  /// The fault for a connection that was just accepted.
  std::optional<Fault> take_for_connection(Server server);

 private:
  using Entry = std::pair<Server, Fault>;
  std::optional<Fault> take(std::list<Entry>::iterator entry);

  std::list<Entry> faults_;
};

}  // namespace atlassian
