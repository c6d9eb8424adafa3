// What set_up() does for each cause.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "causes.h"
#include "simulator.h"

namespace atlassian {

/// A set-up on its way.
struct Case {
  Simulator& simulator;
  const Scene& scene;
  CauseSetUp& result;

  void crowd(const std::function<void(CrowdOptions&)>& change) const {
    simulator.configure_crowd(change);
  }
  void confluence(const std::function<void(ConfluenceOptions&)>& change) const {
    simulator.configure_confluence(change);
  }

  /// False: the browser has no SSO cookie.
  bool send_cookie = true;
  /// What the browser sends around it: "name=value; " and "; name=value".
  std::string cookie_before = {};
  std::string cookie_after = {};
};

/// By the cause's word. A cause that is not here asks nothing of the servers.
using Arrangements = std::map<std::string_view, void (*)(Case& it)>;
const Arrangements& arrangements();

}  // namespace atlassian
