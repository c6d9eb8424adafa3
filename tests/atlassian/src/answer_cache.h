// A cache before Confluence that takes no notice of who asks.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "clock.h"
#include "confluence_options.h"
#include "http_message.h"

namespace atlassian {

/// Not thread-safe.
class AnswerCache {
 public:
  /// What it kept for this target; nullopt: nothing, or it may not answer this method.
  std::optional<Response> find(Cache kind, const Request& request, Time now) const;
  /// Keeps a good answer, and has it told that it is new.
  void keep(Cache kind, const Request& request, Response& response, Time now);
  void clear() { kept_.clear(); }

 private:
  struct Kept {
    Response response;
    Time since;
  };
  std::map<std::string, Kept> kept_;
};

}  // namespace atlassian
